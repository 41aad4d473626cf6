import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
const reportFile = process.env['VITEST_JSON_REPORT'];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^mission-runtime$/, replacement: src('index.ts') },
      { find: /^mission-runtime\/(.+)$/, replacement: src('$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // V8 optimizes the embedded database's program each time that one is opened, and that takes more than any test has of it.
    execArgv: ['--liftoff-only'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Tests that kill processes and race for ports share a small machine in CI. Another try is shown as one in the output.
    retry: process.env['CI'] === undefined ? 0 : 2,
    reporters: reportFile === undefined ? ['default'] : ['default', ['json', { outputFile: reportFile }]],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // Runs only as a process of its own, where coverage does not see it; the tests of the command line run it.
      exclude: ['src/cli/main.ts'],
      reporter: ['text-summary', 'lcov'],
      thresholds: { statements: 85, lines: 85, functions: 85, branches: 75 },
    },
  },
});
