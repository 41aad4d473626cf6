/**
 * The recorder: records ended runs for as long as a process lives. Any number of processes may run one, beside their workers.
 *
 * 1. A run that ends in a worker of this process is recorded at once: the server's history is awaited to its last event, then
 *    stored.
 * 2. A sweep of visibility finds the rest: runs that the server ended, and runs whose worker died. It begins a little before where
 *    the last complete one began, whoever made it, so a recorder that was away catches up. One process at a time sweeps.
 * 3. Nothing depends on 1 or on the claim in 2 for being right: the registry takes every run once, and a sweep that did not come
 *    to its end is made again.
 */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Registry } from '../registry/registry.ts';
import { END_OF_TIME } from '../registry/rows.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import { collectRecordings } from './collect.ts';
import type { RunRef } from './ended-runs.ts';
import type { RecorderEvent } from './recorder-event.ts';

const { HistoryEventFilterType } = proto.temporal.api.enums.v1;

export interface RecorderOptions {
  readonly client: Client;
  readonly registry: Pick<
    Registry,
    'recordings' | 'artifacts' | 'collection' | 'retention' | 'versions' | 'interventions' | 'deployments'
  >;
  /** Which server it is, so that a registry can serve several: its cluster id. The namespace is added. */
  readonly server: string;
  /** Who sweeps, for the registry. */
  readonly identity: string;
  /** The secret of `loadRedactionKey`. */
  readonly redactionKey: Uint8Array;
  /** Record these missions only. @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  /** The visibility query for the runs of these missions. */
  readonly queryOf: (missions: readonly string[]) => string;
  /** Between two sweeps, in milliseconds. @default 10 000 */
  readonly sweepMs?: number | undefined;
  /** How far a sweep goes back before the last one, in milliseconds: more than visibility lags and clocks differ. @default 120 000 */
  readonly overlapMs?: number | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
  readonly onEvent?: ((event: RecorderEvent) => void) | undefined;
}

export interface Recorder {
  /** A run is about to end. Returns at once. */
  notice(run: RunRef): void;
  /** Resolves when no noticed run is waiting. */
  idle(): Promise<void>;
  /** Makes a sweep now, whoever has claimed it, and resolves when it is through. */
  sweep(): Promise<void>;
  /** Lets what is under way come to its end. */
  stop(): Promise<void>;
}

const SWEEP_MS = 10_000;
const OVERLAP_MS = 120_000;
/** A process that died in a sweep has its claim for so long. */
const CLAIM_MS = 60_000;
/** The first sweep of a process and one in every hour go back a day: visibility may have been down. */
const DEEP_EVERY_MS = 3_600_000;
const DEEP_OVERLAP_MS = 86_400_000;
const RETENTION_EVERY_MS = 600_000;
/** After an outage, from the first failure on: it ends at any moment, and asking costs little. */
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 15_000;
/** Noticed runs that wait; more are left to the sweep. */
const NOTICED_MAX = 10_000;
const NOTICED_AT_ONCE = 4;
/** A run whose last task was refused goes on, and is noticed again. */
const END_WITHIN_MS = 15_000;
const DUE_AT_ONCE = 100;

/** Starts to record; it never throws. */
export function startRecorder(options: RecorderOptions): Recorder {
  return new RunningRecorder(options);
}

class RunningRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #closing = new AbortController();
  readonly #noticed = new Map<string, RunRef>();
  readonly #working = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #sweeping: Promise<void> = Promise.resolve();
  #deepAt = 0;
  #retainedAt = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#loop = this.#live();
  }

  notice(run: RunRef): void {
    if (this.#closing.signal.aborted || this.#noticed.size >= NOTICED_MAX) return;
    this.#noticed.set(`${run.workflowId}/${run.runId}`, run);
    this.#work();
  }

  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  sweep(): Promise<void> {
    return this.#oneByOne(() => this.#sweepNow());
  }

  async #sweepNow(): Promise<void> {
    const { registry, clock = systemClock } = this.#options;
    const claim = { by: this.#options.identity, now: END_OF_TIME, until: after(clock(), CLAIM_MS) };
    const claimed = await registry.collection.claimSweep(this.#scope(), claim);
    await this.#sweepFrom(claimed?.sweptTo ?? null);
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    this.#noticed.clear();
    await Promise.all([this.#loop, this.idle()]);
  }

  #work(): void {
    while (this.#working.size < NOTICED_AT_ONCE) {
      const [next] = this.#noticed;
      if (next === undefined) return;
      const [key, run] = next;
      this.#noticed.delete(key);
      const task = this.#recordNoticed(run).finally(() => {
        this.#working.delete(task);
        this.#work();
      });
      this.#working.add(task);
    }
  }

  /** What goes wrong here the sweep makes good. */
  async #recordNoticed(run: RunRef): Promise<void> {
    try {
      const { signal } = this.#closing;
      if (await hasEnded(this.#options.client, run, signal)) await this.#collect({ runs: [run] });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#emit({ kind: 'left-to-sweep', run, error: asError(error) });
    }
  }

  async #live(): Promise<void> {
    const { sweepMs = SWEEP_MS } = this.#options;
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      try {
        await this.#oneByOne(() => this.#turn());
        failures = 0;
        await pause(sweepMs, this.#closing.signal);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        const retryInMs = Math.min(RETRY_MS_FIRST * 2 ** failures, RETRY_MS_MAX);
        failures += 1;
        this.#emit({ kind: 'waiting', error: asError(error), retryInMs });
        await pause(retryInMs, this.#closing.signal);
      }
    }
  }

  /** Two sweeps of one process would do the same work. */
  #oneByOne(sweep: () => Promise<void>): Promise<void> {
    const next = this.#sweeping.catch(() => undefined).then(sweep);
    this.#sweeping = next;
    return next;
  }

  async #turn(): Promise<void> {
    const { registry, identity, clock = systemClock } = this.#options;
    const now = clock();
    const claim = await registry.collection.claimSweep(this.#scope(), {
      by: identity,
      now,
      until: after(now, CLAIM_MS),
    });
    if (claim === undefined) return;
    await this.#sweepFrom(claim.sweptTo);
    if (now.getTime() - this.#retainedAt < RETENTION_EVERY_MS) return;
    this.#retainedAt = now.getTime();
    for (const mission of await this.#missions()) {
      const deleted = await registry.retention.apply(mission);
      if (deleted > 0) this.#emit({ kind: 'deleted', mission, recordings: deleted });
    }
  }

  async #sweepFrom(sweptTo: string | null): Promise<void> {
    const { registry, clock = systemClock, queryOf, sweepMs = SWEEP_MS } = this.#options;
    const began = clock();
    const isDeep = began.getTime() - this.#deepAt >= DEEP_EVERY_MS;
    const overlapMs = isDeep ? DEEP_OVERLAP_MS : (this.#options.overlapMs ?? OVERLAP_MS);
    const since = sweptTo === null ? 0 : Date.parse(sweptTo) - overlapMs;
    const query = `CloseTime >= '${new Date(Math.max(since, 0)).toISOString()}' AND ${queryOf(await this.#missions())}`;
    await this.#collect({ query });
    const due = await registry.collection.due(clock(), DUE_AT_ONCE);
    await this.#collect({ runs: due.map(({ workflowId, runId }) => ({ workflowId, runId })) });
    if (isDeep) this.#deepAt = began.getTime();
    await registry.collection.finishSweep(this.#scope(), { sweptTo: began, next: after(clock(), sweepMs - 1) });
  }

  async #collect(what: { readonly query: string } | { readonly runs: readonly RunRef[] }): Promise<void> {
    const { client, registry, redactionKey, clock } = this.#options;
    const collected = collectRecordings({
      client,
      registry,
      redactionKey,
      clock,
      ...what,
      retries: 'due',
      policyOf: async (mission) => (await registry.retention.policy(mission)).policy,
      signal: this.#closing.signal,
    });
    let stored = 0;
    for await (const run of collected) {
      if (run.status === 'stored') stored += 1;
      if (run.status === 'failed') this.#emit({ kind: 'failed', run, error: run.error });
    }
    if (stored > 0) this.#emit({ kind: 'recorded', runs: stored });
  }

  async #missions(): Promise<readonly string[]> {
    return this.#options.missions ?? this.#options.registry.versions.missions();
  }

  #scope(): string {
    return `${this.#options.server}/${this.#options.client.options.namespace}`;
  }

  #emit(event: RecorderEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Waits for the last event of a run. False when it does not come: the run goes on. */
async function hasEnded(client: Client, { workflowId, runId }: RunRef, closing: AbortSignal): Promise<boolean> {
  const request = {
    namespace: client.options.namespace,
    execution: { workflowId, runId: runId ?? null },
    waitNewEvent: true,
    historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  };
  const tooLate = AbortSignal.timeout(END_WITHIN_MS);
  const signal = AbortSignal.any([closing, tooLate]);
  let nextPageToken: Uint8Array = new Uint8Array(0);
  while (!signal.aborted) {
    const page = await client.connection.withAbortSignal(signal, () =>
      client.workflowService.getWorkflowExecutionHistory({ ...request, nextPageToken }),
    );
    if ((page.history?.events?.length ?? 0) > 0) return true;
    ({ nextPageToken } = page);
    if (nextPageToken.length === 0) return false;
  }
  return false;
}

function systemClock(): Date {
  return new Date();
}

function after(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new MissionError('INTERNAL', messageOf(error), { cause: error });
}
