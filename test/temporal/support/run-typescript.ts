/** Runs TypeScript that imports from `src` in a node process of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runCommand } from '../../../src/temporal/run-command.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface RunTypeScriptOptions {
  /** It need not end in order. @default false */
  readonly mayBeKilled?: boolean;
}

/** Returns what it wrote to its output. Imports are written from the repository's root: `./src/…`. */
export async function runTypeScript(code: string, { mayBeKilled = false }: RunTypeScriptOptions = {}): Promise<string> {
  // Within the package, so that it finds itself by its name.
  await mkdir(join(root, '.mission'), { recursive: true });
  const directory = await mkdtemp(join(root, '.mission', 'script-'));
  try {
    const outfile = join(directory, 'script.mjs');
    const stdin = { contents: code, resolveDir: root, loader: 'ts' } as const;
    await build({
      stdin,
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const result = await runCommand(process.execPath, [outfile], { timeoutMs: 120_000 });
    if (!result.ok && !mayBeKilled) throw new Error(`The script failed: ${result.reason}\n${result.stderr}`);
    return result.stdout;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
