/** Interventions: what people did to open runs, one row per run, with its entry in the audit trail. Never changed. */
import * as z from 'zod';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { lockMission } from './mission-lock.ts';
import { timestampColumn } from './rows.ts';
import { insideTransaction, type SqlSession } from './sql.ts';

/** Locks on a run share it as their first half; no other lock has two halves. */
const RUN_LOCK = 1;

const interventionRow = z.object({
  /** The command that did it: the same for all of its runs. */
  action: z.string(),
  kind: z.enum(['move', 'cancel', 'terminate']),
  mission: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  /** The version that the run was on; `null` when it is not known. */
  from: z.int().nullable(),
  /** Of a move: the version it goes on with. */
  to: z.int().nullable(),
  /**
   * Of a move, what it rests on: its history was replayed on the target (`replayed`), nothing changes for it as both
   * versions are one artifact (`same-artifact`), it was done without a check (`forced`), or it was found moved already and
   * its record was missing (`found`).
   */
  ground: z.enum(['replayed', 'same-artifact', 'forced', 'found']).nullable(),
  by: z.string(),
  reason: z.string(),
  createdAt: timestampColumn,
});

export type Intervention = Readonly<z.infer<typeof interventionRow>>;
export type MoveGround = NonNullable<Intervention['ground']>;
export type NewIntervention = Omit<Intervention, 'createdAt'>;

export interface InterventionFilter {
  readonly mission?: string;
  readonly workflowIds?: readonly string[];
}

export interface Interventions {
  /** Stores one; `added` is false when the same action already did it to this run. */
  put(intervention: NewIntervention): Promise<{ readonly added: boolean }>;
  /** Of each mission in the order in which they were stored. */
  list(filter?: InterventionFilter): Promise<readonly Intervention[]>;
  /**
   * Does `work` while nobody else holds this run, in no other process either, and keeps what it stores only if it succeeds.
   * Use nothing of the registry in it but the interventions given to it. At most a minute; it should be milliseconds.
   */
  holding<T>(run: { readonly runId: string }, work: (interventions: Interventions) => Promise<T>): Promise<T>;
}

const SELECT = `SELECT action, kind, mission, workflow_id AS "workflowId", run_id AS "runId", from_version AS "from",
  to_version AS "to", ground, by_whom AS "by", reason, created_at AS "createdAt" FROM mission.interventions`;

export function createInterventions(context: RegistryContext): Interventions {
  const { sql } = context;
  return {
    put: (intervention) => putIntervention(context, intervention),
    list: (filter = {}) => listInterventions(sql, filter),
    holding: ({ runId }, work) =>
      // Before the mission's lock, which storing takes: nobody takes them the other way round.
      sql.transaction(async (session) => {
        await session.query('SELECT pg_advisory_xact_lock($1::int4, hashtext($2))', [RUN_LOCK, runId]);
        return work(createInterventions({ ...context, sql: insideTransaction(session) }));
      }),
  };
}

async function putIntervention(context: RegistryContext, given: NewIntervention): Promise<{ readonly added: boolean }> {
  const { action, kind, mission, workflowId, runId, from, to, ground, by, reason } = given;
  return context.sql.transaction(async (session) => {
    const now = context.clock();
    await lockMission(session, mission, now);
    const added = await session.query(
      `INSERT INTO mission.interventions
         (number, action, kind, mission, workflow_id, run_id, from_version, to_version, ground, by_whom, reason, created_at)
       SELECT coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5, $6::int4, $7::int4, $8, $9, $10, $11::timestamptz
       FROM mission.interventions WHERE mission = $3
       ON CONFLICT (action, workflow_id, run_id) DO NOTHING RETURNING number`,
      [action, kind, mission, workflowId, runId, from, to, ground, by, reason, now],
    );
    if (added.length === 0) return { added: false };
    const details = { action, mission, from, to, ground, by, reason };
    await appendAudit(session, context, [{ action: `run.${kind}`, subject: `${workflowId}/${runId}`, details }]);
    return { added: true };
  });
}

async function listInterventions(session: SqlSession, filter: InterventionFilter): Promise<readonly Intervention[]> {
  const { mission, workflowIds } = filter;
  const rows = await session.query(
    `${SELECT} WHERE ($1::text IS NULL OR mission = $1) AND ($2::text[] IS NULL OR workflow_id = ANY($2)) ORDER BY mission, number`,
    [mission ?? null, workflowIds ?? null],
  );
  return rows.map((row) => interventionRow.parse(row));
}
