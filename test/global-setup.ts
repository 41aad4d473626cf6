/** One real Temporal server for the whole test run, its address given to tests by `inject('temporalAddress')`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openEmbeddedServer } from '../src/temporal/embedded-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of a Temporal server with namespace `default` and our search attributes. */
    temporalAddress: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!(await isServerNeeded(project))) return async () => undefined;
  const directory = await mkdtemp(join(tmpdir(), 'mission-test-temporal-'));
  const server = await openEmbeddedServer({ directory, owner: 'process', progress: (line) => console.error(line) });
  project.provide('temporalAddress', server.address);
  return async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
}

/** A run of tests that never mention the server, such as `vitest run test/compare`, does without it. */
async function isServerNeeded(project: TestProject): Promise<boolean> {
  const folders = process.argv.slice(2).filter((argument) => argument.includes('test/'));
  const { testFiles } = await project.globTestFiles(folders.length === 0 ? undefined : folders);
  const texts = await Promise.all(testFiles.map((file) => readFile(file, 'utf8')));
  return texts.some((text) => /temporalAddress|support\//.test(text));
}
