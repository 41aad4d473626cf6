/** What a router may serve by how long the registry has been silent. */
import { describe, expect, it } from 'vitest';
import { type Freshness, freshnessOf } from '../../src/routing/freshness.ts';

const limits = { staleMs: 60_000, silentMs: 7_000 };

describe('what is known of a route', () => {
  it.each<[string, number, boolean, Freshness]>([
    ['was confirmed just now', 0, false, 'fresh'],
    ['waits for the next poll', 7_000, false, 'fresh'],
    ['was confirmed just now, but a question after that failed', 1, true, 'stale'],
    ['has not been confirmed for longer than polls are apart', 7_001, false, 'stale'],
    ['is as old as the bound', 60_000, true, 'stale'],
    ['is older than the bound', 60_001, true, 'expired'],
    ['is older than the bound, without a question that failed', 60_001, false, 'expired'],
  ])('%s: age %d ms, failed %s → %s', (_what, ageMs, failed, expected) => {
    expect(freshnessOf({ confirmedAtMs: 1_000, failed }, 1_000 + ageMs, limits)).toBe(expected);
  });

  it('is never served beyond a bound that is shorter than the time between polls', () => {
    const strict = { staleMs: 100, silentMs: 7_000 };
    expect(freshnessOf({ confirmedAtMs: 0, failed: true }, 101, strict)).toBe('expired');
  });
});
