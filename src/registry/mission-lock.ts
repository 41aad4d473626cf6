import type { SqlSession } from './sql.ts';

/**
 * Makes sure that the mission has a row and locks it until the transaction ends: whoever numbers a version or a route
 * revision holds it. Always taken before the audit lock, so the two cannot deadlock.
 *
 * @param deploymentPrefix - of a mission that is new (`deployments.ts`). @default that of the newest mission
 */
export async function lockMission(
  session: SqlSession,
  mission: string,
  now: Date,
  deploymentPrefix?: string,
): Promise<void> {
  await session.query(
    `INSERT INTO mission.missions (name, created_at, deployment_prefix)
     VALUES ($1, $2, COALESCE($3, (SELECT deployment_prefix FROM mission.missions ORDER BY created_at DESC, name DESC LIMIT 1), ''))
     ON CONFLICT (name) DO NOTHING`,
    [mission, now, deploymentPrefix ?? null],
  );
  await session.query('SELECT name FROM mission.missions WHERE name = $1 FOR UPDATE', [mission]);
}
