/** Telling a process from a later one that was given the same id, and ending the right one. */
import { setTimeout as delay } from 'node:timers/promises';
import { processStart } from '../registry/process-identity.ts';
import { MissionError } from '../shared/errors.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** As `processStart` gives it. */
  readonly started: string;
}

const POLL_MS = 50;

/** Names a running process; `undefined` when there is none with this id. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const started = await processStart(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await processStart(identity.pid)) === identity.started;
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
    send(identity.pid, signal);
    if (await hasEnded(identity, Date.now() + patienceMs)) return true;
  }
  throw new MissionError('TEMPORAL_UNAVAILABLE', `Process ${identity.pid} does not end.`, {
    remedy: `End process ${identity.pid} by hand.`,
    details: { pid: identity.pid },
  });
}

/** Asks a process to end, and does not wait for it. It may have ended meanwhile. */
export function askToEnd({ pid }: ProcessIdentity): void {
  send(pid, 'SIGTERM');
}

/** A process that ended meanwhile, or that is not ours to end, shows in what follows. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Waits for the end of exactly this process.
 *
 * @param deadline - when to give up, in milliseconds since 1970
 * @returns whether it ended in time
 */
export async function hasEnded(identity: ProcessIdentity, deadline: number, signal?: AbortSignal): Promise<boolean> {
  while (await isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS, undefined, { signal });
  }
  return true;
}
