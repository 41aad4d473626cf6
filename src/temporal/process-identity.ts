/** Telling a process from a later one that was given the same id. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MissionError } from '../shared/errors.ts';
import { runCommand } from './run-command.ts';

const POLL_MS = 50;

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the words of its system; equal for the same process only. Empty where the system does not say. */
  readonly started: string;
}

/** Names a running process; `undefined` when there is none with this id. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!isAlive(pid)) return undefined;
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const found = await identifyProcess(identity.pid);
  return found !== undefined && found.started === identity.started;
}

/**
 * Ends exactly this process: by request, and by force when it has not ended in time.
 *
 * @returns whether it ran.
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when it cannot be ended.
 */
export async function endProcess(identity: ProcessIdentity, patienceMs = 10_000): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    process.kill(identity.pid, signal);
    if (await hasEnded(identity, Date.now() + patienceMs)) return true;
  }
  throw new MissionError('TEMPORAL_UNAVAILABLE', `Process ${identity.pid} does not end.`, {
    remedy: `End process ${identity.pid} by hand.`,
    details: { pid: identity.pid },
  });
}

async function hasEnded(identity: ProcessIdentity, deadline: number): Promise<boolean> {
  while (await isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user exists as well.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Clock ticks since boot (field 22 of `/proc/<pid>/stat`, see proc(5)), with the boot they count from. A zombie has ended. */
async function startOnLinux(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The command's name is in parentheses and may hold anything, so fields are counted from the last one: state is next.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${boot.trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

async function startByPs(pid: number): Promise<string> {
  const result = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5_000 });
  return result.ok ? result.stdout.trim() : '';
}
