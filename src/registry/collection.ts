/**
 * What the recorder knows of ended runs. Any number of processes record at once.
 *
 * Invariants:
 * 1. A run has one row, named by the run id of its chain's last link. Once it is `stored` or `sampled-out`, that stays.
 * 2. The row and the recording appear in one transaction, so that a process that dies leaves both or neither.
 * 3. A run that could not be recorded is told with its reason until it is; `retry_at` null: it never will be.
 */
import * as z from 'zod';
import type { RegistryContext } from './context.ts';
import { createRecordings, type StoredRecording } from './recordings.ts';
import { timestampColumn } from './rows.ts';
import { insideTransaction, type SqlSession, type SqlValue } from './sql.ts';

/** An ended run, named by the last link of its chain. */
export interface EndedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly mission?: string | undefined;
  readonly version?: number | undefined;
}

export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string | undefined;
}

const failedRow = z.object({
  runId: z.string(),
  workflowId: z.string(),
  code: z.string(),
  message: z.string(),
  remedy: z.string().nullable(),
  attempts: z.int(),
  notedAt: timestampColumn,
  /** When it is tried again; `null`: never, its history is gone. */
  retryAt: z.union([timestampColumn, z.null()]),
});

/** A run that could not be recorded. */
export type FailedRun = Readonly<z.infer<typeof failedRow>>;

export type RunCounts = Readonly<Record<'stored' | 'sampled-out' | 'failed', number>>;

export interface SweepClaim {
  /** Everything that closed before has been seen; `null` before the first sweep. ISO 8601. */
  readonly sweptTo: string | null;
}

export interface Collection {
  /**
   * Those of the runs that need no look: with the id of their recording, or `null` when they were sampled out. Failed runs are
   * among them until they are due.
   */
  settled(runIds: readonly string[], failuresDueAt: Date | 'all'): Promise<ReadonlyMap<string, string | null>>;
  /** Stores a recording, and notes its run; `added` is false when the recording was there. */
  store(run: EndedRun, recording: StoredRecording, way: string): Promise<{ readonly added: boolean }>;
  /** Notes that a run was left out by sampling. */
  sampleOut(run: EndedRun, way: string): Promise<void>;
  /** Notes that a run could not be recorded. @param retryAt - `null`: never again */
  fail(run: EndedRun, failure: RunFailure, retryAt: Date | null): Promise<void>;
  /** How often it was tried to record a run, and failed. */
  attempts(runId: string): Promise<number>;
  /** Failed runs whose time has come. */
  due(now: Date, limit: number): Promise<readonly FailedRun[]>;
  /** Failed runs, the latest first. */
  failures(limit: number): Promise<readonly FailedRun[]>;
  counts(mission?: string): Promise<RunCounts>;
  /** Recordings of runs that went this way. */
  countWay(mission: string, way: string): Promise<number>;
  /** Claims the sweep of a server, anew after one of its own that failed; `undefined` while somebody else has it, or it was just done. */
  claimSweep(
    scope: string,
    claim: { readonly by: string; readonly now: Date; readonly until: Date },
  ): Promise<SweepClaim | undefined>;
  /** A sweep is through. The next one may begin at `next`. */
  finishSweep(scope: string, done: { readonly sweptTo: Date; readonly next: Date }): Promise<void>;
}

export function createCollection(context: RegistryContext): Collection {
  const { sql, clock } = context;
  return {
    settled: (runIds, failuresDueAt) => readSettled(sql, runIds, failuresDueAt),
    store: (run, recording, way) =>
      sql.transaction(async (session) => {
        await settle(session, run, { status: 'stored', recordingId: recording.summary.id, way, now: clock() });
        return createRecordings({ ...context, sql: insideTransaction(session) }).put(recording);
      }),
    sampleOut: (run, way) => settle(sql, run, { status: 'sampled-out', recordingId: null, way, now: clock() }),
    fail: (run, { code, message, remedy }, retryAt) =>
      noteFailure(sql, run, { code, message, remedy, retryAt, now: clock() }),
    attempts: async (runId) => {
      const [row] = await sql.query('SELECT attempts FROM mission.collected_runs WHERE run_id = $1', [runId]);
      return Number(row?.['attempts'] ?? 0);
    },
    due: (now, limit) => readFailed(sql, 'AND retry_at <= $1 ORDER BY retry_at, run_id LIMIT $2', [now, limit]),
    failures: (limit) => readFailed(sql, 'ORDER BY noted_at DESC, run_id LIMIT $1', [limit]),
    counts: (mission) => readCounts(sql, mission),
    countWay: async (mission, way) => {
      const [row] = await sql.query(
        `SELECT count(*)::int4 AS count FROM mission.collected_runs WHERE mission = $1 AND way = $2 AND status = 'stored'`,
        [mission, way],
      );
      return Number(row?.['count']);
    },
    claimSweep: (scope, claim) => claimSweep(sql, scope, claim),
    finishSweep: async (scope, { sweptTo, next }) => {
      await sql.query(
        `UPDATE mission.sweeps SET swept_to = GREATEST(swept_to, $2), claimed_until = $3, claimed_by = '' WHERE scope = $1`,
        [scope, sweptTo, next],
      );
    },
  };
}

async function readSettled(
  sql: SqlSession,
  runIds: readonly string[],
  failuresDueAt: Date | 'all',
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await sql.query(
    `SELECT run_id AS "runId", recording_id AS "recordingId" FROM mission.collected_runs
     WHERE run_id = ANY($1::text[])
       AND (status <> 'failed' OR ($2::timestamptz IS NOT NULL AND (retry_at IS NULL OR retry_at > $2)))`,
    [runIds, failuresDueAt === 'all' ? null : failuresDueAt],
  );
  const settledRows = z.array(z.object({ runId: z.string(), recordingId: z.string().nullable() })).parse(rows);
  return new Map(settledRows.map(({ runId, recordingId }) => [runId, recordingId]));
}

interface Settled {
  readonly status: 'stored' | 'sampled-out';
  readonly recordingId: string | null;
  readonly way: string;
  readonly now: Date;
}

/** A run that failed before is settled now; one that was settled before stays as it is. */
async function settle(session: SqlSession, run: EndedRun, { status, recordingId, way, now }: Settled): Promise<void> {
  await session.query(
    `INSERT INTO mission.collected_runs AS known
       (run_id, workflow_id, mission, version, status, recording_id, way, attempts, noted_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)
     ON CONFLICT (run_id) DO UPDATE SET workflow_id = $2, mission = $3, version = $4, status = $5, recording_id = $6, way = $7,
       attempts = known.attempts + 1, noted_at = $8, code = NULL, message = NULL, remedy = NULL, retry_at = NULL
     WHERE known.status = 'failed'`,
    [run.runId, run.workflowId, run.mission ?? null, run.version ?? null, status, recordingId, way, now],
  );
}

async function noteFailure(
  session: SqlSession,
  run: EndedRun,
  { code, message, remedy, retryAt, now }: RunFailure & { readonly retryAt: Date | null; readonly now: Date },
): Promise<void> {
  await session.query(
    `INSERT INTO mission.collected_runs AS known
       (run_id, workflow_id, mission, version, status, code, message, remedy, attempts, noted_at, retry_at)
     VALUES ($1, $2, $3, $4, 'failed', $5, $6, $7, 1, $8, $9)
     ON CONFLICT (run_id) DO UPDATE SET code = $5, message = $6, remedy = $7, attempts = known.attempts + 1, noted_at = $8,
       retry_at = $9
     WHERE known.status = 'failed'`,
    [run.runId, run.workflowId, run.mission ?? null, run.version ?? null, code, message, remedy ?? null, now, retryAt],
  );
}

async function readFailed(
  session: SqlSession,
  rest: string,
  params: readonly SqlValue[],
): Promise<readonly FailedRun[]> {
  const rows = await session.query(
    `SELECT run_id AS "runId", workflow_id AS "workflowId", code, message, remedy, attempts, noted_at AS "notedAt",
       retry_at AS "retryAt"
     FROM mission.collected_runs WHERE status = 'failed' ${rest}`,
    params,
  );
  return z.array(failedRow).parse(rows);
}

async function readCounts(session: SqlSession, mission: string | undefined): Promise<RunCounts> {
  const rows = await session.query(
    `SELECT status, count(*)::int4 AS count FROM mission.collected_runs
     WHERE $1::text IS NULL OR mission = $1 GROUP BY status`,
    [mission ?? null],
  );
  const count = (status: string) => Number(rows.find((row) => row['status'] === status)?.['count'] ?? 0);
  return { stored: count('stored'), 'sampled-out': count('sampled-out'), failed: count('failed') };
}

async function claimSweep(
  session: SqlSession,
  scope: string,
  { by, now, until }: { readonly by: string; readonly now: Date; readonly until: Date },
): Promise<SweepClaim | undefined> {
  const [row] = await session.query(
    `INSERT INTO mission.sweeps AS sweep (scope, claimed_until, claimed_by) VALUES ($1, $2, $3)
     ON CONFLICT (scope) DO UPDATE SET claimed_until = $2, claimed_by = $3
       WHERE sweep.claimed_until <= $4 OR sweep.claimed_by = $3
     RETURNING swept_to AS "sweptTo"`,
    [scope, until, by, now],
  );
  return row === undefined ? undefined : z.object({ sweptTo: z.union([timestampColumn, z.null()]) }).parse(row);
}
