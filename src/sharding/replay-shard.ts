/** One shard on a worker: its recordings are read from the registry, replayed, and what was found is kept there. */
import { activityFailure } from '../activity/failure.ts';
import type { Registry } from '../registry/registry.ts';
import type { ShardKey, ShardTask } from '../registry/replays.ts';
import { readSources } from '../release/choose-recordings.ts';
import { type JudgedRecording, judgeRecordings } from '../release/judge-recordings.ts';
import { type Repetition, repeatedly } from './repeatedly.ts';
import { decodeShardPlan } from './shard-plan.ts';
import { encodeShardResults } from './shard-results.ts';

export interface ShardRunner {
  readonly registry: Registry;
  readonly processes: number;
  /** The worker, for whoever watches. */
  readonly identity: string;
  /** Ends it early; nothing is kept then. */
  readonly signal: AbortSignal;
  /** How often progress is told, in milliseconds. */
  readonly noteMs: number;
}

/**
 * Replays a shard. Done twice, it finds the same, and is kept once.
 *
 * @throws ApplicationFailure `REPLAY_FAILED`, not to be tried again, when nobody waits for it any more; others may be tried
 *   again by their code.
 */
export async function replayShard(key: ShardKey, runner: ShardRunner): Promise<void> {
  const task = await runner.registry.replays.task(key);
  if (task === undefined) throw nobodyWaits(key);
  if (task.isDone) return;
  const closing = new AbortController();
  const signal = AbortSignal.any([runner.signal, closing.signal]);
  const found: JudgedRecording[] = [];
  const notes = tellProgress(key, runner, () => found.length, closing);
  try {
    for await (const one of judgeShard(task, runner, signal)) found.push(one);
  } finally {
    await notes.end();
  }
  if (closing.signal.aborted) throw nobodyWaits(key);
  runner.signal.throwIfAborted();
  if (!(await runner.registry.replays.keep(key, encodeShardResults(found)))) throw nobodyWaits(key);
}

async function* judgeShard(
  { plan: given, recordings }: ShardTask,
  { registry, processes }: ShardRunner,
  signal: AbortSignal,
): AsyncGenerator<JudgedRecording> {
  const plan = decodeShardPlan(given);
  const { artifacts } = registry;
  const [candidate, baseline] = await Promise.all([
    artifacts.get(plan.candidate.artifact),
    artifacts.get(plan.baseline),
  ]);
  const findMaker = async (digest: string) => ((await artifacts.has(digest)) ? artifacts.get(digest) : undefined);
  yield* judgeRecordings(
    {
      candidate,
      candidateName: plan.candidate.name,
      baseline,
      policy: plan.policy,
      intended: plan.intended,
      expected: new Map(),
      findMaker,
      workers: processes,
      signal,
    },
    readSources(registry.recordings, recordings),
  );
}

/** A registry that does not answer is no reason to stop: keeping the results tries it again. */
function tellProgress(
  key: ShardKey,
  { registry: { replays }, identity, noteMs }: ShardRunner,
  countDone: () => number,
  closing: AbortController,
): Repetition {
  return repeatedly(noteMs, 'now', async () => {
    if (!(await replays.note(key, { done: countDone(), worker: identity }))) closing.abort();
  });
}

function nobodyWaits({ replay, shard }: ShardKey) {
  return activityFailure('REPLAY_FAILED', `Nobody waits for shard ${shard} of replay ${replay} any more.`);
}
