/**
 * Exact tests for one question, asked of many recordings: does the candidate differ from what was recorded more often than
 * the baseline itself does?
 *
 * Every recording is a stratum with some draws of the baseline and some of the candidate, of which some differ. If both
 * versions answer alike, every assignment of the draws to the two versions is equally likely, so the number of differing
 * draws of the candidate is hypergeometric given their sum, independently in each stratum. Nothing else is assumed: strata
 * may be as noisy as they like, each in its own way.
 *
 * Sources: the exact conditional test of stratified 2×2 tables (Cochran 1954; Mehta, Patel and Gray 1985); false discovery
 * rate by Benjamini and Hochberg (1995).
 */

/** The draws of one recording, of which some differ from what was recorded. */
export interface Stratum {
  readonly baselineDraws: number;
  readonly candidateDraws: number;
  readonly baselineDiffering: number;
  readonly candidateDiffering: number;
}

/** Below this, p values are bounds: the sums that they are made of are not known any better. */
const P_MIN = 1e-12;
/** Probability that is cut off at the edges of a distribution on the way. */
const NEGLIGIBLE = 1e-18;

/**
 * The one-sided p value that the candidate differs more often: the smaller one of two tests, doubled. One counts differing
 * draws, and sees changes of many runs by a little. The other counts recordings in which every draw of the candidate
 * differs and none of the baseline, and sees changes of few runs for good.
 */
export function pairedP(strata: readonly Stratum[]): number {
  const more = tailP(strata, (stratum) => stratum.candidateDiffering, countsOf);
  const always = tailP(strata, (stratum) => Number(isAlways(stratum)), separationsOf);
  return Math.max(P_MIN, Math.min(1, 2 * Math.min(more, always)));
}

/** Every draw of the candidate differs, and none of the baseline. */
export function isAlways({ baselineDraws, candidateDraws, baselineDiffering, candidateDiffering }: Stratum): boolean {
  return baselineDraws > 0 && candidateDraws > 0 && baselineDiffering === 0 && candidateDiffering === candidateDraws;
}

/** A distribution over whole numbers from `from` on. */
interface Distribution {
  readonly from: number;
  readonly weights: readonly number[];
}

/** P(sum of scores ≥ the observed one) over independent strata. */
function tailP(
  strata: readonly Stratum[],
  scoreOf: (stratum: Stratum) => number,
  nullOf: (stratum: Stratum) => Distribution,
): number {
  let sum: Distribution = { from: 0, weights: [1] };
  let observed = 0;
  for (const stratum of strata) {
    if (stratum.baselineDraws === 0 || stratum.candidateDraws === 0) continue;
    observed += scoreOf(stratum);
    sum = trimmed(convolved(sum, nullOf(stratum)));
  }
  const tail = sum.weights.slice(Math.max(0, observed - sum.from));
  return Math.min(
    1,
    tail.reduceRight((total, weight) => total + weight, 0),
  );
}

/** How many of the differing draws are the candidate's, when draws are assigned at random. */
function countsOf({ baselineDraws, candidateDraws, baselineDiffering, candidateDiffering }: Stratum): Distribution {
  const differing = baselineDiffering + candidateDiffering;
  const from = Math.max(0, differing - baselineDraws);
  const to = Math.min(candidateDraws, differing);
  const all = choose(baselineDraws + candidateDraws, differing);
  const weights = Array.from({ length: to - from + 1 }, (_, index) => {
    const mine = from + index;
    return (choose(candidateDraws, mine) * choose(baselineDraws, differing - mine)) / all;
  });
  return { from, weights };
}

/** Whether the differing draws are just the candidate's, when draws are assigned at random. */
function separationsOf({
  baselineDraws,
  candidateDraws,
  baselineDiffering,
  candidateDiffering,
}: Stratum): Distribution {
  if (baselineDiffering + candidateDiffering !== candidateDraws) return { from: 0, weights: [1] };
  const chance = 1 / choose(baselineDraws + candidateDraws, candidateDraws);
  return { from: 0, weights: [1 - chance, chance] };
}

/** Ways to choose, exact as long as a double holds them. */
export function choose(from: number, count: number): number {
  if (count < 0 || count > from) return 0;
  let ways = 1;
  for (let step = 1; step <= Math.min(count, from - count); step += 1) ways = (ways * (from - step + 1)) / step;
  return Math.round(ways);
}

function convolved(left: Distribution, right: Distribution): Distribution {
  const from = left.from + right.from;
  const [only] = right.weights;
  if (right.weights.length === 1 && only === 1) return { from, weights: left.weights };
  const weights = Array.from({ length: left.weights.length + right.weights.length - 1 }, () => 0);
  for (const [i, a] of left.weights.entries())
    for (const [j, b] of right.weights.entries()) weights[i + j] = (weights[i + j] ?? 0) + a * b;
  return { from, weights };
}

function trimmed({ from, weights }: Distribution): Distribution {
  const first = weights.findIndex((weight) => weight > NEGLIGIBLE);
  const last = weights.findLastIndex((weight) => weight > NEGLIGIBLE);
  return first <= 0 && last === weights.length - 1
    ? { from, weights }
    : { from: from + first, weights: weights.slice(first, last + 1) };
}

/** Benjamini and Hochberg's q values, in the order of the p values. What is at most α is a discovery at that rate. */
export function falseDiscoveryQ(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const qs = ps.map(() => 1);
  let least = 1;
  for (const [position, { p, index }] of order.entries()) {
    least = Math.min(least, (p * ps.length) / (ps.length - position));
    qs[index] = least;
  }
  return qs;
}
