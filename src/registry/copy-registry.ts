/**
 * Copying a whole registry into an empty one, for a move from embedded to PostgreSQL or back. Rows are copied as they are, so
 * numbers, times, digests and the audit chain with its hashes stay what they were.
 */
import { MissionError } from '../shared/errors.ts';
import { streamEntries } from './audit.ts';
import { verifyAuditChain } from './audit-chain.ts';
import { migrate } from './migrate.ts';
import { openEngine, type RegistryOptions } from './open-engine.ts';
import type { SqlEngine, SqlRow, SqlSession, SqlValue } from './sql.ts';

/** In an order in which references always find what they name. */
const TABLES = [
  { name: 'missions', key: ['name'] },
  { name: 'blobs', key: ['digest'] },
  { name: 'artifacts', key: ['digest'] },
  { name: 'versions', key: ['mission', 'number'] },
  { name: 'routes', key: ['mission', 'revision'] },
  { name: 'hosting_orders', key: ['mission', 'number'] },
  { name: 'recordings', key: ['id'] },
  { name: 'reports', key: ['digest'] },
  { name: 'interventions', key: ['mission', 'number'] },
  { name: 'drifts', key: ['mission', 'number'] },
  { name: 'recording_policies', key: ['mission', 'revision'] },
  { name: 'recording_holds', key: ['recording_id', 'number'] },
  { name: 'tombstones', key: ['id'] },
  { name: 'collected_runs', key: ['run_id'] },
  { name: 'shadow_runs', key: ['workflow_id'] },
  { name: 'epochs', key: ['number'] },
  { name: 'audit', key: ['seq'] },
] as const;

type Table = (typeof TABLES)[number];

/** Rows in memory at once: the largest, recordings, are some 100 kB each. */
const BATCH = 64;

/** Rows copied, per table. */
export type CopiedRows = Readonly<Record<Table['name'], number>>;

/**
 * Copies everything, in one transaction of the target; then the target's audit chain is verified.
 *
 * @param progress called after each batch with the table and the rows copied of it so far.
 * @throws MissionError `USAGE` when the target is not empty, `AUDIT_BROKEN` when the chain does not verify (nothing is
 * copied then), and what {@link openEngine} throws.
 */
export async function copyRegistry(
  from: RegistryOptions,
  to: RegistryOptions,
  options: { readonly now: Date; readonly progress?: (table: string, rows: number) => void },
): Promise<CopiedRows> {
  return withEngine({ ...from, readOnly: true }, options.now, async (source) =>
    withEngine(to, options.now, async (target) => {
      await migrate(source, { readOnly: true, now: options.now });
      await migrate(target, { readOnly: false, now: options.now });
      return target.transaction(async (session) => {
        await refuseFull(session, target.place);
        const copied: Partial<Record<Table['name'], number>> = {};
        for (const table of TABLES) {
          copied[table.name] = await copyTable(source, session, table, (rows) => options.progress?.(table.name, rows));
        }
        await verifyCopy(session, target.place);
        return copied as CopiedRows;
      });
    }),
  );
}

async function withEngine<T>(options: RegistryOptions, now: Date, work: (engine: SqlEngine) => Promise<T>): Promise<T> {
  const engine = await openEngine(options, now);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

async function copyTable(
  source: SqlSession,
  target: SqlSession,
  table: Table,
  progress: (rows: number) => void,
): Promise<number> {
  let copied = 0;
  let after: readonly SqlValue[] | undefined;
  for (;;) {
    const rows = await readBatch(source, table, after);
    for (const row of rows) await insertRow(target, table.name, row);
    copied += rows.length;
    progress(copied);
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return copied;
    after = table.key.map((column) => last[column] as SqlValue);
  }
}

function readBatch(
  source: SqlSession,
  table: Table,
  after: readonly SqlValue[] | undefined,
): Promise<readonly SqlRow[]> {
  const key = table.key.join(', ');
  const places = table.key.map((_, index) => `$${index + 1}`).join(', ');
  const where = after === undefined ? '' : `WHERE (${key}) > (${places})`;
  return source.query(`SELECT * FROM mission.${table.name} ${where} ORDER BY ${key} LIMIT ${BATCH}`, after);
}

async function insertRow(target: SqlSession, table: string, row: SqlRow): Promise<void> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`).join(', ');
  const values = columns.map((column) => row[column] as SqlValue);
  await target.query(`INSERT INTO mission.${table} (${columns.join(', ')}) VALUES (${places})`, values);
}

async function refuseFull(session: SqlSession, place: string): Promise<void> {
  const [row] = await session.query('SELECT seq FROM mission.audit LIMIT 1');
  if (row === undefined) return;
  throw new MissionError('USAGE', `The registry at ${place} is not empty.`, {
    remedy: 'Copy into a new database or folder: two histories cannot be merged.',
    details: { place },
  });
}

async function verifyCopy(session: SqlSession, place: string): Promise<void> {
  const verdict = await verifyAuditChain(streamEntries(session));
  if (verdict.intact) return;
  throw new MissionError(
    'AUDIT_BROKEN',
    `The audit chain does not verify after the copy to ${place}: ${verdict.message}`,
    {
      remedy: 'Nothing was copied. Verify the chain of the source against a head that you kept.',
      details: { place, seq: verdict.seq, problem: verdict.problem },
    },
  );
}
