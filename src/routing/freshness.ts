/**
 * How old a router's knowledge may be. Pure.
 *
 * Invariants
 * 1. Knowledge is as old as the question that the registry answered last: `confirmedAtMs` is when it was asked.
 * 2. Knowledge is `stale` once a question failed, or none was answered for longer than questions are apart.
 * 3. What is older than the bound is `expired`, and never served.
 */

export interface Knowledge {
  /** When the question was asked that the registry answered last. */
  readonly confirmedAtMs: number;
  /** Whether a question after that one failed. */
  readonly failed: boolean;
}

export interface FreshnessLimits {
  /** How old knowledge may be and still be served, in milliseconds. */
  readonly staleMs: number;
  /** Older than this without an answer counts as stale, in milliseconds. */
  readonly silentMs: number;
}

export type Freshness = 'fresh' | 'stale' | 'expired';

export function freshnessOf({ confirmedAtMs, failed }: Knowledge, nowMs: number, limits: FreshnessLimits): Freshness {
  const ageMs = nowMs - confirmedAtMs;
  if (ageMs > limits.silentMs || failed) return ageMs > limits.staleMs ? 'expired' : 'stale';
  return 'fresh';
}
