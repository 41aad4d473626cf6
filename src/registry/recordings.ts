/** Recordings of ended runs: a summary in columns to select by, and three opaque contents. */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { gzipped } from './gzip.ts';
import { type KeyUse, readKeyUse } from './key-use.ts';
import { opaqueText } from './opaque.ts';
import {
  PAGE_START,
  pageAfter,
  type RecordingFilter,
  type RecordingPage,
  readRecordings,
  readSummaries,
  recordingPlace,
  whereOf,
} from './recording-query.ts';
import type { RecordingSummary } from './recording-summary.ts';
import { storedInstant, timestampColumn } from './rows.ts';
import { insideTransaction, type SqlSession } from './sql.ts';
import type { Vault } from './vault.ts';

/** Recordings read at once by a stream: a batch in memory, not the cohort. */
const BATCH = 64;
const SUMMARY_BATCH = 1_000;

const tombstoneRow = z.object({ id: z.string(), digest: z.string(), deleted_at: timestampColumn, reason: z.string() });

export interface StoredRecording {
  readonly summary: RecordingSummary;
  /** How the run ended, and its trace: JSON that the registry keeps and does not read. */
  readonly end: unknown;
  readonly trace: unknown;
  /** The histories, in whatever form the recorder writes them. Kept as they are: compress them before. */
  readonly content: Uint8Array;
}

export interface Recordings {
  /**
   * Stores a recording; `added` is false when the same one is already there, or was there and retention deleted it.
   *
   * @throws MissionError `IMMUTABLE` when another content is stored under its id, `INPUT_INVALID` when the end or the
   * trace is not JSON.
   */
  put(recording: StoredRecording): Promise<{ readonly added: boolean }>;
  /** Stores several, all or none, in one transaction; returns the ids that were not there before. */
  putAll(recordings: readonly StoredRecording[]): Promise<readonly string[]>;
  /** @throws MissionError `RECORDING_UNKNOWN` when there is none. */
  get(id: string): Promise<StoredRecording>;
  /** Of a run (a recording's id, or a workflow id) whose recording retention deleted: the error that says so. */
  whyGone(run: string): Promise<MissionError | undefined>;
  /** Those of the ids that are stored. */
  has(ids: readonly string[]): Promise<ReadonlySet<string>>;
  count(filter?: RecordingFilter): Promise<number>;
  /** Summaries, in the order of start and id. */
  list(filter?: RecordingFilter): Promise<readonly RecordingSummary[]>;
  /** Summaries or whole recordings in the same order, read in batches, so that memory stays flat however many there are. */
  streamSummaries(filter?: RecordingFilter): AsyncIterable<RecordingSummary>;
  stream(filter?: RecordingFilter): AsyncIterable<StoredRecording>;
  keyUse(): Promise<readonly KeyUse[]>;
  /**
   * Seals with the active key what another one sealed, or none; returns how many. It may be stopped and called again.
   *
   * @throws MissionError `ENCRYPTION_KEY_MISSING` when one cannot be opened.
   */
  reseal(): Promise<number>;
}

export function createRecordings(context: RegistryContext): Recordings {
  const { sql, vault } = context;
  return {
    put: async (recording) => ({ added: (await putAll(context, [recording])).length > 0 }),
    putAll: (recordings) => putAll(context, recordings),
    get: (id) => getRecording(context, id),
    whyGone: (run) => whyGone(sql, run),
    has: async (ids) => {
      const rows = await sql.query('SELECT id FROM mission.recordings WHERE id = ANY($1::text[])', [ids]);
      return new Set(rows.map((row) => String(row['id'])));
    },
    count: (filter = {}) => countRecordings(sql, filter),
    list: (filter = {}) => collect(streamPages(readSummaries, SUMMARY_BATCH, sql, filter)),
    streamSummaries: (filter = {}) => streamPages(readSummaries, SUMMARY_BATCH, sql, filter),
    stream: (filter = {}) =>
      streamPages((session, ...page) => readRecordings(session, vault, ...page), BATCH, sql, filter),
    keyUse: () => readKeyUse(sql, 'recordings'),
    reseal: () => reseal(context),
  };
}

async function putAll(context: RegistryContext, recordings: readonly StoredRecording[]): Promise<readonly string[]> {
  const packed = await Promise.all(recordings.map((recording) => pack(recording, context.vault)));
  return context.sql.transaction(async (session) => {
    const added: RecordingSummary[] = [];
    for (const recording of packed) {
      if (await insertRecording(session, recording, context.clock())) added.push(recording.summary);
      else await checkSame(session, recording.summary);
    }
    const notes = added.map(({ id, digest }) => ({ action: 'recording.put', subject: id, details: { digest } }));
    await appendAudit(session, context, notes);
    return added.map(({ id }) => id);
  });
}

interface PackedRecording {
  readonly summary: RecordingSummary;
  readonly keyId: string | null;
  readonly end: Uint8Array;
  readonly trace: Uint8Array;
  readonly content: Uint8Array;
}

async function pack({ summary, end, trace, content }: StoredRecording, vault: Vault): Promise<PackedRecording> {
  const { id } = summary;
  const packedEnd = await gzipped(opaqueText(end, `The end of recording ${id}`));
  const packedTrace = await gzipped(opaqueText(trace, `The trace of recording ${id}`));
  return {
    summary,
    keyId: vault.keyId,
    end: vault.seal(packedEnd, recordingPlace(id, 'outcome')),
    trace: vault.seal(packedTrace, recordingPlace(id, 'trace')),
    content: vault.seal(content, recordingPlace(id, 'content')),
  };
}

/**
 * Recordings are immutable, so a new seal is a new row in the place of the old one, in one transaction. Content and digest stay
 * what they were.
 */
async function reseal(context: RegistryContext): Promise<number> {
  const { sql, vault } = context;
  let count = 0;
  for (;;) {
    const ids = await sql.query(
      'SELECT id FROM mission.recordings WHERE key_id IS DISTINCT FROM $1 ORDER BY id LIMIT $2',
      [vault.keyId, BATCH],
    );
    if (ids.length === 0) return count;
    for (const row of ids) if (await resealOne(context, String(row['id']))) count += 1;
  }
}

function resealOne(context: RegistryContext, id: string): Promise<boolean> {
  return context.sql.transaction(async (session) => {
    const [row] = await session.query('SELECT key_id, stored_at FROM mission.recordings WHERE id = $1 FOR UPDATE', [
      id,
    ]);
    if (row === undefined || row['key_id'] === context.vault.keyId) return false;
    const packed = await pack(await getRecording({ ...context, sql: insideTransaction(session) }, id), context.vault);
    await session.query('DELETE FROM mission.recordings WHERE id = $1', [id]);
    await insertRecording(session, packed, z.date().parse(row['stored_at']));
    const details = { digest: packed.summary.digest, key: context.vault.keyId };
    await appendAudit(session, context, [{ action: 'recording.reseal', subject: id, details }]);
    return true;
  });
}

async function insertRecording(session: SqlSession, recording: PackedRecording, now: Date): Promise<boolean> {
  const { summary } = recording;
  const rows = await session.query(
    `INSERT INTO mission.recordings (id, workflow_id, run_id, workflow_type, mission, version, artifact, started_at,
       ended_at, links, events, digest, redacted, outcome, trace, content, stored_at, key_id)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18
     WHERE NOT EXISTS (SELECT FROM mission.tombstones WHERE id = $1)
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [
      summary.id,
      summary.workflowId,
      summary.runId,
      summary.workflowType,
      summary.mission ?? null,
      summary.version ?? null,
      summary.artifact ?? null,
      storedInstant(summary.startedAt),
      storedInstant(summary.endedAt),
      summary.links,
      summary.events,
      summary.digest,
      summary.redacted,
      recording.end,
      recording.trace,
      recording.content,
      now,
      recording.keyId,
    ],
  );
  return rows.length > 0;
}

async function checkSame(session: SqlSession, summary: RecordingSummary): Promise<void> {
  const [row] = await session.query('SELECT digest FROM mission.recordings WHERE id = $1', [summary.id]);
  if (row === undefined || row['digest'] === summary.digest) return;
  throw new MissionError('IMMUTABLE', `Recording ${summary.id} is already stored with another content.`, {
    remedy: 'An ended run has one history. Check that both come from the same namespace and are redacted alike.',
    details: { id: summary.id, stored: String(row['digest']), given: summary.digest },
  });
}

async function getRecording({ sql, vault }: RegistryContext, id: string): Promise<StoredRecording> {
  const [recording] = await readRecordings(sql, vault, { ids: [id] }, PAGE_START, 1);
  if (recording !== undefined) return recording;
  const gone = await whyGone(sql, id);
  if (gone !== undefined) throw gone;
  throw new MissionError('RECORDING_UNKNOWN', `The registry has no recording "${id}".`, {
    remedy: 'List the recordings: an id is <workflow id>/<run id>. A run is recorded after it ended.',
    details: { id },
  });
}

async function whyGone(session: SqlSession, run: string): Promise<MissionError | undefined> {
  const [gone] = await session.query(
    `SELECT id, digest, deleted_at, reason FROM mission.tombstones
     WHERE id = $1 OR starts_with(id, $1 || '/') ORDER BY started_at DESC LIMIT 1`,
    [run],
  );
  if (gone === undefined) return undefined;
  const { id, digest, deleted_at: at, reason } = tombstoneRow.parse(gone);
  return new MissionError('RECORDING_UNKNOWN', `Recording "${id}" was deleted at ${at}: ${reason}.`, {
    remedy:
      'Its digest is kept, so reports that it is in can still be checked. To keep recordings longer: mission retention set.',
    details: { id, digest },
  });
}

async function countRecordings(session: SqlSession, filter: RecordingFilter): Promise<number> {
  const where = whereOf(filter);
  const [row] = await session.query(
    `SELECT count(*)::int4 AS count FROM mission.recordings ${where.sql}`,
    where.params,
  );
  return Math.min(Number(row?.['count']), filter.limit ?? Number.POSITIVE_INFINITY);
}

type Reader<T> = (
  session: SqlSession,
  filter: RecordingFilter,
  after: RecordingPage,
  size: number,
) => Promise<readonly T[]>;

async function* streamPages<T extends RecordingSummary | StoredRecording>(
  read: Reader<T>,
  batch: number,
  session: SqlSession,
  filter: RecordingFilter,
): AsyncGenerator<T> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let after = PAGE_START;
  while (left > 0) {
    const size = Math.min(batch, left);
    const page = await read(session, filter, after, size);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    left -= page.length;
    after = pageAfter('summary' in last ? last.summary : last);
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
