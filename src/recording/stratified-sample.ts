/**
 * Samples by strata: every kind of recording is in it, and what it says of itself can be said of all of them.
 *
 * Invariants:
 * 1. A function of the recordings' features, the limit and the seed; the order in which they come does not matter.
 * 2. Exactly `limit` recordings, or all where there are no more.
 * 3. Every recording is in exactly one stratum, and every stratum is represented. Weighted by `population / sampled`, the sample
 *    stands for all.
 * 4. Strata of rare things come whole, as long as they take no more than half of the sample.
 */
import { createHash } from 'node:crypto';

/** What recordings are told apart by, the most important first. */
export const DIMENSIONS = ['outcome', 'rare', 'path', 'attribute', 'length', 'time'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface SampleFeatures {
  readonly id: string;
  /** One value for each dimension; an empty one says nothing. */
  readonly values: Readonly<Record<Dimension, string>>;
}

export interface Stratum {
  /** The values that its recordings share: `completed /approve=true · path 3f9a0c`. */
  readonly name: string;
  readonly population: number;
  /** Ids of those that are in the sample, sorted. */
  readonly sampled: readonly string[];
}

export interface StratifiedSample {
  /** The dimensions that strata are told apart by; finer ones than the limit has room for are left out. */
  readonly by: readonly Dimension[];
  /** The most populous first. */
  readonly strata: readonly Stratum[];
}

/** Values of one dimension that have strata of their own; the others share one. */
const VALUES_MAX = 16;
const OTHERS = 'other';

/**
 * @param limit - above 0
 * @param seed - which of the recordings of a stratum are taken
 */
export function sampleByStrata(features: readonly SampleFeatures[], limit: number, seed: string): StratifiedSample {
  const { by, cells } = refine(features, limit);
  const sizes = new Map([...cells].map(([name, { ids }]) => [name, ids.length]));
  const rare = new Set([...cells].filter(([, { isRare }]) => isRare).map(([name]) => name));
  const quota = allocate(sizes, rare, limit);
  const strata = [...cells].map(([name, { ids }]): Stratum => {
    const ranked = ids.map((id) => ({ id, rank: rankOf(id, seed) })).sort((a, b) => byText(a.rank, b.rank));
    const sampled = ranked.slice(0, quota.get(name) ?? 0).map(({ id }) => id);
    return { name, population: ids.length, sampled: sampled.sort(byText) };
  });
  return { by, strata: strata.sort((a, b) => b.population - a.population || byText(a.name, b.name)) };
}

interface Cell {
  readonly ids: string[];
  readonly isRare: boolean;
}

/** Dimension by dimension, as long as half of the sample is enough to have one recording of each stratum. */
function refine(features: readonly SampleFeatures[], limit: number) {
  let by: readonly Dimension[] = [];
  let cells = cellsOf(features, by);
  for (const dimension of DIMENSIONS) {
    const finer = cellsOf(features, [...by, dimension]);
    const room = by.length === 0 ? limit : Math.floor(limit / 2);
    if (finer.size > Math.max(1, room) || finer.size === cells.size) continue;
    by = [...by, dimension];
    cells = finer;
  }
  return { by, cells };
}

function cellsOf(features: readonly SampleFeatures[], by: readonly Dimension[]): Map<string, Cell> {
  const frequent = new Map(by.map((dimension) => [dimension, frequentValues(features, dimension)]));
  const cells = new Map<string, Cell>();
  for (const { id, values } of features) {
    const shown = by.map((dimension) => (frequent.get(dimension)?.has(values[dimension]) ? values[dimension] : OTHERS));
    const name = shown.filter((value) => value !== '').join(' · ') || 'all';
    const cell = cells.get(name) ?? { ids: [], isRare: by.includes('rare') && values.rare !== '' };
    cells.set(name, cell);
    cell.ids.push(id);
  }
  return cells;
}

function frequentValues(features: readonly SampleFeatures[], dimension: Dimension): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { values } of features) counts.set(values[dimension], (counts.get(values[dimension]) ?? 0) + 1);
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || byText(a, b));
  return new Set(ranked.slice(0, VALUES_MAX).map(([value]) => value));
}

/** How many of each stratum: one; then rare and small ones whole; then the rest in proportion. */
function allocate(
  sizes: ReadonlyMap<string, number>,
  rare: ReadonlySet<string>,
  limit: number,
): ReadonlyMap<string, number> {
  const names = [...sizes.keys()].sort(
    (a, b) => Number(rare.has(b)) - Number(rare.has(a)) || sizeOf(a) - sizeOf(b) || byText(a, b),
  );
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const quota = new Map(names.map((name) => [name, 1]));
  let left = Math.min(limit, total) - names.length;
  let forWhole = Math.floor(limit / 2);
  for (const name of names) {
    const more = sizeOf(name) - 1;
    if (more > Math.min(left, forWhole)) continue;
    quota.set(name, sizeOf(name));
    left -= more;
    forWhole -= more;
  }
  shareOut(left, sizes, quota);
  return quota;

  function sizeOf(name: string): number {
    return sizes.get(name) ?? 0;
  }
}

/** The largest remainders, again and again, until nothing is left: a stratum can take no more than it has. */
function shareOut(left: number, sizes: ReadonlyMap<string, number>, quota: Map<string, number>): void {
  let rest = left;
  while (rest > 0) {
    const open = [...sizes].filter(([name, size]) => (quota.get(name) ?? 0) < size);
    const total = open.reduce((sum, [, size]) => sum + size, 0);
    const shares = open.map(([name, size]) => {
      const room = size - (quota.get(name) ?? 0);
      const exact = (rest * size) / total;
      return { name, whole: Math.min(room, Math.floor(exact)), remainder: exact - Math.floor(exact), room };
    });
    for (const { name, whole } of shares) quota.set(name, (quota.get(name) ?? 0) + whole);
    rest -= shares.reduce((sum, { whole }) => sum + whole, 0);
    const next = shares
      .filter(({ whole, room }) => whole < room)
      .sort((a, b) => b.remainder - a.remainder || byText(a.name, b.name));
    for (const { name } of next.slice(0, rest)) {
      quota.set(name, (quota.get(name) ?? 0) + 1);
      rest -= 1;
    }
  }
}

/** The place of a recording in a seeded order. */
export function rankOf(id: string, seed: string): string {
  return createHash('sha256')
    .update(JSON.stringify([seed, id]))
    .digest('hex');
}

function byText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
