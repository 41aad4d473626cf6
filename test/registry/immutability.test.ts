import { expect, it } from 'vitest';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, publish, sampleIntervention, sampleRecording, sampleReport } from './samples.ts';

const TABLES = ['missions', 'blobs', 'artifacts', 'versions', 'routes', 'reports', 'interventions', 'audit'] as const;
const COLUMN = {
  missions: 'name',
  blobs: 'digest',
  artifacts: 'mission',
  versions: 'message',
  routes: 'reason',
} as const;

describeOnBothEngines('immutability', (bench) => {
  it('raw SQL cannot change, delete or truncate what is stored, not even with ordinary triggers switched off', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    await publish(registry, 'one');
    await registry.routes.set(0, {
      mission: MISSION,
      weights: [{ version: 1, weight: 10_000 }],
      by: 'ada',
      reason: 'go live',
      activation: { report: null, forced: true },
    });
    await registry.reports.put(sampleReport());
    await registry.recordings.put(sampleRecording(1));
    await registry.interventions.put(sampleIntervention());
    await registry.close();

    const engine = await bench.engine(place);
    const refuses = async (sql: string) =>
      expect(
        engine.transaction((session) => session.script(`SET LOCAL session_replication_role = replica; ${sql}`)),
        sql,
      ).rejects.toMatchObject({ code: 'IMMUTABLE' });
    const counts = async () =>
      Promise.all(TABLES.map((table) => engine.query(`SELECT count(*)::int4 AS count FROM mission.${table}`)));
    const before = await counts();
    for (const table of TABLES) {
      const column = table in COLUMN ? COLUMN[table as keyof typeof COLUMN] : table === 'audit' ? 'actor' : 'mission';
      await refuses(`UPDATE mission.${table} SET ${column} = 'changed'`);
      await refuses(`UPDATE mission.${table} SET ${column} = 'changed' WHERE false`);
      await refuses(`DELETE FROM mission.${table}`);
      await refuses(`TRUNCATE mission.${table} CASCADE`);
    }
    await refuses(`UPDATE mission.recordings SET digest = 'changed'`);
    await refuses('TRUNCATE mission.recordings');
    expect(await counts()).toEqual(before);
    expect(before.map(([row]) => Number(row?.['count']) > 0)).toEqual(TABLES.map(() => true));
  });

  it('retention may delete a recording', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    await registry.recordings.put(sampleRecording(1));
    await registry.close();
    const engine = await bench.engine(place);
    await engine.query('DELETE FROM mission.recordings');
    expect(await engine.query('SELECT id FROM mission.recordings')).toEqual([]);
  });
});
