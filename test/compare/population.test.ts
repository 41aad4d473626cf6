/** What a sample by strata says of all recordings. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReplayOutcome } from '../../src/compare/outcome.ts';
import { describeSample } from '../../src/compare/population.ts';
import type { CohortSample } from '../../src/recording/cohort.ts';

const ids = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

const sample = (
  ...strata: readonly (readonly [name: string, population: number, sampled: number])[]
): CohortSample => ({
  seed: 'a',
  by: ['outcome'],
  strata: strata.map(([name, population, sampled]) => ({ name, population, sampled: ids(name, sampled) })),
});

const outcomes = (entries: readonly (readonly [string, ReplayOutcome])[]) => new Map(entries);

it('weighs a stratum by what it stands for', () => {
  const judged = outcomes([
    ...ids('common', 10).map((id) => [id, 'matched'] as const),
    ...ids('rare', 10).map((id) => [id, 'changed'] as const),
  ]);
  const { shares, population, unseen, strata } = describeSample(sample(['common', 990, 10], ['rare', 10, 10]), judged);
  expect({ population, unseen }).toEqual({ population: 1_000, unseen: 0 });
  expect(shares.changed.share).toBe(0.01);
  expect(shares.matched.share).toBe(0.99);
  expect(strata[1]).toEqual({ name: 'rare', population: 10, sampled: 10, faithful: 10, changed: 10 });
});

it('has the interval of Wilson when all strata weigh alike', () => {
  const judged = outcomes(ids('all', 100).map((id, index) => [id, index < 10 ? 'changed' : 'matched'] as const));
  // statsmodels 0.14: proportion_confint(10, 100, method='wilson')
  const { changed } = describeSample(sample(['all', 1_000, 100]), judged).shares;
  expect(changed.low).toBeCloseTo(0.0552, 4);
  expect(changed.high).toBeCloseTo(0.1744, 4);
});

it('says nothing of strata of which none was judged', () => {
  const judged = outcomes(ids('seen', 5).map((id) => [id, 'matched'] as const));
  const { shares, unseen } = describeSample(sample(['seen', 50, 5], ['lost', 7, 2]), judged);
  expect(unseen).toBe(7);
  expect(shares.matched.share).toBe(1);
  expect(describeSample(sample(['lost', 7, 2]), outcomes([])).shares.changed).toEqual({ share: 0, low: 0, high: 1 });
});

it('has shares that add up to one, each within its interval', () => {
  const outcome = fc.constantFrom<ReplayOutcome>('matched', 'changed', 'diverged', 'unanswered', 'failed');
  const stratum = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 500 }));
  fc.assert(
    fc.property(
      fc.array(stratum, { minLength: 1, maxLength: 6 }),
      fc.array(outcome, { minLength: 54, maxLength: 54 }),
      (list, drawn) => {
        const strata = list.map(([sampled, more], index) => [`s${index}`, sampled + more, sampled] as const);
        const all = strata.flatMap(([name, , sampled]) => ids(name, sampled));
        const judged = outcomes(all.map((id, index) => [id, drawn[index] ?? 'matched'] as const));
        const shares = Object.values(describeSample(sample(...strata), judged).shares);
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 4);
        for (const { share, low, high } of shares) {
          expect(low).toBeLessThanOrEqual(share + 1e-6);
          expect(high).toBeGreaterThanOrEqual(share - 1e-6);
        }
      },
    ),
  );
});
