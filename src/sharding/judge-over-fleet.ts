/**
 * A cohort that is too large for one machine, replayed in shards by the workers of a fleet.
 *
 * Invariants:
 * 1. Whoever counts gets what a replay in this process gives it, recording by recording; so the report has the same bytes, however
 *    many shards there are and in whatever order they are done.
 * 2. Shards are worked on while this process waits for them. Afterwards nothing is left but the report.
 */
import { randomUUID } from 'node:crypto';
import type { Registry } from '../registry/registry.ts';
import type { ShardKey, ShardState } from '../registry/replays.ts';
import type { CohortJob, JudgeCohort, JudgedRecording } from '../release/judge-recordings.ts';
import { MissionError } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import { attendReplay, ShardWatch } from './attend-replay.ts';
import { ownRelease, shardQueue } from './replay-places.ts';
import { type ReplayRunEnd, type ReplayTemporal, startReplayRun } from './replay-run.ts';
import { askSecondOpinions } from './second-opinions.ts';
import { planShards, shardCountOf, splitCohort } from './shard-plan.ts';
import { decodeShardResults } from './shard-results.ts';
import { refuseUnshardable, requireReplayHosts } from './shardable.ts';
import { sweepReplays } from './sweep-replays.ts';

/** How far the shards are, those that are not read yet included. */
export interface ShardProgress {
  /** Recordings that were replayed. */
  readonly done: number;
  readonly total: number;
  readonly shards: { readonly done: number; readonly total: number };
  /** Workers that have a shard; none: no worker has taken one yet. */
  readonly workers: number;
}

export interface FleetJudgeOptions {
  readonly registry: Registry;
  readonly temporal: ReplayTemporal;
  /** How many shards. @default by the size of the cohort */
  readonly shards?: number | undefined;
  readonly onProgress?: ((progress: ShardProgress) => void) | undefined;
  /** After so long without a word a worker counts as dead, and another one takes its shard; in milliseconds. @default 30,000 */
  readonly heartbeatTimeoutMs?: number | undefined;
  /** How long shards are worked on after this process was heard of last, in milliseconds. @default 120,000 */
  readonly leaseMs?: number | undefined;
}

const HEARTBEAT_TIMEOUT_MS = 30_000;
const LEASE_MS = 120_000;
const POLL_MS = 500;

/**
 * For `tryCandidate({ judge })`.
 *
 * @throws MissionError while it replays: `USAGE` when this cohort cannot be sharded, `REPLAY_NOT_HOSTED` when no worker takes
 *   shards, `REPLAY_FAILED` when a shard fails, or nobody was heard of for too long, `TEMPORAL_UNAVAILABLE`, `REGISTRY_*`.
 */
export function judgeOverFleet(options: FleetJudgeOptions): JudgeCohort {
  return (job) => judge(options, job);
}

async function* judge(options: FleetJudgeOptions, job: CohortJob): AsyncGenerator<JudgedRecording> {
  const { registry, temporal, leaseMs = LEASE_MS } = options;
  refuseUnshardable(registry, job);
  const ids = job.cohort.members.map(({ id }) => id);
  if (ids.length === 0) return;
  await sweepReplays(registry, temporal.client);
  await requireReplayHosts(registry);
  const shards = splitCohort(ids, shardCountOf(ids.length, options.shards));
  const replay = randomUUID();
  await registry.replays.begin({ id: replay, mission: job.candidate.mission, plan: planShards(job), shards, leaseMs });
  const attendance = attendReplay(registry.replays, replay, leaseMs);
  try {
    yield* askSecondOpinions(job, collect(options, job, replay, shards.length));
  } finally {
    await attendance.end();
    await registry.replays.remove(replay);
  }
}

/** What the shards find, in the order of the cohort: each as soon as those before it are done. */
async function* collect(
  options: FleetJudgeOptions,
  { signal = new AbortController().signal }: CohortJob,
  replay: string,
  shards: number,
): AsyncGenerator<JudgedRecording> {
  const { registry, temporal, heartbeatTimeoutMs = HEARTBEAT_TIMEOUT_MS, leaseMs = LEASE_MS } = options;
  const run = await startReplayRun(temporal, {
    replay,
    shards,
    taskQueue: shardQueue(ownRelease()),
    heartbeatTimeoutMs,
  });
  let end: ReplayRunEnd | undefined;
  const ended = run.ended.then((how) => {
    end = how;
  });
  const watch = new ShardWatch(registry.replays, replay, leaseMs);
  try {
    for (let next = 0; next < shards; ) {
      // Asked before the states are read: what was over by then has left its results there.
      const over = signal.aborted ? STOPPED : end;
      const states = await watch.look();
      if (states !== undefined) options.onProgress?.(progressOf(states));
      for (const { shard } of readable(states ?? [], next, over !== undefined)) {
        yield* await resultsOf(registry, { replay, shard });
        next = shard + 1;
      }
      if (over === STOPPED || next >= shards) return;
      if (over !== undefined && states !== undefined) throw incomplete(over);
      await Promise.race([ended, pause(POLL_MS, signal)]);
    }
  } finally {
    await run.close();
  }
}

const STOPPED: ReplayRunEnd = { kind: 'cancelled' };

/** Shards that can be read now: in order without a gap, or, when no more come, all that are there. Pure. */
function readable(states: readonly ShardState[], next: number, isLast: boolean): readonly ShardState[] {
  const rest = states.slice(next);
  if (isLast) return rest.filter(({ isDone }) => isDone);
  const gap = rest.findIndex(({ isDone }) => !isDone);
  return gap === -1 ? rest : rest.slice(0, gap);
}

function progressOf(states: readonly ShardState[]): ShardProgress {
  const sum = (numbers: readonly number[]) => numbers.reduce((left, right) => left + right, 0);
  const busy = states.flatMap(({ isDone, worker }) => (isDone || worker === null ? [] : [worker]));
  return {
    done: sum(states.map(({ isDone, total, done }) => (isDone ? total : done))),
    total: sum(states.map(({ total }) => total)),
    shards: { done: states.filter(({ isDone }) => isDone).length, total: states.length },
    workers: new Set(busy).size,
  };
}

async function resultsOf({ replays }: Registry, key: ShardKey): Promise<readonly JudgedRecording[]> {
  const text = await replays.results(key);
  if (text === undefined) throw incomplete(STOPPED);
  return decodeShardResults(text);
}

function incomplete(end: ReplayRunEnd): MissionError {
  if (end.kind === 'failed') return end.error;
  const how = end.kind === 'cancelled' ? 'Somebody ended the replay on the Temporal server' : 'The replay ended';
  return new MissionError('REPLAY_FAILED', `${how} before all shards were done.`, {
    remedy: 'Replay again.',
  });
}
