/** The audit trail in the database: entries are appended in the transaction of the change that they tell of. */
import * as z from 'zod';
import { canonicalJson, type Json } from '../shared/json.ts';
import {
  AUDIT_START,
  type AuditEntry,
  type AuditHead,
  type AuditVerdict,
  auditEntry,
  chainEntry,
  verifyAuditChain,
} from './audit-chain.ts';
import type { RegistryContext } from './context.ts';
import { jsonColumn, timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

/** Held from an append to the end of its transaction, so that the chain has one head. */
const AUDIT_LOCK = 0x4155444954;
const BATCH = 500;

const auditRow = z.object({
  seq: z.int(),
  at: timestampColumn,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  details: jsonColumn,
  previousHash: z.string(),
  hash: z.string(),
});

const SELECT = `SELECT seq, at, actor, action, subject, details, previous_hash AS "previousHash", hash FROM mission.audit`;

export interface AuditFilter {
  /** Entries after this `seq`; 0 = from the start. */
  readonly after?: number;
  readonly action?: string;
  readonly subject?: string;
  /** At most so many. @default 1000 */
  readonly limit?: number;
}

export interface Audit {
  /** Entries in the order of `seq`. */
  list(filter?: AuditFilter): Promise<readonly AuditEntry[]>;
  /** The whole trail, in batches: what an export writes, one JSON line each. */
  stream(): AsyncIterable<AuditEntry>;
  /** The last entry's place and hash: worth keeping elsewhere. `seq` 0 when the trail is empty. */
  head(): Promise<AuditHead>;
  /** Checks the whole chain; with a head kept elsewhere, also that nothing up to it is gone. */
  verify(options?: { readonly head?: AuditHead }): Promise<AuditVerdict>;
}

/** What a change says about itself. Who and when come from the context. */
export interface AuditNote {
  readonly action: string;
  readonly subject: string;
  readonly details: Json;
}

/** Appends one entry per note. The last thing in a transaction: the lock it takes is held until the end. */
export async function appendAudit(
  session: SqlSession,
  context: RegistryContext,
  notes: readonly AuditNote[],
): Promise<void> {
  if (notes.length === 0) return;
  await session.query('SELECT pg_advisory_xact_lock($1::int8)', [AUDIT_LOCK]);
  let head = await readHead(session);
  const at = context.clock().toISOString();
  const entries: Json[] = [];
  for (const note of notes) {
    const entry = chainEntry(head, { ...note, at, actor: context.actor });
    entries.push({ ...entry, details: canonicalJson(note.details) });
    head = entry;
  }
  await session.query(
    `INSERT INTO mission.audit (seq, at, actor, action, subject, details, previous_hash, hash)
     SELECT * FROM json_to_recordset($1::json) AS entry(
       seq int8, at timestamptz, actor text, action text, subject text, details text, "previousHash" text, hash text)
     ORDER BY seq`,
    [JSON.stringify(entries)],
  );
}

export function createAudit(context: RegistryContext): Audit {
  const { sql } = context;
  return {
    list: (filter = {}) => listEntries(sql, filter),
    stream: () => streamEntries(sql),
    head: () => readHead(sql),
    verify: (options) => verifyAuditChain(streamEntries(sql), options),
  };
}

async function readHead(session: SqlSession): Promise<AuditHead> {
  const [row] = await session.query('SELECT seq, hash FROM mission.audit ORDER BY seq DESC LIMIT 1');
  return row === undefined ? AUDIT_START : auditEntry.pick({ seq: true, hash: true }).parse(row);
}

async function listEntries(session: SqlSession, filter: AuditFilter): Promise<readonly AuditEntry[]> {
  const rows = await session.query(
    `${SELECT} WHERE seq > $1 AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR subject = $3)
     ORDER BY seq LIMIT $4`,
    [filter.after ?? 0, filter.action ?? null, filter.subject ?? null, filter.limit ?? 1_000],
  );
  return rows.map((row) => auditRow.parse(row) as AuditEntry);
}

/** All entries in order, in batches. */
export async function* streamEntries(session: SqlSession): AsyncGenerator<AuditEntry> {
  let after = 0;
  for (;;) {
    const batch = await listEntries(session, { after, limit: BATCH });
    yield* batch;
    const last = batch.at(-1);
    if (last === undefined) return;
    after = last.seq;
  }
}
