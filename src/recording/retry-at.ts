import type { ErrorCode } from '../shared/errors.ts';

const RETRY_MS_FIRST = 30_000;
const RETRY_MS_MAX = 3_600_000;

/**
 * When a run that could not be recorded is tried again: after 30 seconds, then twice as long each time, up to an hour. A run
 * that the server does not keep any more is lost: `null`. Pure.
 *
 * @param attempts so far, from 1
 */
export function retryAt(code: ErrorCode, attempts: number, now: Date): Date | null {
  if (code === 'RUN_UNKNOWN') return null;
  return new Date(now.getTime() + Math.min(RETRY_MS_FIRST * 2 ** (attempts - 1), RETRY_MS_MAX));
}
