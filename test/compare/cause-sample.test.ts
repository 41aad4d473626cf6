/** Which runs are looked into for causes: the same in any order, of all times, and some of every outcome. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { CAUSED_OUTCOMES, type CausedOutcome, CauseSample } from '../../src/compare/cause-sample.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';

type Told = Parameters<CauseSample<string>['add']>[0];

function told(id: string, outcome: ReplayResult['outcome'], failure?: ReplayResult['failure']): Told {
  return { recording: { id } as ReplayResult['recording'], outcome, ...(failure && { failure }) };
}

function sampleOf(runs: readonly Told[], most: number) {
  const sample = new CauseSample<string>(most);
  for (const run of runs) sample.add(run, `did ${run.recording.id}`);
  return sample.runs;
}

function counted(runs: readonly { readonly outcome: CausedOutcome }[]) {
  return CAUSED_OUTCOMES.map((outcome) => runs.filter((run) => run.outcome === outcome).length);
}

const many = (outcome: CausedOutcome, count: number) =>
  Array.from({ length: count }, (_, number) =>
    told(`${2020 + Math.floor((number * 10) / count)}-${outcome}-${number}`, outcome),
  );

describe('the runs that are looked into', () => {
  it('are all where they are few, in the order of their ids, with what is kept of them; none that matched', () => {
    const runs = sampleOf([told('b', 'failed'), told('m', 'matched'), told('a', 'changed')], 3);
    expect(runs).toMatchObject([
      { id: 'a', outcome: 'changed', kept: 'did a' },
      { id: 'b', outcome: 'failed', kept: 'did b' },
    ]);
    expect(runs).toHaveLength(2);
  });

  it('are of all times where they are many', () => {
    const ids = sampleOf(many('changed', 1_000), 100).map(({ id }) => id);
    expect(ids).toHaveLength(100);
    expect(new Set(ids.map((id) => id.slice(0, 4))).size).toBe(10);
  });

  it.each<[what: string, counts: readonly [number, number, number, number], sampled: readonly number[]]>([
    ['an equal share of each outcome', [900, 900, 900, 900], [25, 25, 25, 25]],
    ['all of a rare outcome, however frequent the others are', [2, 1, 5_000, 900], [2, 1, 49, 48]],
    ['the share of others where nobody needs it', [300, 0, 0, 10], [90, 0, 0, 10]],
  ])('are %s', (_, counts, sampled) => {
    const runs = CAUSED_OUTCOMES.flatMap((outcome, index) => many(outcome, counts[index] ?? 0));
    expect(counted(sampleOf(runs.toReversed(), 100))).toEqual(sampled);
  });

  it('are none where none are wanted', () => expect(sampleOf(many('changed', 5), 0)).toEqual([]));

  it.each(['isFatal', 'isEndless'] as const)(
    'are few of those that a limit stopped (%s): each takes its time again',
    (how) => {
      const stopped = many('failed', 50).map((run) => ({
        ...run,
        failure: { message: 'limit', [how]: true as const },
      }));
      const threw = told('threw', 'failed', { message: 'thrown' });
      const runs = sampleOf([...stopped, threw], 200);
      expect(runs).toHaveLength(4);
      expect(runs.map(({ id }) => id)).toContain('threw');
    },
  );

  const outcomes = fc.array(fc.constantFrom(...CAUSED_OUTCOMES), { maxLength: 60 });
  test.prop([outcomes, fc.nat({ max: 30 }), fc.integer()])(
    'are the same in any order, and never too many',
    (all, most, seed) => {
      const runs = all.map((outcome, number) => told(`run-${number}`, outcome));
      const shuffled = runs
        .map((run, index) => ({ run, key: (index * 7_919 + Math.abs(seed)) % 61 }))
        .sort((a, b) => a.key - b.key);
      const sample = sampleOf(runs, most);
      expect(
        sampleOf(
          shuffled.map(({ run }) => run),
          most,
        ),
      ).toEqual(sample);
      expect(sample).toHaveLength(Math.min(most, runs.length));
      // No outcome has much less than another while runs of it are left.
      const [have, are] = [
        counted(sample),
        CAUSED_OUTCOMES.map((outcome) => all.filter((one) => one === outcome).length),
      ];
      const short = have.filter((count, index) => count < (are[index] ?? 0));
      expect(Math.max(0, ...have) - Math.min(...short, Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(1);
    },
  );
});
