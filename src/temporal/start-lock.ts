/** One process at a time starts the server of a directory; the others wait for it and then share what it started. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockDirectory } from '../registry/directory-lock.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';

const RETRY_MS = 100;

/**
 * Runs `work` while this process alone may start the server of `directory`. A holder that died counts as gone.
 *
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when another process held it for `timeoutMs`.
 */
export async function withStartLock<T>(directory: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const release = await acquire(join(directory, 'lock'), Date.now() + timeoutMs);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(lock: string, deadline: number): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lockDirectory(lock, new Date());
    } catch (error) {
      if (!isMissionError(error, 'REGISTRY_LOCKED')) throw error;
      if (Date.now() > deadline) throw heldTooLong(lock, error);
      await delay(RETRY_MS);
    }
  }
}

function heldTooLong(lock: string, cause: MissionError): MissionError {
  const { pid = null } = cause.details;
  const who = typeof pid === 'number' ? `Process ${pid}` : 'Another process';
  return new MissionError('TEMPORAL_UNAVAILABLE', `${who} keeps starting the Temporal server and does not finish.`, {
    remedy: `Wait for it or end it, then try again. Its lock is ${lock}.`,
    details: { lock, pid },
    cause,
  });
}
