/**
 * Brings a database to the schema of this release.
 *
 * Invariants:
 * 1. Migrations run in the order of their numbers, each once, all pending ones in one transaction.
 * 2. One process at a time migrates: the others wait on an advisory lock, then find the work done.
 * 3. A migration that was applied is never edited: its hash is stored, and another hash is an error.
 * 4. A database that is already at the schema needs no right to create anything.
 */
import * as z from 'zod';
import { digestOf } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { audit } from './migrations/0001-audit.ts';
import { ledger } from './migrations/0002-ledger.ts';
import { evidence } from './migrations/0003-evidence.ts';
import { fleet } from './migrations/0004-fleet.ts';
import { interventions } from './migrations/0005-interventions.ts';
import { recorder } from './migrations/0006-recorder.ts';
import { answers } from './migrations/0007-answers.ts';
import { shadows } from './migrations/0008-shadows.ts';
import { intended } from './migrations/0009-intended.ts';
import { drifts } from './migrations/0010-drifts.ts';
import { deployments } from './migrations/0040-deployments.ts';
import { epochs } from './migrations/0041-epochs.ts';
import { sealing } from './migrations/0050-sealing.ts';
import { replays } from './migrations/0051-replays.ts';
import type { SqlEngine, SqlSession, SqlTransaction } from './sql.ts';

export interface Migration {
  /** From 1; gaps are fine. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  audit,
  ledger,
  evidence,
  fleet,
  interventions,
  recorder,
  answers,
  shadows,
  intended,
  drifts,
  deployments,
  epochs,
  sealing,
  replays,
];

/** Any number that no one else is likely to lock: `MISSION` in ASCII, cut to what a JavaScript number holds. */
const MIGRATION_LOCK = 0x4d495353494f;

const TABLE = `CREATE SCHEMA IF NOT EXISTS mission;
CREATE TABLE IF NOT EXISTS mission.migrations (
  number int4 PRIMARY KEY,
  name text NOT NULL,
  hash text NOT NULL,
  applied_at timestamptz NOT NULL
)`;

const appliedRow = z.object({ number: z.int(), name: z.string(), hash: z.string() });
type Applied = z.infer<typeof appliedRow>;

/**
 * The migrations that are still to run, given those that did. Pure.
 *
 * @throws MissionError `REGISTRY_SCHEMA_MISMATCH` when the database was migrated by another history than this release's.
 */
function pendingMigrations(
  known: readonly Migration[],
  applied: readonly Applied[],
  place: string,
): readonly Migration[] {
  for (const done of applied) {
    const migration = known.find((candidate) => candidate.number === done.number);
    if (migration === undefined) throw newerSchema(done, place);
    if (digestOf(migration.sql) !== done.hash) throw editedMigration(migration, place);
  }
  const doneNumbers = new Set(applied.map((done) => done.number));
  return known.filter((migration) => !doneNumbers.has(migration.number));
}

/**
 * Runs what is pending, unless `readOnly`.
 *
 * @throws MissionError `REGISTRY_SCHEMA_MISMATCH` when the schema is newer or other than this release's, or when
 * something is pending and `readOnly` is set.
 */
export async function migrate(
  engine: SqlEngine,
  options: { readonly readOnly: boolean; readonly now: Date; readonly migrations?: readonly Migration[] },
): Promise<void> {
  const known = options.migrations ?? MIGRATIONS;
  const pending = pendingMigrations(known, await readApplied(engine), engine.place);
  if (pending.length === 0) return;
  if (options.readOnly) throw olderSchema(pending, engine.place);
  await engine.transaction(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock($1::int8)', [MIGRATION_LOCK]);
    await session.script(TABLE);
    for (const migration of pendingMigrations(known, await readApplied(session), engine.place)) {
      await apply(session, migration, options.now);
    }
  });
}

async function apply(session: SqlTransaction, migration: Migration, now: Date): Promise<void> {
  await session.script(migration.sql);
  await session.query('INSERT INTO mission.migrations (number, name, hash, applied_at) VALUES ($1, $2, $3, $4)', [
    migration.number,
    migration.name,
    digestOf(migration.sql),
    now,
  ]);
}

async function readApplied(session: SqlSession): Promise<readonly Applied[]> {
  const [found] = await session.query(`SELECT to_regclass('mission.migrations') IS NOT NULL AS found`);
  if (found?.['found'] !== true) return [];
  return z
    .array(appliedRow)
    .parse(await session.query('SELECT number, name, hash FROM mission.migrations ORDER BY number'));
}

function newerSchema(done: Applied, place: string): MissionError {
  return new MissionError(
    'REGISTRY_SCHEMA_MISMATCH',
    `The registry at ${place} has migration ${done.number} (${done.name}), which this release does not know.`,
    { remedy: 'A newer mission-runtime wrote it: upgrade this one.', details: { place, migration: done.number } },
  );
}

function editedMigration(migration: Migration, place: string): MissionError {
  return new MissionError(
    'REGISTRY_SCHEMA_MISMATCH',
    `The registry at ${place} was made by another migration ${migration.number} (${migration.name}) than this release's.`,
    {
      remedy: 'Use the release that made it, or restore the registry from a backup.',
      details: { place, migration: migration.number },
    },
  );
}

function olderSchema(pending: readonly Migration[], place: string): MissionError {
  const names = pending.map((migration) => `${migration.number} (${migration.name})`).join(', ');
  return new MissionError('REGISTRY_SCHEMA_MISMATCH', `The registry at ${place} lacks migration ${names}.`, {
    remedy: 'Open it once for writing: pending migrations run by themselves.',
    details: { place, pending: pending.map((migration) => migration.number) },
  });
}
