/**
 * What people did to schedules of missions. The schedules themselves are the Temporal server's; the audit trail holds who did
 * what to them, and there is no other copy of it.
 */
import * as z from 'zod';
import type { Json } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import type { AuditEntry } from './audit-chain.ts';
import type { RegistryContext } from './context.ts';
import { jsonColumn, timestampColumn } from './rows.ts';
import type { SqlRow } from './sql.ts';

const ACTS = ['create', 'pause', 'unpause', 'trigger', 'delete'] as const;

const actDetails = z.object({
  mission: z.string(),
  /** The same for an act and for the news that it failed. */
  actId: z.string(),
  by: z.string(),
  reason: z.string(),
  /** Of a schedule that is created: when it starts runs. */
  times: z.string().optional(),
  /** Why it was not done, as far as anybody knows. */
  failed: z.string().optional(),
});

export interface ScheduleAct extends Readonly<z.infer<typeof actDetails>> {
  readonly act: (typeof ACTS)[number];
  readonly schedule: string;
}

/** With its place in the audit trail. */
export interface RecordedScheduleAct extends ScheduleAct {
  readonly at: string;
  readonly audit: Pick<AuditEntry, 'seq' | 'hash'>;
}

export interface Schedules {
  /** Puts an act into the audit trail, or that one failed. */
  record(act: ScheduleAct): Promise<void>;
  /** What was done to the schedules of a mission, in order. */
  acts(mission: string): Promise<readonly RecordedScheduleAct[]>;
}

const actRow = z.object({
  seq: z.int(),
  at: timestampColumn,
  action: z.string(),
  subject: z.string(),
  details: jsonColumn,
  hash: z.string(),
});

export function createSchedules(context: RegistryContext): Schedules {
  return {
    record: ({ act, schedule, ...details }) =>
      context.sql.transaction((session) =>
        appendAudit(session, context, [
          { action: actionOf(act), subject: schedule, details: { ...details } as unknown as Json },
        ]),
      ),
    acts: async (mission) => {
      const rows = await context.sql.query(
        "SELECT seq, at, action, subject, details, hash FROM mission.audit WHERE action = ANY($1) AND details::json ->> 'mission' = $2 ORDER BY seq",
        [ACTS.map(actionOf), mission],
      );
      return rows.map(readAct);
    },
  };
}

function actionOf(act: ScheduleAct['act']): string {
  return `schedule.${act}`;
}

function readAct(row: SqlRow): RecordedScheduleAct {
  const { seq, hash, at, action, subject: schedule, details } = actRow.parse(row);
  const act = z.enum(ACTS).parse(action.slice('schedule.'.length));
  return { ...actDetails.parse(details), act, schedule, at, audit: { seq, hash } };
}
