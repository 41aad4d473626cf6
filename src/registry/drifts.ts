/** Findings about drift: one row per look at a mission, with its entry in the audit trail. Never changed. */
import * as z from 'zod';
import { digestOf } from '../shared/digest.ts';
import { canonicalJson, type Json, type JsonObject } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { lockMission } from './mission-lock.ts';
import { timestampColumn } from './rows.ts';

const verdict = z.enum(['none', 'version', 'world', 'both', 'unclear']);

const driftRow = z.object({
  mission: z.string(),
  /** From 1, per mission. */
  number: z.int(),
  verdict,
  /** What was found, to be read by whoever knows its form. */
  finding: z.string().transform((text) => z.record(z.string(), z.json()).parse(JSON.parse(text)) as JsonObject),
  createdAt: timestampColumn,
});

export type StoredDrift = Readonly<z.infer<typeof driftRow>>;

export interface NewDrift {
  readonly mission: string;
  readonly verdict: z.infer<typeof verdict>;
  readonly finding: JsonObject;
}

export interface Drifts {
  /** Stores a finding and returns its number. */
  put(drift: NewDrift): Promise<number>;
  /** The latest first. @param limit - @default 100 */
  list(mission: string, limit?: number): Promise<readonly StoredDrift[]>;
}

const LIMIT = 100;

export function createDrifts(context: RegistryContext): Drifts {
  return {
    put: (drift) => putDrift(context, drift),
    list: async (mission, limit = LIMIT) => {
      const rows = await context.sql.query(
        `SELECT mission, number, verdict, finding, created_at AS "createdAt" FROM mission.drifts
         WHERE mission = $1 ORDER BY number DESC LIMIT $2`,
        [mission, limit],
      );
      return rows.map((row) => driftRow.parse(row));
    },
  };
}

async function putDrift(context: RegistryContext, { mission, verdict: found, finding }: NewDrift): Promise<number> {
  const text = canonicalJson(finding as Json);
  return context.sql.transaction(async (session) => {
    const now = context.clock();
    await lockMission(session, mission, now);
    const [row] = await session.query(
      `INSERT INTO mission.drifts (mission, number, verdict, finding, created_at)
       SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4::timestamptz FROM mission.drifts WHERE mission = $1
       RETURNING number`,
      [mission, found, text, now],
    );
    const number = Number(row?.['number']);
    const details = { verdict: found, findingDigest: digestOf(text) };
    await appendAudit(session, context, [{ action: 'drift.put', subject: `${mission}~${number}`, details }]);
    return number;
  });
}
