/** Selecting recordings: a filter as SQL, and pages that start after the last row seen (no offset, no cursor to hold). */
import * as z from 'zod';
import type { Json } from '../shared/json.ts';
import { gunzippedText } from './gzip.ts';
import type { RecordingSummary } from './recording-summary.ts';
import { bytesColumn, storedInstant, timestampColumn } from './rows.ts';
import type { SqlSession, SqlValue } from './sql.ts';
import type { Vault } from './vault.ts';

export interface RecordingFilter {
  readonly mission?: string;
  readonly version?: number;
  readonly artifact?: string;
  readonly workflowType?: string;
  /** Started at or after / before this instant, ISO 8601. */
  readonly since?: string;
  readonly until?: string;
  readonly ids?: readonly string[];
  readonly workflowId?: string;
  /** At most so many, the earliest first. */
  readonly limit?: number;
}

/** The place in the order of start and id after which a page begins. */
export interface RecordingPage {
  readonly startedAt: string;
  readonly id: string;
}

export const PAGE_START: RecordingPage = { startedAt: '0001-01-01T00:00:00.000Z', id: '' };

/** The page after this recording. */
export function pageAfter(summary: RecordingSummary): RecordingPage {
  return { startedAt: summary.startedAt, id: summary.id };
}

/** The filter without its limit, as a WHERE clause; the parameters count from `$1`. Pure. */
export function whereOf(
  filter: RecordingFilter,
  after: RecordingPage = PAGE_START,
): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const conditions: readonly (readonly [string, SqlValue | undefined])[] = [
    ['mission = ?', filter.mission],
    ['version = ?', filter.version],
    ['artifact = ?', filter.artifact],
    ['workflow_type = ?', filter.workflowType],
    ['started_at >= ?', filter.since === undefined ? undefined : storedInstant(filter.since)],
    ['started_at < ?', filter.until === undefined ? undefined : storedInstant(filter.until)],
    ['id = ANY(?::text[])', filter.ids],
    ['workflow_id = ?', filter.workflowId],
  ];
  const used = conditions.filter((condition): condition is readonly [string, SqlValue] => condition[1] !== undefined);
  const clauses = used.map(([clause], index) => clause.replace('?', `$${index + 3}`));
  return {
    sql: `WHERE ${['(started_at, id) > ($1::timestamptz, $2)', ...clauses].join(' AND ')}`,
    params: [storedInstant(after.startedAt), after.id, ...used.map(([, value]) => value)],
  };
}

const absent = <T>(value: T | null): T | undefined => value ?? undefined;

const summaryRow = z.object({
  id: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  workflowType: z.string(),
  mission: z.string().nullable().transform(absent),
  version: z.int().nullable().transform(absent),
  artifact: z.string().nullable().transform(absent),
  startedAt: timestampColumn,
  endedAt: timestampColumn,
  links: z.int(),
  events: z.int(),
  digest: z.string(),
  redacted: z.boolean(),
});

const contentRow = z.object({ outcome: bytesColumn, trace: bytesColumn, content: bytesColumn });

const SUMMARY_COLUMNS = `id, workflow_id AS "workflowId", run_id AS "runId", workflow_type AS "workflowType", mission,
  version, artifact, started_at AS "startedAt", ended_at AS "endedAt", links, events, digest, redacted`;

/** One page of summaries. */
export async function readSummaries(
  session: SqlSession,
  filter: RecordingFilter,
  after: RecordingPage,
  size: number,
): Promise<readonly RecordingSummary[]> {
  const rows = await readPage(session, SUMMARY_COLUMNS, { filter, after, size });
  return rows.map((row) => toSummary(row));
}

/** Where a value of a recording is, for the vault. */
export function recordingPlace(id: string, column: 'outcome' | 'trace' | 'content'): string {
  return `recording/${id}/${column}`;
}

/** One page of whole recordings, opened. */
export async function readRecordings(
  session: SqlSession,
  vault: Vault,
  filter: RecordingFilter,
  after: RecordingPage,
  size: number,
): Promise<readonly { summary: RecordingSummary; end: Json; trace: Json; content: Uint8Array }[]> {
  const rows = await readPage(session, `${SUMMARY_COLUMNS}, outcome, trace, content`, { filter, after, size });
  return Promise.all(
    rows.map(async (row) => {
      const summary = toSummary(row);
      const { outcome, trace, content } = contentRow.parse(row);
      return {
        summary,
        end: await unpack(vault.open(outcome, recordingPlace(summary.id, 'outcome'))),
        trace: await unpack(vault.open(trace, recordingPlace(summary.id, 'trace'))),
        content: vault.open(content, recordingPlace(summary.id, 'content')),
      };
    }),
  );
}

async function unpack(bytes: Uint8Array): Promise<Json> {
  return JSON.parse(await gunzippedText(bytes)) as Json;
}

interface PageRequest {
  readonly filter: RecordingFilter;
  readonly after: RecordingPage;
  readonly size: number;
}

function readPage(session: SqlSession, columns: string, { filter, after, size }: PageRequest) {
  const where = whereOf(filter, after);
  return session.query(
    `SELECT ${columns} FROM mission.recordings ${where.sql} ORDER BY started_at, id LIMIT ${Math.trunc(size)}`,
    where.params,
  );
}

function toSummary(row: unknown): RecordingSummary {
  const { mission, version, artifact, ...rest } = summaryRow.parse(row);
  return {
    ...rest,
    ...(mission === undefined ? {} : { mission }),
    ...(version === undefined ? {} : { version }),
    ...(artifact === undefined ? {} : { artifact }),
  };
}
