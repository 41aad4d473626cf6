/** What every shard of a replay does alike, and which recordings each one has. Pure. */
import * as z from 'zod';
import { parseIntendedChanges } from '../compare/intended-change.ts';
import { replayPolicy } from '../gate/policy.ts';
import type { CohortJob } from '../release/judge-recordings.ts';
import type { Json } from '../shared/json.ts';

const shardPlan = z.strictObject({
  candidate: z.strictObject({ name: z.string(), artifact: z.string() }),
  /** Artifact. */
  baseline: z.string(),
  policy: replayPolicy,
  intended: z
    .array(z.json())
    .transform((changes) => parseIntendedChanges(changes, 'The plan of the replay'))
    .optional(),
});

export type ShardPlan = z.infer<typeof shardPlan>;

/** Each takes a row of the registry and an activity. */
const SHARDS_MAX = 1_000;
/**
 * Recordings in a shard, where nobody says how many shards there are to be: some seconds of work, beside the one that its processes take to
 * start, and results that fit into memory whatever the candidate does.
 */
const SHARD_SIZE = 500;

/**
 * The plan of a cohort's shards. A sample of second opinions is of the whole cohort, so none of them asks for one; all of them
 * is as well asked for where the recordings are replayed.
 */
export function planShards({
  candidate,
  candidateName,
  baseline,
  policy,
  intended,
}: Pick<CohortJob, 'candidate' | 'candidateName' | 'baseline' | 'policy' | 'intended'>): Json {
  const plan = {
    candidate: { name: candidateName, artifact: candidate.digest },
    baseline: baseline.digest,
    policy: { ...policy, secondOpinion: asksAll(policy) ? 'all' : 0 },
    ...(intended !== undefined && { intended }),
  };
  return plan as unknown as Json;
}

export function asksAll({ secondOpinion }: ShardPlan['policy']): boolean {
  return secondOpinion === 'all';
}

/** A plan as the registry gives it. */
export function decodeShardPlan(plan: Json): ShardPlan {
  return shardPlan.parse(plan);
}

/** As many shards as are wanted, but none without a recording. @param count - @default by the size of the cohort */
export function shardCountOf(recordings: number, count: number | undefined): number {
  return Math.min(recordings, SHARDS_MAX, count ?? Math.ceil(recordings / SHARD_SIZE));
}

/** Parts in the order of the ids, of sizes that differ by one at most. */
export function splitCohort(ids: readonly string[], count: number): readonly (readonly string[])[] {
  const start = (shard: number) => Math.floor((ids.length * shard) / count);
  return Array.from({ length: count }, (_, shard) => ids.slice(start(shard), start(shard + 1)));
}
