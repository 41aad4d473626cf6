import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { advanceLayout, BUCKETS, firstLayout, type Layout, type Weight } from '../../src/routing/layout.ts';

/** Weights of 1 to 6 versions that sum up to 10,000, drawn by cutting the whole. */
const weights = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    fc.array(fc.nat(BUCKETS), { minLength: 5, maxLength: 5 }),
  )
  .map(([versions, cuts]): Weight[] => {
    const edges = [0, ...cuts.slice(0, versions.length - 1).sort((left, right) => left - right), BUCKETS];
    return versions.map((version, index) => ({ version, weight: (edges[index + 1] ?? 0) - (edges[index] ?? 0) }));
  });

const history = fc.array(weights, { minLength: 1, maxLength: 6 });

function fold(revisions: readonly (readonly Weight[])[]): Layout {
  const [first = [], ...rest] = revisions;
  return rest.reduce(advanceLayout, firstLayout(first));
}

/** Bucket → version, checking that every bucket has one owner. */
function owners(layout: Layout): number[] {
  const found: number[] = [];
  for (const [version, buckets] of layout) {
    for (const bucket of buckets) {
      if (found[bucket] !== undefined) throw new Error(`bucket ${bucket} has two owners`);
      found[bucket] = version;
    }
  }
  expect(Object.keys(found)).toHaveLength(BUCKETS);
  return found;
}

const shareOf = (revision: readonly Weight[], version: number) =>
  revision.find((weight) => weight.version === version)?.weight ?? 0;

describe('the layout of a route', () => {
  test.prop([history], { numRuns: 60 })('gives every version exactly its weight, whatever went before', (revisions) => {
    const layout = fold(revisions);
    owners(layout);
    for (const { version, weight } of revisions.at(-1) ?? []) expect(layout.get(version)?.length ?? 0).toBe(weight);
  });

  test.prop([history, weights], { numRuns: 60 })(
    'moves buckets only from versions that lose to versions that gain, and no more than the gains',
    (revisions, next) => {
      const last = revisions.at(-1) ?? [];
      const [before, after] = [owners(fold(revisions)), owners(fold([...revisions, next]))];
      let moved = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        const [from = 0, to = 0] = [before[bucket], after[bucket]];
        if (from === to) continue;
        moved += 1;
        if (shareOf(next, from) >= shareOf(last, from)) throw new Error(`version ${from} lost a bucket and no share`);
        if (shareOf(next, to) <= shareOf(last, to)) throw new Error(`version ${to} got a bucket and no share`);
      }
      const gains = next.map(({ version, weight }) => Math.max(0, weight - shareOf(last, version)));
      expect(moved).toBe(gains.reduce((sum, gain) => sum + gain, 0));
    },
  );

  test.prop([history, fc.integer({ min: 1, max: BUCKETS }), fc.integer({ min: 1, max: BUCKETS })], { numRuns: 60 })(
    'is as it was after a candidate went up in two steps and was aborted',
    (revisions, low, high) => {
      const last = revisions.at(-1) ?? [];
      const largest = [...last].sort((left, right) => right.weight - left.weight)[0] ?? { version: 1, weight: BUCKETS };
      const step = (share: number): Weight[] => [
        ...last.filter(({ version }) => version !== largest.version),
        { version: largest.version, weight: largest.weight - Math.min(share, largest.weight) },
        { version: 99, weight: Math.min(share, largest.weight) },
      ];
      const [first, second] = [Math.min(low, high), Math.max(low, high)];
      expect(fold([...revisions, step(first), step(second), last])).toEqual(fold([...revisions, last]));
    },
  );

  it('keeps the first canaries on the candidate when a rollout takes a step back', () => {
    const two = (candidate: number): Weight[] => [
      { version: 1, weight: BUCKETS - candidate },
      { version: 2, weight: candidate },
    ];
    const canaries = fold([two(0), two(500)]).get(2);
    expect(fold([two(0), two(500), two(5_000), two(500)]).get(2)).toEqual(canaries);
  });
});
