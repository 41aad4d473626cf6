/** Noticing that an embedded server has ended, whoever started it. */
import { setTimeout as delay } from 'node:timers/promises';
import { MissionError } from '../shared/errors.ts';
import type { EmbeddedServer } from './embedded-server.ts';
import { identifyProcess, isRunning } from './process-identity.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * Resolves when `signal` is given.
 *
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when the server has ended before.
 */
export async function whileServerRuns({ pid }: Pick<EmbeddedServer, 'pid'>, signal: AbortSignal): Promise<void> {
  const identity = await identifyProcess(pid);
  while (!signal.aborted) {
    if (identity === undefined || !(await isRunning(identity))) throw serverEnded(pid);
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function serverEnded(pid: number): MissionError {
  return new MissionError('TEMPORAL_UNAVAILABLE', `The project's own Temporal server (process ${pid}) has ended.`, {
    remedy:
      'Start this again: it starts the server on its data, and open runs go on. .mission/temporal/server.log has what it said last.',
    details: { pid },
  });
}
