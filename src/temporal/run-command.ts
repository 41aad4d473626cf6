/** Running other programs to their end, bounded in time and in output; finding them on PATH. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../shared/errors.ts';

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Stops the program early, as its end of time would. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  /** Whether it ran to its end with exit code 0. */
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it is not ok, in a few words; empty when it is. */
  readonly reason: string;
}

/** Output beyond this many characters is dropped from its beginning: the end says why a program failed. */
const OUTPUT_LIMIT = 64_000;
const KILL_GRACE_MS = 2_000;

/** Runs a program without a shell and without input. Never throws: a program that cannot start is a result too. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: options.env, cwd: options.cwd });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout = (output.stdout + text).slice(-OUTPUT_LIMIT);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr = (output.stderr + text).slice(-OUTPUT_LIMIT);
  });
  const limit = AbortSignal.timeout(options.timeoutMs);
  const stop = () => void killGently(child);
  for (const signal of [limit, options.signal]) signal?.addEventListener('abort', stop, { once: true });
  try {
    const reason = await ended(child);
    const late = limit.aborted ? `it took longer than ${options.timeoutMs / 1_000} s` : undefined;
    const stopped = options.signal?.aborted ? 'it was stopped' : undefined;
    const why = late ?? stopped ?? reason;
    return { ok: why === '', ...output, reason: why };
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
}

/** The last line of a program's output that says something: usually its error. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** The full path of a command on PATH, or `undefined`. */
export async function findOnPath(name: string, path = process.env['PATH'] ?? ''): Promise<string | undefined> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const directory of path.split(delimiter).filter((entry) => entry !== '')) {
    const file = join(directory, `${name}${suffix}`);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Whether a path is a file that may be executed. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve('');
      else resolve(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
    });
  });
}

async function killGently(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await delay(KILL_GRACE_MS, undefined, { ref: false });
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}
