/** Telling today's runs from yesterday's: exact, and without false alarms. */
import { describe, expect, it } from 'vitest';
import { type CategoryCounts, compareSets, fisherP } from '../../src/compare/two-sample.ts';

describe('Fisher’s exact test', () => {
  // Fisher's tea; Agresti 2002, p. 92; and sums over all tables by hand.
  it.each([
    [[3, 1], [1, 3], 34 / 70],
    [[4, 0], [0, 4], 2 / 70],
    [[1, 9], [11, 3], 0.002759456],
    [[0, 5], [0, 9], 1],
    [[5, 0], [9, 0], 1],
    [[0, 0], [3, 4], 1],
    [[2, 2], [2, 2], 1],
  ] as const)('of %j and %j', (before, now, p) => {
    expect(fisherP(before, now)).toBeCloseTo(p, 8);
  });

  it('holds with thousands of runs', () => {
    expect(fisherP([2_500, 2_500], [2_500, 2_500])).toBeCloseTo(1, 6);
    expect(fisherP([3_000, 2_000], [2_000, 3_000])).toBeLessThan(1e-80);
  });
});

const set = (runs: number, counts: Readonly<Record<string, number>>): CategoryCounts => ({
  runs,
  counts: new Map(Object.entries(counts)),
});

describe('two sets of runs', () => {
  it('differ where a share moved, and nowhere else', () => {
    const before = set(200, { 'outcome /approve=true': 140, 'input /onSale=true': 40, 'outcome completed': 200 });
    const now = set(180, { 'outcome /approve=true': 70, 'input /onSale=true': 38, 'outcome completed': 180 });
    const [first, ...others] = compareSets(before, now);
    expect(first).toMatchObject({ name: 'outcome /approve=true', before: 140, now: 70 });
    expect(first?.q).toBeLessThan(1e-8);
    expect(others.map(({ q }) => q > 0.5)).toEqual([true, true]);
  });

  it('count a boolean once where every run has it, and a category that is new', () => {
    const before = set(100, { 'outcome /approve=true': 60, 'outcome /approve=false': 40 });
    const now = set(100, { 'outcome /approve=true': 58, 'outcome /approve=false': 42, 'outcome failed Timeout': 12 });
    expect(compareSets(before, now).map(({ name }) => name)).toEqual([
      'outcome failed Timeout',
      'outcome /approve=true',
    ]);
    const partly = set(100, { 'outcome /approve=true': 30, 'outcome /approve=false': 40 });
    expect(compareSets(before, partly)).toHaveLength(2);
  });

  it('that are of one kind are seldom told apart: at most one alarm in twenty', () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const drawn = () => {
      const counts: Record<string, number> = {};
      for (let run = 0; run < 60; run += 1) {
        for (let category = 0; category < 8; category += 1) {
          if (random() < (category + 1) / 10) counts[`c${category}`] = (counts[`c${category}`] ?? 0) + 1;
        }
      }
      return set(60, counts);
    };
    const days = 400;
    const alarms = Array.from({ length: days }, () => compareSets(drawn(), drawn()).some(({ q }) => q <= 0.05));
    expect(alarms.filter(Boolean).length / days).toBeLessThanOrEqual(0.05);
  });
});
