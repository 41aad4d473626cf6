/**
 * Collecting: ended runs of a Temporal server → redacted recordings in the registry.
 *
 * 1. Every ended run that the filter names comes out once: stored, already known, sampled out, still open, or failed with its
 *    reason. All but the open ones are noted in the registry, in the transaction that stores the recording.
 * 2. A recording is stored whole or not at all, and once, however many processes collect: its id never changes.
 * 3. A run whose declarations are not all known is not stored: better no recording than one with secrets.
 */
import type { Client } from '@temporalio/client';
import { isShadowRun } from '../mission/wire.ts';
import type { RecordingPolicy } from '../registry/recording-policy.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { count } from '../telemetry/metrics.ts';
import { bounded } from './bounded.ts';
import { buildRecording, toStoredRecording } from './build-recording.ts';
import { recordingIdOf, type Successor, successorOf } from './chain.ts';
import type { RedactionSchemas } from './declared-values.ts';
import { type EndedRunsFilter, fetchChain, listEndedRuns, type RunRef } from './ended-runs.ts';
import { findMakers, type Maker } from './find-makers.ts';
import { resetBaseOf, runIdOf, startedOf } from './history-events.ts';
import { knownMakers } from './known-makers.ts';
import { redactByAll, type SchemaSource, schemaSource } from './maker-schemas.ts';
import type { History, Recording } from './recording.ts';
import { retryAt } from './retry-at.ts';
import { runEndOf } from './run-end.ts';
import { isSampled, wayOf } from './sampling.ts';
import { splitAtUpgrades } from './split-at-upgrades.ts';

export interface CollectOptions extends EndedRunsFilter {
  readonly client: Client;
  readonly registry: Pick<
    Registry,
    'recordings' | 'artifacts' | 'collection' | 'versions' | 'interventions' | 'deployments'
  >;
  /** The secret of {@link loadRedactionKey}. */
  readonly redactionKey: Uint8Array;
  /** These runs instead of what a query finds; visibility lags behind, a run that just ended is here at once. */
  readonly runs?: readonly RunRef[] | undefined;
  /** Runs looked at, the latest first. @default all */
  readonly limit?: number | undefined;
  /** Runs fetched at once. @default 8 */
  readonly concurrency?: number | undefined;
  /** What to redact in a run; by default what the definition in its artifact declares. */
  readonly schemas?: RedactionSchemas | undefined;
  /** What is recorded of a mission. @default everything */
  readonly policyOf?: ((mission: string) => Promise<RecordingPolicy>) | undefined;
  /** Runs that failed before: `due` leaves out those whose next try is not due. @default all */
  readonly retries?: 'all' | 'due' | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
  readonly onProgress?: ((progress: CollectProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CollectProgress {
  readonly stored: number;
  readonly known: number;
  readonly open: number;
  readonly failed: number;
  readonly 'sampled-out': number;
}

/** What became of one run. */
export type CollectedRun =
  | { readonly status: 'stored'; readonly recording: RecordingSummary; readonly related: readonly RelatedRun[] }
  | { readonly status: 'known'; readonly id: string }
  | { readonly status: 'sampled-out'; readonly id: string }
  | { readonly status: 'open'; readonly workflowId: string; readonly runId?: string }
  | { readonly status: 'failed'; readonly workflowId: string; readonly runId?: string; readonly error: MissionError };

/** A run that is not part of the recording and came of it, or before it. */
export interface RelatedRun {
  readonly runId: string;
  readonly kind: Successor['kind'] | 'reset-from';
}

/**
 * Collects ended runs; pull the results to make it go on.
 *
 * @throws MissionError `TEMPORAL_UNAVAILABLE` when runs cannot be listed, `REGISTRY_*` when they cannot be stored; the signal's
 * reason when it is aborted. A single run that fails does not throw: it is reported.
 */
export async function* collectRecordings(options: CollectOptions): AsyncGenerator<CollectedRun> {
  const schemasOf = schemaSource(options);
  const counts = { stored: 0, known: 0, open: 0, failed: 0, 'sampled-out': 0 };
  const results = bounded(runsToDo(options), options.concurrency ?? 8, (item) => collectRun(options, item, schemasOf));
  for await (const parts of results) {
    options.signal?.throwIfAborted();
    for (const result of parts) {
      counts[result.status] += 1;
      count('mission_recordings_total', { status: result.status });
      options.onProgress?.({ ...counts });
      yield result;
    }
  }
}

interface RunToDo {
  readonly run: RunRef;
  readonly knownId: string | undefined;
}

async function* runsToDo({
  client,
  registry,
  runs,
  limit,
  signal,
  retries,
  clock,
  ...filter
}: CollectOptions): AsyncGenerator<RunToDo> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  const pages = runs === undefined ? listEndedRuns(client, filter) : [runs];
  for await (const page of pages) {
    signal?.throwIfAborted();
    // A shadow took no decision, so it is nothing to hold a candidate against.
    const real = page.filter(({ workflowId }) => !isShadowRun(workflowId));
    const taken = real.slice(0, Math.min(left, real.length));
    const knownId = await knownRuns(registry, taken, retries === 'due' ? (clock?.() ?? new Date()) : 'all');
    for (const run of taken) yield { run, knownId: knownId(run) };
    left -= taken.length;
    if (left <= 0) return;
  }
}

/** What the registry knows of these runs: by the id of the last link, or of a recording with one link. */
async function knownRuns(
  registry: CollectOptions['registry'],
  runs: readonly RunRef[],
  failuresDueAt: Date | 'all',
): Promise<(run: RunRef) => string | undefined> {
  const recorded = await registry.recordings.has(runs.flatMap((run) => idOf(run) ?? []));
  const runIds = runs.flatMap(({ runId }) => runId ?? []);
  const settled = await registry.collection.settled(runIds, failuresDueAt);
  return (run) => {
    const id = idOf(run);
    if (id === undefined || run.runId === undefined) return undefined;
    return settled.get(run.runId) ?? (settled.has(run.runId) || recorded.has(id) ? id : undefined);
  };
}

/** Its id as the first link. The last link of a longer chain is known only after its chain was fetched. */
function idOf({ workflowId, runId }: RunRef): string | undefined {
  return runId === undefined ? undefined : recordingIdOf(workflowId, runId);
}

async function collectRun(
  options: CollectOptions,
  { run, knownId }: RunToDo,
  schemasOf: SchemaSource,
): Promise<readonly CollectedRun[]> {
  if (knownId !== undefined) return [{ status: 'known', id: knownId }];
  const { workflowId, runId } = run;
  const named = { workflowId, ...(runId !== undefined && { runId }) };
  try {
    options.signal?.throwIfAborted();
    const histories = await fetchChain(options.client, run);
    const last = histories.at(-1);
    if (last === undefined || runEndOf(last).status === 'open') return [{ status: 'open', ...named }];
    return await storeParts(options, splitAtUpgrades(histories), schemasOf);
  } catch (error) {
    if (options.signal?.aborted === true || isOutage(error)) throw error;
    const failure = asMissionError(error, workflowId);
    await noteFailure(options, run, failure);
    return [{ status: 'failed', ...named, error: failure }];
  }
}

/** A run whose run id nobody gave has no name to be noted by. */
async function noteFailure({ registry, clock }: CollectOptions, run: RunRef, error: MissionError): Promise<void> {
  const { workflowId, runId } = run;
  if (runId === undefined) return;
  const attempts = await registry.collection.attempts(runId);
  const next = retryAt(error.code, attempts + 1, clock?.() ?? new Date());
  await registry.collection.fail({ workflowId, runId }, error, next);
}

/** The last part comes last, so a run counts as collected only when all before it are stored. */
async function storeParts(
  options: CollectOptions,
  parts: readonly (readonly History[])[],
  schemasOf: SchemaSource,
): Promise<readonly CollectedRun[]> {
  const results: CollectedRun[] = [];
  for (const histories of parts) {
    const makers = await findMakers(options.registry, histories);
    const isDecided = options.schemas !== undefined || knownMakers(histories, makers) === 'all';
    results.push(
      isDecided
        ? await storeRun(options, histories, { makers, schemas: await schemasOf(makers) })
        : await leaveOut(options, histories),
    );
  }
  return results;
}

/** For good: nothing was decided in it. */
async function leaveOut({ registry }: CollectOptions, histories: readonly History[]): Promise<CollectedRun> {
  const [first, last] = [histories[0], histories.at(-1)];
  const { workflowId } = first === undefined ? {} : startedOf(first);
  const run = { workflowId: workflowId ?? '', runId: last === undefined ? '' : runIdOf(last), mission: undefined };
  await registry.collection.sampleOut(run, '');
  return { status: 'sampled-out', id: recordingIdOf(run.workflowId, first === undefined ? '' : runIdOf(first)) };
}

interface RunFacts {
  readonly makers: readonly Maker[];
  /** Of every maker: what any of them declares is replaced. */
  readonly schemas: readonly RedactionSchemas[];
}

async function storeRun(
  { registry, redactionKey, policyOf }: CollectOptions,
  histories: readonly History[],
  { makers, schemas: all }: RunFacts,
): Promise<CollectedRun> {
  const schemas = all.at(-1);
  const redacted = redactByAll(histories, redactionKey, all);
  const recording = buildRecording(redacted, {
    redacted: schemas !== undefined,
    maker: makers.at(-1) ?? null,
  });
  const { workflowId, mission, version } = recording;
  const run = { workflowId, runId: lastRunIdOf(recording), mission, version };
  const way = wayOf(recording, schemas?.output);
  const policy = mission === undefined ? undefined : await policyOf?.(mission);
  if (
    policy !== undefined &&
    !(await isSampled(recording, policy, () => registry.collection.countWay(mission ?? '', way)))
  ) {
    await registry.collection.sampleOut(run, way);
    return { status: 'sampled-out', id: recording.id };
  }
  const stored = toStoredRecording(recording);
  const { added } = await registry.collection.store(run, stored, way);
  if (!added) return { status: 'known', id: stored.summary.id };
  return { status: 'stored', recording: stored.summary, related: relatedRuns(histories) };
}

function lastRunIdOf({ histories, runId }: Recording): string {
  const last = histories.at(-1);
  return last === undefined ? runId : runIdOf(last);
}

function relatedRuns(histories: readonly History[]): RelatedRun[] {
  const [first] = histories;
  const last = histories.at(-1);
  const base = first === undefined ? undefined : resetBaseOf(first);
  const next = last === undefined ? undefined : successorOf(last);
  return [
    ...(base === undefined ? [] : [{ runId: base, kind: 'reset-from' as const }]),
    ...(next === undefined ? [] : [{ runId: next.runId, kind: next.kind }]),
  ];
}

/** It is not the run's fault, and the next run would fare no better. */
function isOutage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (code.startsWith('REGISTRY_') || code === 'TEMPORAL_UNAVAILABLE');
}

function asMissionError(error: unknown, workflowId: string): MissionError {
  if (error instanceof MissionError) return error;
  return new MissionError(
    'INTERNAL',
    `The run of workflow "${workflowId}" could not be recorded: ${messageOf(error)}.`,
    {
      remedy: 'Please report this with the run: it is a fault of mission-runtime.',
      details: { workflowId },
      cause: error,
    },
  );
}
