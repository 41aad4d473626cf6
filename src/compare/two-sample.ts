/**
 * Whether two sets of runs are of another kind: today's and yesterday's.
 *
 * Each category (an outcome's field with its value, an input's, a branch of a step) is one exact test: Fisher's (1922), two-sided,
 * on how many runs of either set have it. All categories are one family; the false discovery rate is that of Benjamini and
 * Hochberg (1995), which holds for categories that go together too, as these do.
 */
import { byText } from './group-counter.ts';
import { falseDiscoveryQ } from './paired-test.ts';

/** Runs of one set: how many there are, and how many have each category. */
export interface CategoryCounts {
  readonly runs: number;
  readonly counts: ReadonlyMap<string, number>;
}

export interface MovedCategory {
  /** `outcome /approve=true` */
  readonly name: string;
  /** Runs that have it, before and now. */
  readonly before: number;
  readonly now: number;
  readonly p: number;
  /** The share of false discoveries at which this category would count as one. */
  readonly q: number;
}

/** Every category with its q, the surest first. */
export function compareSets(before: CategoryCounts, now: CategoryCounts): readonly MovedCategory[] {
  const names = [...new Set([...before.counts.keys(), ...now.counts.keys()])].filter(
    (name) => !isMirrored(name, before, now),
  );
  const tested = names.map((name) => {
    const [had, has] = [before.counts.get(name) ?? 0, now.counts.get(name) ?? 0];
    return { name, before: had, now: has, p: fisherP([had, before.runs - had], [has, now.runs - has]) };
  });
  const qs = falseDiscoveryQ(tested.map(({ p }) => p));
  return tested
    .map((one, index) => ({ ...one, p: rounded(one.p), q: rounded(qs[index] ?? 1) }))
    .sort((a, b) => a.q - b.q || a.p - b.p || byText(a.name, b.name));
}

/** `…=false` says the same as `…=true` where every run has one of them. */
function isMirrored(name: string, ...sets: readonly CategoryCounts[]): boolean {
  if (!name.endsWith('=false')) return false;
  const mirror = name.replace(/=false$/, '=true');
  return sets.every(({ runs, counts }) => (counts.get(name) ?? 0) + (counts.get(mirror) ?? 0) === runs);
}

/** Probabilities that differ by less are equal: sums of logarithms are not known any better. */
const SLACK = 1e-7;

/**
 * Fisher's exact test of a 2×2 table, two-sided: the probability of all tables with these margins that are no likelier.
 *
 * @param before - runs with and without, in the first set
 * @param now - and in the second
 */
export function fisherP(before: readonly [number, number], now: readonly [number, number]): number {
  const [runsBefore, runsNow] = [before[0] + before[1], now[0] + now[1]];
  const having = before[0] + now[0];
  const logs = logFactorials(runsBefore + runsNow);
  const log = (n: number) => logs[n] ?? 0;
  const choose = (n: number, k: number) => log(n) - log(k) - log(n - k);
  const whole = choose(runsBefore + runsNow, having);
  const probability = (x: number) => Math.exp(choose(runsBefore, x) + choose(runsNow, having - x) - whole);
  const observed = probability(before[0]) * (1 + SLACK);
  let sum = 0;
  for (let x = Math.max(0, having - runsNow); x <= Math.min(runsBefore, having); x += 1) {
    const one = probability(x);
    if (one <= observed) sum += one;
  }
  return Math.min(1, sum);
}

function logFactorials(max: number): Float64Array {
  const logs = new Float64Array(max + 1);
  for (let n = 2; n <= max; n += 1) logs[n] = (logs[n - 1] ?? 0) + Math.log(n);
  return logs;
}

/** Six digits, so that a finding has the same bytes whatever computed its logarithms. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
