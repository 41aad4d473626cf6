/**
 * Shadow runs: which were planned, and what became of each. Any number of processes follow them at once.
 *
 * Invariants:
 * 1. A shadow run has one row, named by its workflow id, which follows from the real run and the version.
 * 2. A row is ended once: whoever comes second changes nothing, and is told so.
 * 3. What differed is sealed like recordings. Counts need no key.
 */
import * as z from 'zod';
import type { Json } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { gunzippedText, gzipped } from './gzip.ts';
import { opaqueText } from './opaque.ts';
import { bytesColumn, timestampColumn } from './rows.ts';

/**
 * What a shadow run was found to be: as a replayed recording is, or `excluded`, which says nothing of the candidate.
 */
export const SHADOW_OUTCOMES = ['matched', 'changed', 'diverged', 'unanswered', 'failed', 'excluded'] as const;
export type ShadowOutcome = (typeof SHADOW_OUTCOMES)[number];

const planRow = z.object({
  /** Of the shadow. */
  workflowId: z.string(),
  mission: z.string(),
  /** The candidate. */
  version: z.int(),
  artifact: z.string(),
  primaryWorkflowId: z.string(),
  /** Of its first link. */
  primaryRunId: z.string(),
  primaryVersion: z.int(),
  primaryArtifact: z.string(),
  revision: z.int(),
  /** Why it was chosen: `bucket 17 of the first 1000`. */
  reason: z.string(),
});

/** A shadow run as it is planned. */
export type ShadowPlan = Readonly<z.infer<typeof planRow>>;

const shadowRow = planRow.extend({
  status: z.enum(['planned', 'open', 'ended', 'not-started']),
  plannedAt: timestampColumn,
  outcome: z.enum(SHADOW_OUTCOMES).nullable(),
  step: z.string().nullable(),
  endedAt: z.union([timestampColumn, z.null()]),
});

export type ShadowRun = Readonly<z.infer<typeof shadowRow>>;

/** What was found. */
export interface ShadowEnding {
  readonly outcome: ShadowOutcome;
  /** The step that a person should look at first. */
  readonly step: string | null;
  /** JSON that the registry keeps and does not read. */
  readonly detail: unknown;
}

const countRow = z.object({
  mission: z.string(),
  version: z.int(),
  status: shadowRow.shape.status,
  outcome: shadowRow.shape.outcome,
  count: z.int(),
});

/** How many shadow runs of a version stand so. */
export type ShadowCount = Readonly<z.infer<typeof countRow>>;

export interface ShadowFilter {
  readonly mission: string;
  readonly version?: number | undefined;
  /** Planned at or after this instant, ISO 8601. */
  readonly since?: string | undefined;
}

export interface Shadows {
  /** Notes shadow runs that are to be started, if they are new. @returns the new ones */
  plan(scope: string, plans: readonly ShadowPlan[]): Promise<readonly ShadowPlan[]>;
  find(workflowId: string): Promise<ShadowRun | undefined>;
  /** Open ones of a server whose time has come, the most urgent first. */
  due(scope: string, limit: number): Promise<readonly ShadowRun[]>;
  /** It is looked at again then; `open` once it has been started. */
  lookAgain(workflowId: string, at: Date, status: 'planned' | 'open'): Promise<void>;
  /** It could not be started, and never will be. False when its row is at an end already. */
  abandon(workflowId: string, why: string): Promise<boolean>;
  /** It is counted as this. False when its row is at an end already. */
  end(workflowId: string, ending: ShadowEnding): Promise<boolean>;
  counts(filter: ShadowFilter): Promise<readonly ShadowCount[]>;
  /** Those that were found to be so, the newest first, with their details. */
  examples(
    filter: ShadowFilter & { readonly outcomes: readonly ShadowOutcome[]; readonly limit: number },
  ): Promise<readonly (ShadowRun & { readonly detail: Json })[]>;
  /** Deletes those of a mission that ended before an instant. @returns how many */
  expire(mission: string, before: Date): Promise<number>;
  /** Seals what older keys sealed anew with the active one. @returns how many */
  reseal(): Promise<number>;
  /** How many rows each key has sealed; `null` is: in clear. */
  keyUse(): Promise<readonly { readonly key: string | null; readonly count: number }[]>;
}

const COLUMNS = `workflow_id AS "workflowId", mission, version, artifact, primary_workflow_id AS "primaryWorkflowId",
  primary_run_id AS "primaryRunId", primary_version AS "primaryVersion", primary_artifact AS "primaryArtifact", revision,
  reason, status, planned_at AS "plannedAt", outcome, step, ended_at AS "endedAt"`;

const MATCHING = `mission = $1 AND ($2::int4 IS NULL OR version = $2) AND ($3::timestamptz IS NULL OR planned_at >= $3)`;

export function createShadows(context: RegistryContext): Shadows {
  const { sql, clock } = context;
  return {
    plan: (scope, plans) => planAll(context, scope, plans),
    find: async (workflowId) => {
      const [row] = await sql.query(`SELECT ${COLUMNS} FROM mission.shadow_runs WHERE workflow_id = $1`, [workflowId]);
      return row === undefined ? undefined : shadowRow.parse(row);
    },
    due: async (scope, limit) => {
      const rows = await sql.query(
        `SELECT ${COLUMNS} FROM mission.shadow_runs
         WHERE scope = $1 AND status IN ('planned', 'open') AND look_at <= $2 ORDER BY look_at, workflow_id LIMIT $3`,
        [scope, clock(), limit],
      );
      return z.array(shadowRow).parse(rows);
    },
    lookAgain: async (workflowId, at, status) => {
      await sql.query(
        `UPDATE mission.shadow_runs SET status = $3, look_at = $2
         WHERE workflow_id = $1 AND status IN ('planned', 'open')`,
        [workflowId, at, status],
      );
    },
    abandon: async (workflowId, why) => {
      const rows = await sql.query(
        `UPDATE mission.shadow_runs SET status = 'not-started', step = $2, ended_at = $3
         WHERE workflow_id = $1 AND status = 'planned' RETURNING workflow_id`,
        [workflowId, why, clock()],
      );
      return rows.length > 0;
    },
    end: (workflowId, ending) => endOne(context, workflowId, ending),
    counts: async (filter) => {
      const rows = await sql.query(
        `SELECT mission, version, status, outcome, count(*)::int4 AS count FROM mission.shadow_runs WHERE ${MATCHING}
         GROUP BY mission, version, status, outcome ORDER BY version DESC, status, outcome`,
        paramsOf(filter),
      );
      return z.array(countRow).parse(rows);
    },
    examples: (filter) => readExamples(context, filter),
    expire: (mission, before) => expire(context, mission, before),
    reseal: () => reseal(context),
    keyUse: async () => {
      const rows = await sql.query(
        `SELECT key_id AS key, count(*)::int4 AS count FROM mission.shadow_runs WHERE detail IS NOT NULL
         GROUP BY key_id ORDER BY key_id`,
      );
      return z.array(z.object({ key: z.string().nullable(), count: z.int() })).parse(rows);
    },
  };
}

function paramsOf({ mission, version, since }: ShadowFilter) {
  return [mission, version ?? null, since === undefined ? null : new Date(since)] as const;
}

async function planAll(
  { sql, clock }: RegistryContext,
  scope: string,
  plans: readonly ShadowPlan[],
): Promise<readonly ShadowPlan[]> {
  const added: ShadowPlan[] = [];
  for (const plan of plans) {
    const rows = await sql.query(
      `INSERT INTO mission.shadow_runs (workflow_id, scope, mission, version, artifact, primary_workflow_id, primary_run_id,
         primary_version, primary_artifact, revision, reason, status, planned_at, look_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'planned', $12, $12)
       ON CONFLICT (workflow_id) DO NOTHING RETURNING workflow_id`,
      [
        plan.workflowId,
        scope,
        plan.mission,
        plan.version,
        plan.artifact,
        plan.primaryWorkflowId,
        plan.primaryRunId,
        plan.primaryVersion,
        plan.primaryArtifact,
        plan.revision,
        plan.reason,
        clock(),
      ],
    );
    if (rows.length > 0) added.push(plan);
  }
  return added;
}

async function endOne(
  { sql, clock, vault }: RegistryContext,
  workflowId: string,
  { outcome, step, detail }: ShadowEnding,
): Promise<boolean> {
  const text = opaqueText(detail, `What was found of ${workflowId}`);
  const sealed = vault.seal(await gzipped(text), placeOf(workflowId));
  const rows = await sql.query(
    `UPDATE mission.shadow_runs SET status = 'ended', outcome = $2, step = $3, detail = $4, key_id = $5, ended_at = $6
     WHERE workflow_id = $1 AND status IN ('planned', 'open') RETURNING workflow_id`,
    [workflowId, outcome, step, sealed, vault.keyId, clock()],
  );
  return rows.length > 0;
}

function placeOf(workflowId: string): string {
  return `shadow/${workflowId}`;
}

async function readExamples(
  { sql, vault }: RegistryContext,
  { outcomes, limit, ...filter }: Parameters<Shadows['examples']>[0],
): Promise<readonly (ShadowRun & { readonly detail: Json })[]> {
  const rows = await sql.query(
    `SELECT ${COLUMNS}, detail FROM mission.shadow_runs WHERE ${MATCHING} AND outcome = ANY($4::text[])
     ORDER BY ended_at DESC, workflow_id LIMIT $5`,
    [...paramsOf(filter), outcomes, limit],
  );
  return Promise.all(
    rows.map(async (row) => {
      const run = shadowRow.parse(row);
      const bytes = vault.open(bytesColumn.parse(row['detail']), placeOf(run.workflowId));
      return { ...run, detail: JSON.parse(await gunzippedText(bytes)) as Json };
    }),
  );
}

async function reseal({ sql, vault }: RegistryContext): Promise<number> {
  const rows = await sql.query(
    `SELECT workflow_id AS id, detail FROM mission.shadow_runs WHERE detail IS NOT NULL AND key_id IS DISTINCT FROM $1`,
    [vault.keyId],
  );
  for (const row of rows) {
    const place = placeOf(String(row['id']));
    const sealed = vault.seal(vault.open(bytesColumn.parse(row['detail']), place), place);
    await sql.query('UPDATE mission.shadow_runs SET detail = $2, key_id = $3 WHERE workflow_id = $1', [
      String(row['id']),
      sealed,
      vault.keyId,
    ]);
  }
  return rows.length;
}

function expire(context: RegistryContext, mission: string, before: Date): Promise<number> {
  return context.sql.transaction(async (session) => {
    const rows = await session.query(
      'DELETE FROM mission.shadow_runs WHERE mission = $1 AND ended_at < $2 RETURNING workflow_id',
      [mission, before],
    );
    const details = { shadows: rows.length, before: before.toISOString() };
    if (rows.length > 0) await appendAudit(session, context, [{ action: 'shadows.remove', subject: mission, details }]);
    return rows.length;
  });
}
