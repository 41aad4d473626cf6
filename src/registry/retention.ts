/**
 * How long recordings are kept, which are held, and what is left of those that were deleted.
 *
 * Invariants:
 * 1. A recording is deleted only with a tombstone of its id and digest, so that the cohort of every report can still be checked.
 * 2. A recording on hold is not deleted.
 * 3. Policies, holds, releases and deletions are in the audit trail.
 */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import { canonicalJson } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { lockMission } from './mission-lock.ts';
import { RECORD_ALL, type RecordingPolicy, recordingPolicy } from './recording-policy.ts';
import { jsonColumn, timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

/** Recordings deleted in one transaction. */
const BATCH = 200;

export interface RetentionPolicy {
  readonly mission: string;
  /** 0 where nobody set one. */
  readonly revision: number;
  readonly policy: RecordingPolicy;
}

const tombstone = z.object({
  id: z.string(),
  digest: z.string(),
  mission: z.string().nullable(),
  version: z.int().nullable(),
  artifact: z.string().nullable(),
  reason: z.string(),
  deletedAt: timestampColumn,
});

/** What is left of a deleted recording. */
export type Tombstone = Readonly<z.infer<typeof tombstone>>;

export interface Retention {
  policy(mission: string): Promise<RetentionPolicy>;
  /** Sets the policy of a mission, as a new revision. @throws MissionError `MISSION_UNKNOWN` */
  setPolicy(
    mission: string,
    policy: RecordingPolicy,
    why: { readonly by: string; readonly reason: string },
  ): Promise<RetentionPolicy>;
  /** Deletes what the policy of a mission does not keep; returns how many. */
  apply(mission: string): Promise<number>;
  /** Keeps a recording whatever the policy. False when it is held already. @throws MissionError `RECORDING_UNKNOWN` */
  hold(id: string, why: { readonly by: string; readonly reason: string }): Promise<boolean>;
  /** Ends a hold. False when there was none. */
  release(id: string, why: { readonly by: string; readonly reason: string }): Promise<boolean>;
  /** Ids of the recordings on hold. */
  held(): Promise<readonly string[]>;
  /** Of deleted recordings, the latest first. */
  tombstones(filter?: { readonly mission?: string; readonly ids?: readonly string[] }): Promise<readonly Tombstone[]>;
}

/** Whether the last word on a recording is to hold it. */
const HELD = `(SELECT kind FROM mission.recording_holds AS hold WHERE hold.recording_id = recording.id
  ORDER BY number DESC LIMIT 1) IS NOT DISTINCT FROM 'hold'`;

export function createRetention(context: RegistryContext): Retention {
  const { sql } = context;
  return {
    policy: (mission) => readPolicy(sql, mission),
    setPolicy: (mission, policy, why) => setPolicy(context, mission, policy, why),
    apply: (mission) => applyPolicy(context, mission),
    hold: (id, why) => noteHold(context, id, 'hold', why),
    release: (id, why) => noteHold(context, id, 'release', why),
    held: async () => {
      const rows = await sql.query(
        `SELECT DISTINCT recording_id AS id FROM mission.recording_holds AS recording_hold
         WHERE (SELECT kind FROM mission.recording_holds AS hold WHERE hold.recording_id = recording_hold.recording_id
           ORDER BY number DESC LIMIT 1) = 'hold' ORDER BY id`,
      );
      return rows.map((row) => String(row['id']));
    },
    tombstones: async ({ mission, ids } = {}) => {
      const rows = await sql.query(
        `SELECT id, digest, mission, version, artifact, reason, deleted_at AS "deletedAt" FROM mission.tombstones
         WHERE ($1::text IS NULL OR mission = $1) AND ($2::text[] IS NULL OR id = ANY($2::text[]))
         ORDER BY deleted_at DESC, id`,
        [mission ?? null, ids ?? null],
      );
      return z.array(tombstone).parse(rows);
    },
  };
}

async function readPolicy(session: SqlSession, mission: string): Promise<RetentionPolicy> {
  const [row] = await session.query(
    'SELECT revision, policy FROM mission.recording_policies WHERE mission = $1 ORDER BY revision DESC LIMIT 1',
    [mission],
  );
  if (row === undefined) return { mission, revision: 0, policy: RECORD_ALL };
  const { revision, policy } = z.object({ revision: z.int(), policy: jsonColumn.pipe(recordingPolicy) }).parse(row);
  return { mission, revision, policy };
}

function setPolicy(
  context: RegistryContext,
  mission: string,
  policy: RecordingPolicy,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<RetentionPolicy> {
  return context.sql.transaction(async (session) => {
    const [known] = await session.query('SELECT name FROM mission.missions WHERE name = $1', [mission]);
    if (known === undefined) {
      throw new MissionError('MISSION_UNKNOWN', `The registry has no mission "${mission}".`, {
        remedy: 'Publish it first: mission publish.',
        details: { mission },
      });
    }
    await lockMission(session, mission, context.clock());
    const { revision } = await readPolicy(session, mission);
    await session.query(
      `INSERT INTO mission.recording_policies (mission, revision, policy, by_whom, reason, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [mission, revision + 1, canonicalJson(recordingPolicy.parse(policy)), by, reason, context.clock()],
    );
    const details = { policy, reason };
    await appendAudit(session, context, [{ action: 'retention.set', subject: mission, details }]);
    return { mission, revision: revision + 1, policy };
  });
}

async function applyPolicy(context: RegistryContext, mission: string): Promise<number> {
  let count = 0;
  for (;;) {
    const deleted = await deleteBatch(context, mission);
    count += deleted;
    if (deleted < BATCH) return count;
  }
}

/** The policy is read anew for every batch: one that was just loosened keeps the rest. */
function deleteBatch(context: RegistryContext, mission: string): Promise<number> {
  return context.sql.transaction(async (session) => {
    const { revision, policy } = await readPolicy(session, mission);
    const ids = await expiredIds(session, mission, policy, context.clock());
    if (ids.length === 0) return 0;
    const rows = await session.query(
      `WITH deleted AS (DELETE FROM mission.recordings WHERE id = ANY($1::text[]) RETURNING *), stones AS (
         INSERT INTO mission.tombstones (id, digest, mission, version, artifact, started_at, ended_at, reason, deleted_at)
         SELECT id, digest, mission, version, artifact, started_at, ended_at, $2, $3 FROM deleted ON CONFLICT DO NOTHING)
       SELECT id, digest FROM deleted ORDER BY id`,
      [ids, `retention policy ${revision} of ${mission}`, context.clock()],
    );
    const notes = rows.map((row) => ({
      action: 'recording.delete',
      subject: String(row['id']),
      details: { digest: String(row['digest']), policy: revision },
    }));
    await appendAudit(session, context, notes);
    return rows.length;
  });
}

/** Locked, so that of two processes one deletes. The newest `maxCount` are counted with those on hold. */
async function expiredIds(
  session: SqlSession,
  mission: string,
  { keepMs, maxCount }: RecordingPolicy,
  now: Date,
): Promise<readonly string[]> {
  if (keepMs === null && maxCount === null) return [];
  const rows = await session.query(
    `SELECT recording.id FROM mission.recordings AS recording
     WHERE recording.mission = $1 AND NOT ${HELD} AND (
       ($2::timestamptz IS NOT NULL AND recording.ended_at < $2) OR
       ($3::int4 IS NOT NULL AND recording.id NOT IN (
         SELECT id FROM mission.recordings WHERE mission = $1 ORDER BY ended_at DESC, id LIMIT $3)))
     ORDER BY recording.id LIMIT ${BATCH} FOR UPDATE OF recording SKIP LOCKED`,
    [mission, keepMs === null ? null : new Date(now.getTime() - keepMs), maxCount],
  );
  return rows.map((row) => String(row['id']));
}

function noteHold(
  context: RegistryContext,
  id: string,
  kind: 'hold' | 'release',
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<boolean> {
  return context.sql.transaction(async (session) => {
    // The row is locked against a deletion that is under way.
    const [found] = await session.query('SELECT id FROM mission.recordings WHERE id = $1 FOR UPDATE', [id]);
    if (found === undefined && kind === 'hold') {
      throw new MissionError('RECORDING_UNKNOWN', `The registry has no recording "${id}" to hold.`, {
        remedy: 'mission recordings lists what is there.',
        details: { id },
      });
    }
    const [last] = await session.query(
      'SELECT number, kind FROM mission.recording_holds WHERE recording_id = $1 ORDER BY number DESC LIMIT 1',
      [id],
    );
    if ((last?.['kind'] ?? 'release') === kind) return false;
    await session.query(
      `INSERT INTO mission.recording_holds (recording_id, number, kind, by_whom, reason, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, Number(last?.['number'] ?? 0) + 1, kind, by, reason, context.clock()],
    );
    await appendAudit(session, context, [{ action: `recording.${kind}`, subject: id, details: { reason } }]);
    return true;
  });
}
