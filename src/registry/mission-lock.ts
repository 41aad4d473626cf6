import type { SqlSession } from './sql.ts';

/**
 * Makes sure that the mission has a row and locks it until the transaction ends: whoever numbers a version or a route
 * revision holds it. Always taken before the audit lock, so the two cannot deadlock.
 */
export async function lockMission(session: SqlSession, mission: string, now: Date): Promise<void> {
  await session.query('INSERT INTO mission.missions (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    mission,
    now,
  ]);
  await session.query('SELECT name FROM mission.missions WHERE name = $1 FOR UPDATE', [mission]);
}
