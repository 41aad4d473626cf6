/** How small a change a paired test would have seen: without that, "nothing was found" says nothing. Pure. */
import { choose } from './paired-test.ts';

/** What a test of one field has to work with. */
export interface TestSize {
  /** Recordings with draws of both versions. */
  readonly recordings: number;
  /** Draws of each version per recording. */
  readonly samples: number;
  /** Share of the baseline's draws that differ from what was recorded, 0 to 1. */
  readonly noise: number;
  /** The p value that counts as a discovery. */
  readonly alpha: number;
}

/** A change that is seen with this probability counts as one that would have been seen. */
const POWER = 0.8;
const POWER_Z = 0.8416212335729143;

/**
 * The least number of recordings that a candidate would have to change for good (it differs where it would not have, and
 * the other way round) to be found out with a probability of 80 %; `undefined` when even all of them would not do.
 *
 * An approximation: separations are counted as binomial, differing draws as normal.
 */
export function leastChangeSeen(size: TestSize): number | undefined {
  const { recordings } = size;
  const seen = (changed: number) => seesAlways(size, changed) || seesMore(size, changed);
  if (recordings === 0 || !seen(recordings)) return undefined;
  return firstOf(1, recordings, seen);
}

/** The first number from `from` to `to` of which `holds` is true: false before it, true from it on, and true of `to`. */
function firstOf(from: number, to: number, holds: (value: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** By recordings in which the candidate always differs and the baseline never does. */
function seesAlways({ recordings, samples, noise, alpha }: TestSize, changed: number): boolean {
  const byChance = 1 / choose(2 * samples, samples);
  const halfNoisy = choose(2 * samples, samples) * (noise * (1 - noise)) ** samples;
  const eligible = changed + Math.round((recordings - changed) * halfNoisy);
  const cleanly = (1 - noise) ** (2 * samples);
  // The tail falls as more are needed, and beyond all of them it is nothing.
  const needed = firstOf(0, eligible + 1, (least) => binomialTail(eligible, byChance, least) <= alpha / 2);
  return needed <= changed && binomialTail(changed, cleanly, needed) >= POWER;
}

/** By the number of differing draws. */
function seesMore({ recordings, samples, noise, alpha }: TestSize, changed: number): boolean {
  const shift = changed * samples * (0.5 - noise);
  const ofNoise = (samples * noise * (1 - noise)) / 2;
  const ofChange = samples ** 2 / (4 * (2 * samples - 1));
  const spread = Math.sqrt((recordings - changed) * ofNoise + changed * ofChange);
  return shift >= normalQuantile(1 - alpha / 2) * spread + POWER_Z * Math.sqrt(recordings * ofNoise) && shift > 0;
}

/** P(at least `least` of `trials`), each with this chance. */
export function binomialTail(trials: number, chance: number, least: number): number {
  if (least <= 0) return 1;
  if (chance >= 1) return least <= trials ? 1 : 0;
  let weight = (1 - chance) ** trials;
  let below = 0;
  for (let count = 0; count < least; count += 1) {
    below += weight;
    weight *= ((trials - count) / (count + 1)) * (chance / (1 - chance));
  }
  return Math.max(0, 1 - below);
}

const TAIL = [
  -7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_DIVISOR = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
const CENTRE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const CENTRE_DIVISOR = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
];
const TAIL_FROM = 0.02425;

/** The standard normal quantile, to a relative error of 1.2e-9. Source: P. J. Acklam's approximation. */
export function normalQuantile(p: number): number {
  if (p > 1 - TAIL_FROM) return -normalQuantile(1 - p);
  if (p >= TAIL_FROM) {
    const offset = p - 0.5;
    return (polynomial(CENTRE, offset ** 2) * offset) / polynomial(CENTRE_DIVISOR, offset ** 2);
  }
  const root = Math.sqrt(-2 * Math.log(p));
  return polynomial(TAIL, root) / polynomial(TAIL_DIVISOR, root);
}

function polynomial(coefficients: readonly number[], at: number): number {
  return coefficients.reduce((value, coefficient) => value * at + coefficient, 0);
}
