/** Starting a process from one of our own modules, whether the project runs from `dist` or from its TypeScript sources. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSource } from './bundle-source.ts';

export interface OwnProcessOptions extends Pick<SpawnOptions, 'env'> {
  /** A module that is bundled with its packages: so from sources, and so by the build, as `.cjs`. @default its packages are left to themselves */
  readonly bundle?: ((path: string) => string) | undefined;
  /** Options of Node itself. */
  readonly execArgv: readonly string[];
  /** Arguments after the first. */
  readonly args: readonly string[];
}

/**
 * Starts Node on a module of ours, with a channel for messages that hold bytes; its output is dropped. Its first
 * argument is the id of this process. It stands where Node does: that folder is there, whatever becomes of this process's own.
 *
 * @param name of the module beside `importer`, without extension
 * @param importer the caller's `import.meta.url`; its extension tells sources from build
 */
export function startProcess(
  name: string,
  importer: string,
  { execArgv, args, env, bundle }: OwnProcessOptions,
): ChildProcess {
  const isSource = importer.endsWith('.ts');
  const built = `./${name}.${bundle === undefined ? 'js' : 'cjs'}`;
  const file = isSource ? '-' : fileURLToPath(new URL(built, importer));
  const source = isSource ? (bundle ?? bundleSource)(fileURLToPath(new URL(`./${name}.ts`, importer))) : undefined;
  const child = spawn(process.execPath, [...execArgv, file, String(process.pid), ...args], {
    cwd: dirname(process.execPath),
    stdio: [isSource ? 'pipe' : 'ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env,
  });
  // That it did not start, or has ended before it read all, shows in its exit code.
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(source);
  return child;
}
