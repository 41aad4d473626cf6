/**
 * What a sample by strata says of all recordings that it was taken from.
 *
 * A stratum stands for all its recordings by those of it that were judged. The share of an outcome is the weighted mean; its
 * interval is Wilson's (1927) for the effective number of recordings, (Σw)² / Σw² (Kish 1965), at 95 %. That the population is
 * finite is not taken into account, so the interval is rather too wide.
 */
import type { CohortSample } from '../recording/cohort.ts';
import type { ReplayOutcome } from './outcome.ts';

/** A share of the population, 0 to 1, and where it lies with 95 % confidence. */
export interface EstimatedShare {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface ReportedStratum {
  readonly name: string;
  readonly population: number;
  readonly sampled: number;
  /** Of the sampled ones: judged, and counted as changed. */
  readonly faithful: number;
  readonly changed: number;
}

export interface ReportedSample {
  readonly seed: string;
  /** Recordings that the sample was taken from. */
  readonly population: number;
  /** What strata are told apart by. */
  readonly by: readonly string[];
  /** The most populous first; the first {@link STRATA_LISTED}. */
  readonly strata: readonly ReportedStratum[];
  /** Strata in all. */
  readonly strataCount: number;
  /** Recordings in strata of which none was judged: nothing is said of them. */
  readonly unseen: number;
  /** Of the population without the unseen. */
  readonly shares: Readonly<Record<ReplayOutcome, EstimatedShare>>;
}

const STRATA_LISTED = 100;
const Z_95 = 1.959964;

/** @param outcomes - by recording id; those that are not judged are missing */
export function describeSample(sample: CohortSample, outcomes: ReadonlyMap<string, ReplayOutcome>): ReportedSample {
  const strata = sample.strata.map(({ name, population, sampled }) => {
    const judged = sampled.flatMap((id) => outcomes.get(id) ?? []);
    return { name, population, sampled: sampled.length, judged };
  });
  const seen = strata.filter(({ judged }) => judged.length > 0);
  const total = strata.reduce((sum, { population }) => sum + population, 0);
  const covered = seen.reduce((sum, { population }) => sum + population, 0);
  const squares = seen.reduce((sum, { population, judged }) => sum + population ** 2 / judged.length, 0);
  const shareOf = (outcome: ReplayOutcome): EstimatedShare => {
    const weighted = seen.reduce((sum, { population, judged }) => {
      return sum + (population * judged.filter((one) => one === outcome).length) / judged.length;
    }, 0);
    return covered === 0 ? { share: 0, low: 0, high: 1 } : wilson(weighted / covered, covered ** 2 / squares);
  };
  return {
    seed: sample.seed,
    population: total,
    by: sample.by,
    strata: strata.slice(0, STRATA_LISTED).map(({ judged, ...stratum }) => ({
      ...stratum,
      faithful: judged.length,
      changed: judged.filter((outcome) => outcome === 'changed').length,
    })),
    strataCount: strata.length,
    unseen: total - covered,
    shares: {
      matched: shareOf('matched'),
      changed: shareOf('changed'),
      diverged: shareOf('diverged'),
      unanswered: shareOf('unanswered'),
      failed: shareOf('failed'),
    },
  };
}

function wilson(share: number, n: number): EstimatedShare {
  const z2 = Z_95 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n ** 2));
  return { share: rounded(share), low: rounded(Math.max(0, middle - half)), high: rounded(Math.min(1, middle + half)) };
}

/** Six digits, so that a report has the same bytes whatever computed its roots. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
