/** What a look at a day comes to: the version, the world, both, neither, or nothing that can be said. */
import { describe, expect, it } from 'vitest';
import { judgeDrift, judgeVersion, judgeWorld } from '../../src/compare/drift.ts';
import type { ReplayOutcome } from '../../src/compare/outcome.ts';
import type { CategoryCounts } from '../../src/compare/two-sample.ts';

function replay(some: Partial<Record<ReplayOutcome, number>>, partial = false) {
  const outcomes = { matched: 0, changed: 0, diverged: 0, unanswered: 0, failed: 0, ...some };
  const faithful = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const counts = {
    recordings: faithful,
    faithful,
    excluded: 0,
    outcomes,
    effectsChanged: 0,
    determinismChecked: 0,
    determinismDisagreements: 0,
  };
  return { counts, partial, digest: 'sha256:r' };
}

const set = (runs: number, approved: number): CategoryCounts => ({
  runs,
  counts: new Map([['outcome /approve=true', approved]]),
});
const world = (before: CategoryCounts, now: CategoryCounts) =>
  judgeWorld({ version: 'refund@2', isReplayed: false, before, now });
const steady = world(set(100, 60), set(100, 62));
const moved = world(set(100, 60), set(100, 20));
const unknown = world(set(0, 0), set(100, 20));
const names = { version: 'refund@2', against: 'refund@1' };

describe('a look at drift', () => {
  it.each([
    ['nothing', { matched: 9, diverged: 1 }, steady, 'none'],
    ['the version', { matched: 8, changed: 2 }, steady, 'version'],
    ['the version, as the earlier one fails', { matched: 9, failed: 1 }, steady, 'version'],
    ['the world', { matched: 10 }, moved, 'world'],
    ['both', { matched: 8, changed: 2 }, moved, 'both'],
    ['nothing that can be said of the version', { matched: 8, unanswered: 2 }, steady, 'unclear'],
    ['nothing that can be said of the world', { matched: 8 }, unknown, 'unclear'],
    ['the world, whatever the version', { unanswered: 2 }, moved, 'world'],
    ['no recordings', {}, steady, 'unclear'],
  ] as const)('finds %s', (_, outcomes, onWorld, verdict) => {
    expect(judgeDrift(names, judgeVersion(replay(outcomes)), onWorld).verdict).toBe(verdict);
  });

  it('says nothing of a replay that was stopped early', () => {
    expect(judgeVersion(replay({ matched: 9 }, true)).finding).toBe('unclear');
  });

  it('gives its arithmetic', () => {
    const { reasons } = judgeDrift(names, judgeVersion(replay({ matched: 8, changed: 2 })), moved);
    expect(reasons).toEqual([
      'version: 2 of 10 recordings of refund@2 come out differently under refund@1',
      expect.stringMatching(/^world: 1 of 1 categories moved: outcome \/approve=true 60\.0 % → 20\.0 % \(q .*\)$/),
    ]);
  });

  it('leaves the noise of the models out', () => {
    const none = { noise: 0, unclear: 0 };
    const noise = {
      samples: 5,
      falseDiscovery: 0.05,
      recordings: 10,
      unanswered: { baseline: 0, candidate: 0 },
      fieldsTested: 1,
      fields: [],
      notReal: { changed: { noise: 2, unclear: 0 }, failed: none },
      excess: { changed: 0, failed: 0 },
    };
    expect(judgeVersion({ ...replay({ matched: 8, changed: 2 }), noise }).finding).toBe('same');
    const doubtful = { ...noise, notReal: { changed: { noise: 1, unclear: 1 }, failed: none } };
    expect(judgeVersion({ ...replay({ matched: 8, changed: 2 }), noise: doubtful })).toMatchObject({
      finding: 'unclear',
      unclear: 1,
    });
  });
});
