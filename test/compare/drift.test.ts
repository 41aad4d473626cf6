/** What a look at a day comes to: the version, the world, both, neither, or nothing that can be said. */
import { describe, expect, it } from 'vitest';
import { driftTitle, judgeDrift, judgeVersion, judgeWorld } from '../../src/compare/drift.ts';
import type { ReplayOutcome } from '../../src/compare/outcome.ts';
import type { ReportedSample } from '../../src/compare/population.ts';
import type { CategoryCounts } from '../../src/compare/two-sample.ts';

interface Replay {
  readonly partial?: boolean;
  /** Beside those of the outcomes. */
  readonly excluded?: number;
}

function replay(some: Partial<Record<ReplayOutcome, number>>, { partial = false, excluded = 0 }: Replay = {}) {
  const outcomes = { matched: 0, changed: 0, diverged: 0, unanswered: 0, failed: 0, ...some };
  const faithful = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const counts = {
    recordings: faithful + excluded,
    faithful,
    excluded,
    outcomes,
    effectsChanged: 0,
    determinismChecked: 0,
    determinismDisagreements: 0,
  };
  return { counts, cohort: {}, partial, digest: 'sha256:r' };
}

const judged = (...[some, how]: Parameters<typeof replay>) => judgeVersion(replay(some, how), 0);

const set = (runs: number, approved: number): CategoryCounts => ({
  runs,
  counts: new Map([['outcome /approve=true', approved]]),
});
const world = (before: CategoryCounts, now: CategoryCounts) =>
  judgeWorld({ version: 'refund@2', isReplayed: false, before, now, unended: 0 });
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
    expect(judgeDrift(names, judged(outcomes), onWorld).verdict).toBe(verdict);
  });

  it.each([
    ['that both decide alike only where it saw it', { matched: 10 }, moved, 'both versions decide alike'],
    [
      'that the version is not known',
      { matched: 9, unanswered: 1 },
      moved,
      'Whether the version decides otherwise cannot be told',
    ],
    ['that the world is not known', { changed: 1 }, unknown, 'Whether the world has moved cannot be told'],
    ['nothing of the kind where both are known', { changed: 1 }, steady, 'on the same recordings.'],
  ] as const)('says %s', (_, outcomes, onWorld, words) => {
    const onVersion = judged(outcomes);
    const title = driftTitle({ ...judgeDrift(names, onVersion, onWorld), onVersion, onWorld });
    expect(title).toContain(words);
    expect(title.includes('alike')).toBe(words.includes('alike'));
    expect(title.includes('cannot be told')).toBe(words.includes('cannot be told'));
  });

  it('says nothing of a replay that was stopped early', () => {
    expect(judged({ matched: 9 }, { partial: true }).finding).toBe('unclear');
  });

  it('gives its arithmetic', () => {
    const { reasons } = judgeDrift(names, judged({ matched: 8, changed: 2 }), moved);
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
    expect(judgeVersion({ ...replay({ matched: 8, changed: 2 }), noise }, 0).finding).toBe('same');
    const doubtful = { ...noise, notReal: { changed: { noise: 1, unclear: 1 }, failed: none } };
    expect(judgeVersion({ ...replay({ matched: 8, changed: 2 }), noise: doubtful }, 0)).toMatchObject({
      finding: 'unclear',
      unclear: 1,
    });
  });
});

describe('recordings that the version does not reproduce itself', () => {
  it.each([
    ['as many as may be excluded', { matched: 95 }, 5, 5, 'same'],
    ['more', { matched: 94 }, 6, 5, 'unclear'],
    ['nearly all', { matched: 1 }, 99, 5, 'unclear'],
    ['all', {}, 9, 9, 'unclear'],
    ['more, beside a difference that was seen', { changed: 1 }, 99, 5, 'differs'],
  ] as const)('%s', (_, outcomes, excluded, excludedMost, finding) => {
    expect(judgeVersion(replay(outcomes, { excluded }), excludedMost)).toMatchObject({ finding, excluded });
  });

  it('keep a look from finding nothing, and are counted in its words', () => {
    const { verdict, reasons } = judgeDrift(names, judged({ matched: 1 }, { excluded: 99 }), steady);
    expect(verdict).toBe('unclear');
    expect(reasons[0]).toBe('version: too little can be told by 1 recordings of refund@2; 99 of 100 are excluded');
  });
});

describe('a sample', () => {
  it('is called one', () => {
    const cohort = { sample: { population: 40 } as ReportedSample };
    const part = judgeVersion({ ...replay({ matched: 10 }), cohort }, 0);
    expect(judgeDrift(names, part, steady).reasons[0]).toBe(
      'version: all 10 recordings of refund@2 (sampled from 40) come out alike under refund@1',
    );
  });
});

describe('replays that came to no end', () => {
  /** Half of the day is settled by a rule, and refused; the other half asks a model, which nobody answers. */
  const halfAnswered = (onSale: readonly [number, number], unended = 50) => {
    const set = (runs: number, counts: Readonly<Record<string, number>>) => ({
      runs,
      counts: new Map(Object.entries(counts)),
    });
    const before = set(100, {
      'outcome /approve=true': 50,
      'outcome /approve=false': 50,
      'input /onSale=true': onSale[0],
    });
    const now = set(100, { 'outcome /approve=false': 50, 'input /onSale=true': onSale[1] });
    return judgeWorld({ version: 'refund@1', isReplayed: true, before, now, unended });
  };
  const words = 'outcomes cannot be compared, as 50 of 100 replays on refund@1 came to no end';

  it('keep outcomes from being compared: nothing is said to have moved, and nothing to be steady', () => {
    const world = halfAnswered([50, 50]);
    expect(world).toMatchObject({ finding: 'unclear', unended: 50, tested: 1, moved: [] });
    const { verdict, reasons } = judgeDrift(names, judged({ matched: 50, unanswered: 50 }), world);
    expect(verdict).toBe('unclear');
    expect(reasons[1]).toBe(
      `world: none of 1 categories of what comes in moved, over 100 runs before and 100 now; ${words}`,
    );
  });

  it('leave what comes in, which is known of all runs', () => {
    const world = halfAnswered([20, 80]);
    expect(world).toMatchObject({ finding: 'moved', tested: 1, moved: [{ name: 'input /onSale=true' }] });
    const { reasons } = judgeDrift(names, judged({ matched: 50, unanswered: 50 }), world);
    expect(reasons[1]).toMatch(/^world: 1 of 1 categories moved: input \/onSale=true 20\.0 % → 80\.0 % /);
    expect(reasons[1]).toContain(`; ${words}`);
  });

  it('are none where each has one', () => {
    expect(halfAnswered([50, 50], 0)).toMatchObject({ finding: 'moved', moved: [{ name: 'outcome /approve=true' }] });
  });
});
