/**
 * Collecting: ended runs of a Temporal server → redacted recordings in the registry.
 *
 * 1. Every ended run that the filter names comes out once: stored, already known, still open, or failed with its reason.
 * 2. A recording is stored whole or not at all, and once: its id never changes.
 * 3. A run whose declarations cannot be read is not stored: better no recording than one with secrets.
 */
import type { Client } from '@temporalio/client';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { bounded } from './bounded.ts';
import { buildRecording, stampOf, toStoredRecording } from './build-recording.ts';
import { recordingIdOf, type Successor, successorOf } from './chain.ts';
import type { RedactionSchemas } from './declared-values.ts';
import { type EndedRunsFilter, fetchChain, listEndedRuns, type RunRef } from './ended-runs.ts';
import { resetBaseOf } from './history-events.ts';
import type { History } from './recording.ts';
import { redactHistories } from './redact-history.ts';
import { runEndOf } from './run-end.ts';

export interface CollectOptions extends EndedRunsFilter {
  readonly client: Client;
  readonly registry: Pick<Registry, 'recordings' | 'artifacts'>;
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
  readonly onProgress?: ((progress: CollectProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CollectProgress {
  readonly stored: number;
  readonly known: number;
  readonly open: number;
  readonly failed: number;
}

/** What became of one run. */
export type CollectedRun =
  | { readonly status: 'stored'; readonly recording: RecordingSummary; readonly related: readonly RelatedRun[] }
  | { readonly status: 'known'; readonly id: string }
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
  const counts = { stored: 0, known: 0, open: 0, failed: 0 };
  const results = bounded(runsToDo(options), options.concurrency ?? 8, (item) => collectRun(options, item, schemasOf));
  for await (const result of results) {
    options.signal?.throwIfAborted();
    counts[result.status] += 1;
    options.onProgress?.({ ...counts });
    yield result;
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
  ...filter
}: CollectOptions): AsyncGenerator<RunToDo> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  const pages = runs === undefined ? listEndedRuns(client, filter) : [runs];
  for await (const page of pages) {
    signal?.throwIfAborted();
    const taken = page.slice(0, Math.min(left, page.length));
    const known = await registry.recordings.has(taken.flatMap((run) => idOf(run) ?? []));
    for (const run of taken) {
      const id = idOf(run);
      yield { run, knownId: id !== undefined && known.has(id) ? id : undefined };
    }
    left -= taken.length;
    if (left <= 0) return;
  }
}

/** Its id as the first link. The last link of a longer chain is known only after its chain was fetched. */
function idOf({ workflowId, runId }: RunRef): string | undefined {
  return runId === undefined ? undefined : recordingIdOf(workflowId, runId);
}

type SchemaSource = (histories: readonly History[]) => Promise<RedactionSchemas | undefined>;

async function collectRun(
  options: CollectOptions,
  { run, knownId }: RunToDo,
  schemasOf: SchemaSource,
): Promise<CollectedRun> {
  if (knownId !== undefined) return { status: 'known', id: knownId };
  const { workflowId, runId } = run;
  const named = { workflowId, ...(runId !== undefined && { runId }) };
  try {
    options.signal?.throwIfAborted();
    const histories = await fetchChain(options.client, run);
    const last = histories.at(-1);
    if (last === undefined || runEndOf(last).status === 'open') return { status: 'open', ...named };
    return await storeRun(options, histories, await schemasOf(histories));
  } catch (error) {
    if (options.signal?.aborted === true || isRegistryFailure(error)) throw error;
    return { status: 'failed', ...named, error: asMissionError(error, workflowId) };
  }
}

async function storeRun(
  { registry, redactionKey }: CollectOptions,
  histories: readonly History[],
  schemas: RedactionSchemas | undefined,
): Promise<CollectedRun> {
  const redacted = redactHistories(histories, { key: redactionKey, ...(schemas !== undefined && { schemas }) });
  const stored = toStoredRecording(buildRecording(redacted, { redacted: schemas !== undefined }));
  const { added } = await registry.recordings.put(stored);
  if (!added) return { status: 'known', id: stored.summary.id };
  return { status: 'stored', recording: stored.summary, related: relatedRuns(histories) };
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

/** The declarations of the artifact that a run was stamped with, each artifact read once. */
function schemaSource({ registry, schemas }: CollectOptions): SchemaSource {
  const byArtifact = new Map<string, Promise<RedactionSchemas>>();
  return async (histories) => {
    const [first] = histories;
    const stamp = first === undefined ? undefined : stampOf(first);
    if (schemas !== undefined || stamp === undefined) return schemas;
    let definition = byArtifact.get(stamp.artifact);
    if (definition === undefined) {
      definition = registry.artifacts.get(stamp.artifact).then((artifact) => artifact.definition);
      byArtifact.set(stamp.artifact, definition);
    }
    return definition;
  };
}

function isRegistryFailure(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('REGISTRY_');
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
