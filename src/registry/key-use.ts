/** How much of what is stored each key has sealed. */
import * as z from 'zod';
import type { SqlSession } from './sql.ts';

export interface KeyUse {
  /** `null`: in clear. */
  readonly key: string | null;
  readonly count: number;
}

const rows = z.array(z.object({ key: z.string().nullable(), count: z.int() }));

export async function readKeyUse(
  session: SqlSession,
  table: 'recordings' | 'reports' | 'answers',
): Promise<readonly KeyUse[]> {
  return rows.parse(
    await session.query(
      `SELECT key_id AS key, count(*)::int4 AS count FROM mission.${table} GROUP BY key_id ORDER BY key_id`,
    ),
  );
}
