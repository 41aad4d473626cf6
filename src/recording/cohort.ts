/** Cohorts: frozen, hashed sets of recordings. A report names the hash, so it says exactly what was replayed. */
import type { RecordingSummary } from '../registry/recording-summary.ts';
import { type Digest, digestOfJson } from '../shared/digest.ts';
import { rankOf, type SampleFeatures, type StratifiedSample, sampleByStrata } from './stratified-sample.ts';

export interface CohortSelection {
  readonly mission?: string | undefined;
  readonly version?: number | undefined;
  readonly workflowType?: string | undefined;
  /** Started at or after this instant, ISO 8601. */
  readonly since?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** At most so many. Which ones is decided by `seed`, so that a sample is not the oldest or the busiest hour. */
  readonly limit?: number | undefined;
  /** Same recordings, limit and seed: same sample. @default '' */
  readonly seed?: string | undefined;
}

export interface Cohort {
  /** Over the members alone: the same set chosen in another way is the same cohort. */
  readonly digest: Digest;
  /** In the order of their ids. */
  readonly members: readonly { readonly id: string; readonly digest: string }[];
  /** The selection for people: `refund-eligibility@2, started since 2026-01-01, a sample of 200 of 1,204 (seed "a")`. */
  readonly selection: string;
  /** How many recordings the selection fits, before the limit. */
  readonly matching: number;
  /** How it was sampled, when it was sampled by strata. */
  readonly sample?: CohortSample;
}

export interface CohortSample extends StratifiedSample {
  readonly seed: string;
}

/**
 * Freezes a sample by strata of recordings that fit a selection already.
 *
 * @param features - of all of them
 * @param limit - fewer than there are
 */
export function freezeSample(
  summaries: readonly RecordingSummary[],
  features: readonly SampleFeatures[],
  selection: CohortSelection & { readonly limit: number },
): Cohort {
  const { limit, seed = '' } = selection;
  const sample = sampleByStrata(features, limit, seed);
  const chosen = new Set(sample.strata.flatMap(({ sampled }) => sampled));
  const frozen = freezeCohort(
    summaries.filter(({ id }) => chosen.has(id)),
    {},
  );
  const by = sample.by.length === 0 ? '' : ` by ${sample.by.join(', ')}`;
  const words = `${describeSelection(selection, summaries.length)}${by}`;
  return { ...frozen, selection: words, matching: summaries.length, sample: { ...sample, seed } };
}

/** Freezes what a selection names of these recordings. Pure: their order does not matter. */
export function freezeCohort(summaries: Iterable<RecordingSummary>, selection: CohortSelection): Cohort {
  const matching = [...summaries].filter((summary) => isSelected(summary, selection));
  const chosen = sample(matching, selection);
  return {
    ...cohortOf(chosen),
    selection: describeSelection(selection, matching.length),
    matching: matching.length,
  };
}

/** The cohort of these recordings, whoever chose them. */
export function cohortOf(chosen: Iterable<{ readonly id: string; readonly digest: string }>) {
  const members = [...chosen].map(({ id, digest }) => ({ id, digest }));
  members.sort((left, right) => (left.id < right.id ? -1 : 1));
  return { digest: digestOfJson(members), members } satisfies Pick<Cohort, 'digest' | 'members'>;
}

function isSelected(summary: RecordingSummary, selection: CohortSelection): boolean {
  const { mission, version, workflowType, since, ids } = selection;
  return (
    (mission === undefined || summary.mission === mission) &&
    (version === undefined || summary.version === version) &&
    (workflowType === undefined || summary.workflowType === workflowType) &&
    (since === undefined || Date.parse(summary.startedAt) >= Date.parse(since)) &&
    (ids === undefined || ids.includes(summary.id))
  );
}

/** Each recording has its own place in a seeded order, so a larger limit keeps all that a smaller one chose. */
function sample(summaries: readonly RecordingSummary[], selection: CohortSelection): readonly RecordingSummary[] {
  const { limit, seed = '' } = selection;
  if (limit === undefined || summaries.length <= limit) return summaries;
  const ranked = summaries.map((summary) => ({ summary, rank: rankOf(summary.id, seed) }));
  ranked.sort((left, right) => (left.rank < right.rank ? -1 : 1));
  return ranked.slice(0, limit).map(({ summary }) => summary);
}

function describeSelection(selection: CohortSelection, matching: number): string {
  const { mission, version, workflowType, since, ids, limit, seed } = selection;
  const parts = [
    mission === undefined ? 'all missions' : `${mission}${version === undefined ? '' : `@${version}`}`,
    ...(workflowType === undefined ? [] : [`workflow type ${workflowType}`]),
    ...(since === undefined ? [] : [`started since ${since}`]),
    ...(ids === undefined ? [] : [`${ids.length} named`]),
  ];
  if (limit === undefined || matching <= limit) return `${parts.join(', ')}, all ${matching}`;
  return `${parts.join(', ')}, a sample of ${limit} of ${matching} (seed "${seed ?? ''}")`;
}
