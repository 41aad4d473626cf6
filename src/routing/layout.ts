/**
 * Which version owns which bucket. All traffic of a mission is 10,000 buckets, a business key falls into one by its hash,
 * and a version owns as many as its weight says. The weights alone cannot say *which*: that follows from the revisions
 * before, and so edits move as few keys as can be.
 *
 * Invariants
 * 1. A version owns exactly its weight in buckets.
 * 2. A bucket changes hands only from a version that loses share to one that gains, so the number of buckets that move is
 *    the sum of the gains: raising one share by d moves d buckets, all of them into it.
 * 3. What was gained last is given back first: a step up and a step back down leave every bucket where it was.
 */

export interface Weight {
  readonly version: number;
  /** Parts per 10,000, whole. */
  readonly weight: number;
}

/** Version number → its buckets, in the order in which it got them. */
export type Layout = ReadonlyMap<number, readonly number[]>;

/** All traffic, in buckets. */
export const BUCKETS = 10_000;

/** The layout of a mission that has not routed before: buckets in the order of the weights. */
export function firstLayout(weights: readonly Weight[]): Layout {
  let next = 0;
  return new Map(
    weights
      .filter(({ weight }) => weight > 0)
      .map(({ version, weight }) => {
        const from = next;
        next += weight;
        return [version, Array.from({ length: weight }, (_, index) => from + index)];
      }),
  );
}

/** The layout after an edit of the weights. Both sides have to sum up to the same. */
export function advanceLayout(layout: Layout, weights: readonly Weight[]): Layout {
  const wanted = new Map(weights.map(({ version, weight }) => [version, weight]));
  const next = new Map<number, number[]>();
  const released: number[] = [];
  for (const version of sortedVersions(layout.keys())) {
    const owned = [...(layout.get(version) ?? [])];
    const kept = Math.min(owned.length, wanted.get(version) ?? 0);
    released.push(...owned.splice(kept).reverse());
    if (kept > 0) next.set(version, owned);
  }
  for (const version of sortedVersions(wanted.keys())) {
    const owned = next.get(version) ?? [];
    owned.push(...released.splice(0, (wanted.get(version) ?? 0) - owned.length));
    if (owned.length > 0) next.set(version, owned);
  }
  return next;
}

function sortedVersions(versions: Iterable<number>): number[] {
  return [...versions].sort((left, right) => left - right);
}
