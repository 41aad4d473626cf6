import { expect, it } from 'vitest';
import { MIGRATIONS, migrate } from '../../src/registry/migrate.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, publish, sampleArtifact, sampleVersion } from './samples.ts';

const route = (version: number) => ({
  mission: MISSION,
  weights: [{ version, weight: 10_000 }],
  by: 'ada',
  reason: 'go live',
  activation: { report: null, forced: true },
});

describeOnBothEngines('the registry', (bench) => {
  it('keeps everything when it is opened again, and opens once migrated without a change', async () => {
    const place = await bench.newPlace();
    const first = await bench.open(place);
    await publish(first, 'one', 'two');
    const head = await first.audit.head();
    await first.close();
    const again = await bench.open(place);
    expect((await again.versions.list(MISSION)).map(({ number }) => number)).toEqual([1, 2]);
    expect(await again.audit.verify({ head })).toMatchObject({ intact: true, head });
  });

  it('opened for reading refuses every write and shows what is there', async () => {
    const place = await bench.newPlace();
    const written = await bench.open(place);
    await publish(written, 'one');
    await written.close();
    const registry = await bench.open({ ...place, readOnly: true });
    expect(await registry.versions.latest(MISSION)).toMatchObject({ number: 1 });
    await expect(registry.artifacts.put(sampleArtifact('two'))).rejects.toMatchObject({
      code: 'IMMUTABLE',
      message: expect.stringContaining('reading only'),
    });
  });

  it('writes several changes as one: a failure in the middle leaves none', async () => {
    const registry = await bench.open();
    const [one] = await publish(registry, 'one', 'two');
    if (one === undefined) throw new Error('nothing was published');
    const rollback = sampleVersion(one, { kind: 'rollback', restores: 1 });
    const before = await registry.audit.head();
    const failing = registry.atomically(MISSION, async ({ versions, routes }) => {
      const { version } = await versions.append(rollback);
      await routes.set(5, route(version.number));
    });
    await expect(failing).rejects.toMatchObject({ code: 'ROUTE_CONFLICT' });
    expect(await registry.versions.latest(MISSION)).toMatchObject({ number: 2 });
    expect(await registry.audit.head()).toEqual(before);
    const done = await registry.atomically(MISSION, async ({ versions, routes }) => {
      const { version } = await versions.append(rollback);
      return routes.set(0, route(version.number));
    });
    expect(done).toMatchObject({ revision: 1, weights: [{ version: 3, weight: 10_000 }] });
  });

  it('20 rollbacks at once: one wins, the others are told, nothing of theirs stays', async () => {
    const registry = await bench.open();
    const [one] = await publish(registry, 'one', 'two');
    if (one === undefined) throw new Error('nothing was published');
    const rollback = sampleVersion(one, { kind: 'rollback', restores: 1 });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        registry.atomically(MISSION, async ({ versions, routes }) => {
          const { version } = await versions.append(rollback);
          return routes.set(0, route(version.number));
        }),
      ),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(19);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'ROUTE_CONFLICT' });
    expect(await registry.versions.latest(MISSION)).toMatchObject({ number: 3 });
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
  });

  it('names actor, time, subject and details of each change in the audit trail', async () => {
    const registry = await bench.open({ actor: 'ci', clock: () => NOW });
    const [one] = await publish(registry, 'one');
    const entries = await registry.audit.list();
    expect(entries).toMatchObject([
      { seq: 1, at: NOW.toISOString(), actor: 'ci', action: 'artifact.put', subject: one?.digest },
      { seq: 2, actor: 'ci', action: 'version.append', subject: `${MISSION}@1`, details: { message: 'first' } },
    ]);
    expect(await registry.audit.list({ subject: `${MISSION}@1` })).toEqual(entries.slice(1));
    expect(await registry.audit.list({ after: 1, limit: 5 })).toEqual(entries.slice(1));
    expect(await registry.audit.list({ action: 'artifact.put' })).toEqual(entries.slice(0, 1));
  });

  it('shows an audit entry that was edited in the database behind its back', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    await publish(registry, 'one', 'two');
    const head = await registry.audit.head();
    await registry.close();
    const engine = await bench.engine(place);
    await engine.query('ALTER TABLE mission.audit DISABLE TRIGGER ALL');
    await engine.query(`UPDATE mission.audit SET actor = 'mallory' WHERE seq = 2`);
    await engine.close();
    const edited = await bench.open(place);
    expect(await edited.audit.verify()).toMatchObject({ intact: false, problem: 'edited', seq: 2 });
    await edited.close();
    const again = await bench.engine(place);
    await again.query(`UPDATE mission.audit SET actor = 'ada' WHERE seq = 2`);
    await again.query('DELETE FROM mission.audit WHERE seq = 4');
    await again.close();
    const cut = await bench.open(place);
    expect(await cut.audit.verify()).toMatchObject({ intact: true });
    expect(await cut.audit.verify({ head })).toMatchObject({ intact: false, problem: 'truncated', seq: 4 });
  });

  it('is migrated once, however many open it at once', async () => {
    const place = await bench.newPlace();
    if (bench.kind === 'postgres') await Promise.all(Array.from({ length: 5 }, () => bench.open(place)));
    else await (await bench.open(place)).close();
    const engine = await bench.engine(place);
    const rows = await engine.query('SELECT number FROM mission.migrations ORDER BY number');
    expect(rows.map((row) => row['number'])).toEqual(MIGRATIONS.map(({ number }) => number));
  });

  it('is refused when another release made its schema, and a failing migration leaves nothing', async () => {
    const place = await bench.newPlace();
    const engine = await bench.engine(place);
    const options = { readOnly: false, now: NOW };
    const broken = { number: 2, name: 'broken', sql: 'CREATE TABLE mission.half (id int4); SELECT 1/0' };
    const [first, ...rest] = MIGRATIONS;
    if (first === undefined) throw new Error('no migration');
    await expect(migrate(engine, { ...options, readOnly: true })).rejects.toMatchObject({
      code: 'REGISTRY_SCHEMA_MISMATCH',
      details: { pending: MIGRATIONS.map(({ number }) => number) },
    });
    await expect(migrate(engine, { ...options, migrations: [first, broken] })).rejects.toThrow(/division by zero/);
    expect(await engine.query(`SELECT to_regclass('mission.audit') AS found`)).toEqual([{ found: null }]);
    await migrate(engine, options);
    await migrate(engine, options);
    const edited = [{ ...first, sql: `${first.sql} ` }, ...rest];
    await expect(migrate(engine, { ...options, migrations: edited })).rejects.toMatchObject({
      code: 'REGISTRY_SCHEMA_MISMATCH',
      message: expect.stringContaining('1 (audit)'),
    });
    await expect(migrate(engine, { ...options, migrations: [first] })).rejects.toMatchObject({
      code: 'REGISTRY_SCHEMA_MISMATCH',
      remedy: expect.stringContaining('newer'),
    });
  });
});
