/** Candidates whose every recording is of a kind of its own: reports stay small, whole in their sums, and the same in any order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDetailKeeper } from '../../src/compare/detail-keeper.ts';
import { createGroupCounter, foldGroups } from '../../src/compare/group-counter.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderJson } from '../../src/compare/render/json.ts';
import { buildReport, createReportBuilder } from '../../src/compare/report-builder.ts';
import type { Json } from '../../src/shared/json.ts';
import { recordingSummary, sampleEnding, sampleResult, sampleSubject } from '../support/sample-report.ts';

const ending = (recordings: number) => ({ ...sampleEnding, cohort: { ...sampleEnding.cohort, recordings } });

function changed(number: number, pointer: string, candidate: Json): ReplayResult {
  const endDifferences = [{ pointer, kind: 'changed' as const, baseline: null, candidate }];
  return { ...sampleResult(60), recording: recordingSummary(number), outcome: 'changed', endDifferences };
}

/** Numbers, so that a counterexample can be read. */
function orderOf(items: readonly unknown[]) {
  return fc.shuffledSubarray([...items.keys()], { minLength: items.length });
}

function inOrder<Item>(items: readonly Item[], order: readonly number[]): Item[] {
  return order.flatMap((index) => items.slice(index, index + 1));
}

describe('a flood of groups', () => {
  const total = ({ groups, others }: { groups: readonly { count: number }[]; others?: { count: number } }) =>
    groups.reduce((sum, { count }) => sum + count, 0) + (others?.count ?? 0);

  const additions = Array.from({ length: 150 }, (_, number) => ({
    recording: `run-${number}`,
    key: number % 3 === 0 ? 'often' : `rare ${number % 100}`,
  }));
  const count = (given: typeof additions, told: number) => {
    const counter = createGroupCounter<{ key: string }>({ held: 8, told });
    for (const { recording, key } of given) counter.add(recording, key, { key });
    return counter.finish();
  };

  it.each([1_000, 32])('gives the same groups in any order, and loses no count (%i told apart)', (told) => {
    const first = count(additions, told);
    expect(total(first)).toBe(150);
    expect(first.groups).toHaveLength(8);
    expect(first.others?.groups).toBeGreaterThan(8);
    fc.assert(
      fc.property(orderOf(additions), (order) => {
        expect(count(inOrder(additions, order), told)).toEqual(first);
      }),
      { numRuns: 30 },
    );
  });

  it('does not hide a group that many recordings are in', () => {
    expect(count(additions, 1_000).groups[0]).toEqual({ key: 'often', count: 50, example: 'run-0' });
  });

  it('is counted exactly as long as all can be told apart', () => {
    const counter = createGroupCounter<{ key: string }>({ held: 8, told: 32 });
    for (let number = 0; number < 30; number += 1) counter.add(`run-${number}`, `key ${number}`, { key: 'any' });
    counter.addOthers('run-1', 3);
    expect(counter.finish()).toMatchObject({ others: { count: 25, groups: 25 } });
    expect(total(counter.finish())).toBe(33);
  });

  it('is folded with what had no group of its own', () => {
    const groups = [
      { key: 'a', count: 5, example: 'run-2' },
      { key: 'b', count: 4, example: 'run-3' },
    ];
    const others = { count: 7, example: 'run-1', groups: 6 };
    expect(foldGroups<{ key: string }>({ groups, others }, 2, () => ({ key: '*' }))).toEqual([
      { key: 'a', count: 5, example: 'run-2' },
      { key: '*', count: 11, example: 'run-1', folded: 7 },
    ]);
  });
});

describe('a flood of kinds', () => {
  it('keeps a bounded number of results whole: the same in any order, one of each kind before a second', () => {
    const sizes = [10, 20_000, 100_000];
    const results = Array.from({ length: 260 }, (_, number) => {
      const size = sizes[number % 3] ?? 0;
      return changed(number, `/field${size > 50_000 ? number : number % 2}`, 'x'.repeat(size));
    });
    const keep = (given: readonly ReplayResult[]) => {
      const keeper = createDetailKeeper(20);
      for (const result of given) keeper.add(result);
      return results.flatMap(({ recording: { id } }) => (keeper.find(id) === undefined ? [] : [id]));
    };
    const first = keep(results);
    // Of two kinds of each of the smaller sizes 20; of the greatest, all of which differ, 50.
    expect(first).toHaveLength(2 * 20 + 2 * 20 + 50);
    fc.assert(
      fc.property(orderOf(results), (order) => {
        expect(keep(inOrder(results, order))).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves a report of the same bytes in any order', () => {
    const results = Array.from({ length: 300 }, (_, number) =>
      changed(number, `/${number % 60}`, number % 2 === 0 ? 'y'.repeat(30_000) : `value ${number}`),
    );
    const text = renderJson(buildReport(sampleSubject, results, [], ending(300)));
    fc.assert(
      fc.property(orderOf(results), (order) => {
        const shuffled = inOrder(results, order);
        expect(renderJson(buildReport(sampleSubject, shuffled, [], ending(300))) === text).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it('shows what many recordings have in common, however many others there are', () => {
    const builder = createReportBuilder(sampleSubject);
    for (let number = 0; number < 6_000; number += 1) {
      builder.add(number % 4 === 0 ? changed(number, '/approve', false) : changed(number, `/field${number}`, 'x'));
    }
    const { flips, results } = builder.finish(ending(6_000));
    expect(flips).toHaveLength(200);
    expect(flips[0]).toMatchObject({ pointer: '/approve', to: false, count: 1_500 });
    expect(flips.at(-1)).toMatchObject({ pointer: '*', folded: 4_501 - 199 });
    expect(flips.reduce((sum, { count }) => sum + count, 0)).toBe(6_000);
    expect(results.filter(({ detail }) => detail !== undefined)).toHaveLength(1_000);
  });
});
