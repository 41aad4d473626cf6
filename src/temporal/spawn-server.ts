/** Starting the process of an embedded server, and having it end with ours, even if ours is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface SpawnServerOptions {
  /** `process`: it ends with this process at the latest. */
  readonly owner: 'process' | 'detached';
  /** The open file that it writes to. */
  readonly log: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * A shell that leaves a watcher behind and becomes the server, so that its process id is the server's. The watcher reads from a
 * pipe whose other end only our process has: a line says that the server has ended, the end of the pipe that we have.
 */
const WATCHED = '(read -r over <&3 || kill -TERM $$) & exec 3<&-; exec "$0" "$@"';

/** Starts it in a process group of its own. An error shows in its exit code. */
export function spawnServer(command: readonly string[], options: SpawnServerOptions): ChildProcess {
  const { owner, log, cwd, env } = options;
  const isWatched = owner === 'process' && process.platform !== 'win32';
  const [file = '', ...args] = isWatched ? ['/bin/sh', '-c', WATCHED, ...command] : command;
  const stdio = ['ignore', log, log, ...(isWatched ? (['pipe'] as const) : [])] as const;
  const child = spawn(file, args, { detached: true, stdio: [...stdio], cwd, env });
  child.once('error', () => undefined);
  child.unref();
  if (isWatched) tellWatcher(child);
  if (owner === 'process') endWithThisProcess(child);
  return child;
}

function tellWatcher(child: ChildProcess): void {
  const pipe = child.stdio[3] as Socket | null | undefined;
  // The watcher may be gone first.
  pipe?.on('error', () => undefined).unref();
  child.once('exit', () => pipe?.end('over\n'));
}

/** At once, where this process ends in order. */
function endWithThisProcess(child: ChildProcess): void {
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}
