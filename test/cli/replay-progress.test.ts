/** One line for a replay here and in shards. */
import { describe, expect, it } from 'vitest';
import { replayProgress } from '../../src/cli/replay-progress.ts';
import type { TryProgress } from '../../src/release/try-candidate.ts';

const counts = (matched: number, changed: number) => ({
  recordings: matched + changed,
  faithful: matched + changed,
  excluded: 0,
  outcomes: { matched, changed, diverged: 0, unanswered: 0, failed: 0 },
  effectsChanged: 0,
  determinismChecked: 0,
  determinismDisagreements: 0,
});

const now = (matched: number, changed: number, more: Partial<TryProgress> = {}): TryProgress => ({
  done: matched + changed,
  total: 20,
  counts: counts(matched, changed),
  ...more,
});

function lines() {
  const said: string[] = [];
  const update = (done: number, total: number, aside = '') => said.push(`${done}/${total} ${aside}`);
  return { said, told: replayProgress({ update, say: () => undefined, end: () => undefined }) };
}

describe('progress of a replay', () => {
  it('counts outcomes, then says what it does', () => {
    const { said, told } = lines();
    told.onProgress(now(3, 1));
    told.onProgress(now(19, 1, { hybrids: 2 }));
    expect(said).toEqual(['4/20 3 matched, 1 changed', '20/20 looking for causes: change 2 swapped in']);
  });

  it('counts what workers have replayed and nobody has read yet', () => {
    const { said, told } = lines();
    const shards = (done: number, recordings: number, workers: number) =>
      told.onShards({ done: recordings, total: 20, shards: { done, total: 4 }, workers });
    told.onProgress(now(0, 0));
    shards(0, 0, 0);
    shards(0, 7, 2);
    shards(2, 12, 0);
    told.onProgress(now(4, 1));
    told.onProgress(now(19, 1, { hybrids: 1 }));
    expect(said.slice(1)).toEqual([
      '0/20 0 of 4 shards, waiting for a worker',
      '7/20 0 of 4 shards, 2 workers',
      '12/20 2 of 4 shards',
      '12/20 2 of 4 shards · 4 matched, 1 changed',
      '20/20 looking for causes: change 1 swapped in',
    ]);
  });
});
