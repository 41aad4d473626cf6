/** Starting a process from one of our own modules, whether the project runs from `dist` or from its TypeScript sources. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleSource } from './bundle-source.ts';

export interface OwnProcessOptions extends Pick<SpawnOptions, 'env'> {
  /** Options of Node itself. */
  readonly execArgv: readonly string[];
}

/**
 * Starts Node on a module of ours, with a channel for messages that hold bytes; its output is dropped. Its first
 * argument is the id of this process.
 *
 * @param name of the module beside `importer`, without extension
 * @param importer the caller's `import.meta.url`; its extension tells sources from build
 */
export function startProcess(name: string, importer: string, { execArgv, env }: OwnProcessOptions): ChildProcess {
  const isSource = importer.endsWith('.ts');
  const file = isSource ? '-' : fileURLToPath(new URL(`./${name}.js`, importer));
  const child = spawn(process.execPath, [...execArgv, file, String(process.pid)], {
    stdio: [isSource ? 'pipe' : 'ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env,
  });
  // That it did not start, or has ended before it read all, shows in its exit code.
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(isSource ? bundleSource(fileURLToPath(new URL(`./${name}.ts`, importer))) : undefined);
  return child;
}
