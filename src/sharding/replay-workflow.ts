/** The Temporal workflow of a replay in shards: each is an activity, and whoever is free takes the next. Runs in the sandbox. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';

export interface ReplayShardsInput {
  readonly replay: string;
  readonly shards: number;
  /** Where workers of the same release take shards. */
  readonly taskQueue: string;
  /** After so long without a word a worker counts as dead, and another one takes its shard; in milliseconds. */
  readonly heartbeatTimeoutMs: number;
}

export interface ShardActivities {
  replayShard(shard: { readonly replay: string; readonly shard: number }): Promise<void>;
}

/** Also when its worker is stopped or dies; each time another attempt begins. */
const ATTEMPTS_MAX = 10;

export async function replayShards(input: ReplayShardsInput): Promise<void> {
  const { replay, shards, taskQueue, heartbeatTimeoutMs } = input;
  const { replayShard } = proxyActivities<ShardActivities>({
    taskQueue,
    heartbeatTimeout: heartbeatTimeoutMs,
    startToCloseTimeout: '1 day',
    // Nobody waits for shards that are cancelled: what they would bring is not kept.
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: ATTEMPTS_MAX },
  });
  await Promise.all(Array.from({ length: shards }, (_, shard) => replayShard({ replay, shard })));
}
