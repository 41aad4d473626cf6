/**
 * Processes that host versions, and how far each is with which. What a process says counts until its lease is over: one that
 * was killed is gone by itself. Time is the database's, so that the clocks of machines need not agree.
 */
import * as z from 'zod';
import type { RegistryContext } from './context.ts';
import { timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

export interface WorkerProcess {
  /** Unique for each start of a process. */
  readonly id: string;
  /** What the Temporal server shows as the worker's name. */
  readonly identity: string;
  readonly host: string;
  readonly pid: number;
  /** For how long what it says counts, in milliseconds from its last heartbeat. */
  readonly leaseMs: number;
}

const STATES = ['starting', 'ready', 'failed', 'stopping'] as const;
export type HostedState = (typeof STATES)[number];

/** How far one process is with one artifact. */
export interface HostedArtifactState {
  readonly mission: string;
  readonly artifact: string;
  readonly state: HostedState;
  /** ISO 8601: since when it is so, by the clock of that process. */
  readonly since: string;
  /** Of a failure: what it said. */
  readonly error: string | null;
}

const hostedRow = z.object({
  worker: z.string(),
  mission: z.string(),
  artifact: z.string(),
  state: z.enum(STATES),
  since: timestampColumn,
  error: z.string().nullable(),
});

const workerRow = z.object({
  id: z.string(),
  identity: z.string(),
  host: z.string(),
  pid: z.int(),
  startedAt: timestampColumn,
  heartbeatAt: timestampColumn,
});

/** A process whose lease is not over, with what it hosts. */
export type LiveWorker = Readonly<z.infer<typeof workerRow>> & { readonly hosted: readonly HostedArtifactState[] };

const deploymentRow = z.object({ mission: z.string(), versions: z.int(), seenAt: timestampColumn });

/** How many versions of a mission the Temporal server knows. */
export type DeploymentSize = Readonly<z.infer<typeof deploymentRow>>;

export interface Workers {
  /** Says that a process lives, and all that it hosts. Whoever's lease has long been over is forgotten meanwhile. */
  report(worker: WorkerProcess, hosted: readonly HostedArtifactState[]): Promise<void>;
  /** A process that ends takes its word back. */
  leave(id: string): Promise<void>;
  /** All that live, the longest-lived first; with a mission, only what they host of it. */
  live(mission?: string): Promise<readonly LiveWorker[]>;
  sizes(): Promise<readonly DeploymentSize[]>;
  reportSize(mission: string, versions: number): Promise<void>;
}

/** Kept for so long after the lease is over. */
const FORGET_AFTER = "interval '1 hour'";
const LIVES = `heartbeat_at + lease_ms * interval '1 millisecond' > clock_timestamp()`;

export function createWorkers({ sql }: RegistryContext): Workers {
  return {
    report: (worker, hosted) =>
      sql.transaction(async (session) => {
        await upsertWorker(session, worker);
        await replaceHosted(session, worker.id, hosted);
      }),
    leave: async (id) => void (await sql.query('DELETE FROM mission.workers WHERE id = $1', [id])),
    live: (mission) => readLive(sql, mission),
    sizes: async () =>
      (await sql.query('SELECT mission, versions, seen_at AS "seenAt" FROM mission.deployments ORDER BY mission')).map(
        (row) => deploymentRow.parse(row),
      ),
    reportSize: async (mission, versions) =>
      void (await sql.query(
        `INSERT INTO mission.deployments (mission, versions, seen_at) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT (mission) DO UPDATE SET versions = excluded.versions, seen_at = excluded.seen_at`,
        [mission, versions],
      )),
  };
}

async function upsertWorker(session: SqlSession, { id, identity, host, pid, leaseMs }: WorkerProcess): Promise<void> {
  await session.query(
    `INSERT INTO mission.workers (id, identity, host, pid, started_at, heartbeat_at, lease_ms)
     VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), $5)
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, lease_ms = excluded.lease_ms`,
    [id, identity, host, pid, leaseMs],
  );
  await session.query(
    `DELETE FROM mission.workers WHERE id IN (SELECT id FROM mission.workers
     WHERE heartbeat_at + lease_ms * interval '1 millisecond' < clock_timestamp() - ${FORGET_AFTER} FOR UPDATE SKIP LOCKED)`,
  );
}

async function replaceHosted(
  session: SqlSession,
  worker: string,
  hosted: readonly HostedArtifactState[],
): Promise<void> {
  await session.query('DELETE FROM mission.hosted WHERE worker = $1', [worker]);
  await session.query(
    `INSERT INTO mission.hosted (worker, mission, artifact, state, since, error)
     SELECT $1, entry.* FROM json_to_recordset($2::json)
       AS entry(mission text, artifact text, state text, since timestamptz, error text)`,
    [worker, JSON.stringify(hosted)],
  );
}

async function readLive(session: SqlSession, mission: string | undefined): Promise<readonly LiveWorker[]> {
  const workers = await session.query(
    `SELECT id, identity, host, pid, started_at AS "startedAt", heartbeat_at AS "heartbeatAt"
     FROM mission.workers WHERE ${LIVES} ORDER BY started_at, id`,
  );
  const rows = await session.query(
    `SELECT worker, mission, artifact, state, since, error FROM mission.hosted
     WHERE ($1::text IS NULL OR mission = $1) ORDER BY mission, since, artifact`,
    [mission ?? null],
  );
  const hosted = rows.map((row) => hostedRow.parse(row));
  return workers
    .map((row) => workerRow.parse(row))
    .map((worker) => ({
      ...worker,
      hosted: hosted.filter((one) => one.worker === worker.id).map(stateOf),
    }));
}

function stateOf({ mission, artifact, state, since, error }: z.infer<typeof hostedRow>): HostedArtifactState {
  return { mission, artifact, state, since, error };
}
