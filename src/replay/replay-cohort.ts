/** A candidate over many recordings: in processes, in bounded memory, in whatever order they get done. */
import type { MissionDefinition } from '../mission/definition.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { AnswerPolicy, ReplayLimits } from './answer-policy.ts';
import { type LiveAnswers, NO_LIVE_ANSWERS } from './live-answers.ts';
import { OfficialReplayer } from './official-replayer.ts';
import { ProcessPool } from './process-pool.ts';
import type { ReplayEvent } from './process-protocol.ts';
import type { RuledVersions } from './rule-book.ts';
import { SampledOpinions } from './sampled-opinions.ts';
import type { Sampling } from './sampling.ts';
import { type Stopping, stoppingBy } from './stopping.ts';

export type { ReplayEvent } from './process-protocol.ts';

/** Workflow code that recordings are given to: a version's, linked, or a plain Temporal bundle. */
export interface ReplayTarget {
  /** Unique among the targets of one replay. */
  readonly name: string;
  readonly bundle: { readonly code: string };
  readonly definition?: MissionDefinition | undefined;
  /** Of a hybrid: the versions that it is made of, under whose rules it is compared as the candidate was. @default its own and its maker's */
  readonly rulesOf?: RuledVersions | undefined;
}

export interface ReplaySource {
  readonly summary: RecordingSummary;
  /** As `encodeRecordingContent` writes it. */
  readonly content: Uint8Array;
  /** When it is drawn once more: the same recording may then come several times. */
  readonly sampling?: Sampling;
}

export interface CohortReplayOptions {
  readonly candidate: ReplayTarget;
  /** The target that made a recording, for the self-check; `undefined` leaves it unchecked (plain workflows). */
  readonly baselineOf?: (summary: RecordingSummary) => Promise<ReplayTarget | undefined>;
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
  /** Of the policy (`declared-reads.ts`). */
  readonly reads?: readonly string[] | undefined;
  /** How many recordings Temporal's own replayer is asked about. */
  readonly secondOpinion: number | 'all';
  /** The other target of a comparison by draws, for its compare rules. */
  readonly comparedWith?: ReplayTarget;
  readonly live?: LiveAnswers;
  /** Processes. @default one per processor */
  readonly workers?: number | undefined;
  /** Processes that other replays use before and after this one. @default its own, ended with it */
  readonly pool?: ReplayPool | undefined;
  /** Ends the replay early; what was done until then has been given. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Replays every recording against the candidate.
 *
 * Each recording gives exactly one event. Memory is bounded by the processes and by what was sent to them, not by the cohort.
 */
export async function* replayCohort(
  options: CohortReplayOptions,
  recordings: AsyncIterable<ReplaySource>,
): AsyncGenerator<ReplayEvent> {
  const pool = options.pool ?? openReplayPool(options);
  const opinions = new SampledOpinions<Done>(options.secondOpinion);
  const official = new OfficialReplayer(options.candidate.bundle.code, options.limits);
  const stopping = stoppingBy(options.signal);
  try {
    for await (const done of runAll(pool, options, recordings, stopping)) {
      const replayed = done.event.kind === 'result' ? done.event.result : undefined;
      yield* opinions.offer(done, replayed).map(({ event }) => event);
    }
    for (const { event, content } of opinions.take()) yield await withOpinion(event, content, official, stopping);
  } finally {
    stopping.end();
    await official.close();
    if (options.pool === undefined) await pool.close();
  }
}

/** Processes for several replays, one after another, under one policy. */
export type ReplayPool = ProcessPool;

/** Whoever opens a pool closes it. Its live answers are those of all replays on it. */
export function openReplayPool(
  options: Pick<CohortReplayOptions, 'answers' | 'limits' | 'reads' | 'workers' | 'live'>,
): ReplayPool {
  const { answers, limits, reads, workers, live = NO_LIVE_ANSWERS } = options;
  const waits = answers.model === 'live' || answers.read === 'live';
  return new ProcessPool({ answers, limits, reads, workers, live, waits });
}

interface Done {
  readonly event: ReplayEvent;
  readonly content: Uint8Array;
}

/** Keeps the pool busy and gives results as they come. */
async function* runAll(
  pool: ProcessPool,
  options: CohortReplayOptions,
  recordings: AsyncIterable<ReplaySource>,
  stopping: Stopping,
): AsyncGenerator<Done> {
  const running = new Map<number, Promise<Done & { readonly id: number }>>();
  let bytes = 0;
  const loader = new TargetLoader(pool, options);
  if (options.comparedWith !== undefined) loader.load(options.comparedWith);
  for await (const source of recordings) {
    if (options.signal?.aborted) break;
    const id = pool.nextId();
    const one = runOne(pool, loader, source, id);
    // It is waited for a little later: until then, that it failed is nobody's business.
    one.catch(() => undefined);
    running.set(id, one);
    bytes += source.content.length;
    while (!stopping.isStopped && !pool.hasRoom(running.size, bytes)) {
      const done = await takeNext(running, stopping);
      if (done === undefined) break;
      bytes -= done.content.length;
      yield done;
    }
    if (stopping.isStopped) break;
  }
  while (running.size > 0) {
    const done = await takeNext(running, stopping);
    if (done === undefined) break;
    yield done;
  }
  loader.unload();
}

/** `undefined` when it is to stop; what is under way may then never be done. */
async function takeNext(
  running: Map<number, Promise<Done & { readonly id: number }>>,
  stopping: Stopping,
): Promise<Done | undefined> {
  const done = await stopping.orStop(...running.values());
  if (done !== undefined) running.delete(done.id);
  return done;
}

async function runOne(pool: ProcessPool, loader: TargetLoader, source: ReplaySource, id: number) {
  const { summary, content, sampling } = source;
  const candidate = loader.load(loader.candidate);
  const baseline = await loader.baselineOf(summary);
  const event = await pool.run({ id, summary, content, candidate, baseline, sampling });
  return { id, event, content };
}

/** Hands every target to the pool once. */
class TargetLoader {
  readonly candidate: ReplayTarget;
  readonly #pool: ProcessPool;
  readonly #baselineOf: CohortReplayOptions['baselineOf'];
  readonly #keys = new Set<string>();

  constructor(pool: ProcessPool, { candidate, baselineOf }: CohortReplayOptions) {
    this.#pool = pool;
    this.candidate = candidate;
    this.#baselineOf = baselineOf;
  }

  load({ name, bundle, definition, rulesOf }: ReplayTarget): string {
    if (!this.#keys.has(name)) {
      this.#keys.add(name);
      this.#pool.addTarget(name, { code: bundle.code, definition, rulesOf });
    }
    return name;
  }

  /** Another replay in the same processes brings targets of its own. */
  unload(): void {
    for (const key of this.#keys) this.#pool.forgetTarget(key);
  }

  async baselineOf(summary: RecordingSummary): Promise<string | undefined> {
    const target = await this.#baselineOf?.(summary);
    return target === undefined ? undefined : this.load(target);
  }
}

async function withOpinion(
  event: ReplayEvent,
  content: Uint8Array,
  replayer: OfficialReplayer,
  stopping: Stopping,
): Promise<ReplayEvent> {
  if (event.kind === 'excluded' || stopping.isStopped) return event;
  const { workflowId } = event.result.recording;
  const official = await stopping.orStop(replayer.ask(content, workflowId));
  return official === undefined ? event : { kind: 'result', result: { ...event.result, official } };
}
