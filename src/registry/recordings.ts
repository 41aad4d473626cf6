/** Recordings of ended runs: a summary in columns to select by, and three opaque contents. */
import { MissionError } from '../shared/errors.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { gzipped } from './gzip.ts';
import { opaqueText } from './opaque.ts';
import {
  PAGE_START,
  pageAfter,
  type RecordingFilter,
  type RecordingPage,
  readRecordings,
  readSummaries,
  whereOf,
} from './recording-query.ts';
import type { RecordingSummary } from './recording-summary.ts';
import { storedInstant } from './rows.ts';
import type { SqlSession } from './sql.ts';

/** Recordings read at once by a stream: a batch in memory, not the cohort. */
const BATCH = 64;
const SUMMARY_BATCH = 1_000;

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
   * Stores a recording; `added` is false when the same one is already there.
   *
   * @throws MissionError `IMMUTABLE` when another content is stored under its id, `INPUT_INVALID` when the end or the
   * trace is not JSON.
   */
  put(recording: StoredRecording): Promise<{ readonly added: boolean }>;
  /** Stores several, all or none, in one transaction; returns the ids that were not there before. */
  putAll(recordings: readonly StoredRecording[]): Promise<readonly string[]>;
  /** @throws MissionError `RECORDING_UNKNOWN` when there is none. */
  get(id: string): Promise<StoredRecording>;
  /** Those of the ids that are stored. */
  has(ids: readonly string[]): Promise<ReadonlySet<string>>;
  count(filter?: RecordingFilter): Promise<number>;
  /** Summaries, in the order of start and id. */
  list(filter?: RecordingFilter): Promise<readonly RecordingSummary[]>;
  /** Summaries or whole recordings in the same order, read in batches, so that memory stays flat however many there are. */
  streamSummaries(filter?: RecordingFilter): AsyncIterable<RecordingSummary>;
  stream(filter?: RecordingFilter): AsyncIterable<StoredRecording>;
}

export function createRecordings(context: RegistryContext): Recordings {
  const { sql } = context;
  return {
    put: async (recording) => ({ added: (await putAll(context, [recording])).length > 0 }),
    putAll: (recordings) => putAll(context, recordings),
    get: (id) => getRecording(sql, id),
    has: async (ids) => {
      const rows = await sql.query('SELECT id FROM mission.recordings WHERE id = ANY($1::text[])', [ids]);
      return new Set(rows.map((row) => String(row['id'])));
    },
    count: (filter = {}) => countRecordings(sql, filter),
    list: (filter = {}) => collect(streamPages(readSummaries, SUMMARY_BATCH, sql, filter)),
    streamSummaries: (filter = {}) => streamPages(readSummaries, SUMMARY_BATCH, sql, filter),
    stream: (filter = {}) => streamPages(readRecordings, BATCH, sql, filter),
  };
}

async function putAll(context: RegistryContext, recordings: readonly StoredRecording[]): Promise<readonly string[]> {
  const packed = await Promise.all(recordings.map(pack));
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
  readonly end: Uint8Array;
  readonly trace: Uint8Array;
  readonly content: Uint8Array;
}

async function pack({ summary, end, trace, content }: StoredRecording): Promise<PackedRecording> {
  return {
    summary,
    end: await gzipped(opaqueText(end, `The end of recording ${summary.id}`)),
    trace: await gzipped(opaqueText(trace, `The trace of recording ${summary.id}`)),
    content,
  };
}

async function insertRecording(session: SqlSession, recording: PackedRecording, now: Date): Promise<boolean> {
  const { summary } = recording;
  const rows = await session.query(
    `INSERT INTO mission.recordings (id, workflow_id, run_id, workflow_type, mission, version, artifact, started_at,
       ended_at, links, events, digest, redacted, outcome, trace, content, stored_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
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
    ],
  );
  return rows.length > 0;
}

async function checkSame(session: SqlSession, summary: RecordingSummary): Promise<void> {
  const [row] = await session.query('SELECT digest FROM mission.recordings WHERE id = $1', [summary.id]);
  if (row?.['digest'] === summary.digest) return;
  throw new MissionError('IMMUTABLE', `Recording ${summary.id} is already stored with another content.`, {
    remedy: 'An ended run has one history. Check that both come from the same namespace and are redacted alike.',
    details: { id: summary.id, stored: String(row?.['digest']), given: summary.digest },
  });
}

async function getRecording(session: SqlSession, id: string): Promise<StoredRecording> {
  const [recording] = await readRecordings(session, { ids: [id] }, PAGE_START, 1);
  if (recording !== undefined) return recording;
  throw new MissionError('RECORDING_UNKNOWN', `The registry has no recording "${id}".`, {
    remedy: 'List the recordings: an id is <workflow id>/<run id>. A run is recorded after it ended.',
    details: { id },
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
