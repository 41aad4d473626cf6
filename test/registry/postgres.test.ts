import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeOf } from '../../src/registry/postgres.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import type { RouteChange } from '../../src/registry/routes.ts';
import { startPostgres, type TestPostgres, withClient } from '../support/postgres.ts';
import { deferred } from './deferred.ts';
import { MISSION, publish, sampleArtifact, sampleRecording, sampleReport } from './samples.ts';

const PASSWORD = 'very-secret';

async function failureOf(databaseUrl: string): Promise<unknown> {
  return openRegistry({ databaseUrl }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('PostgreSQL that does not serve', () => {
  it('is REGISTRY_UNAVAILABLE with host and port, never the password', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    listener.close();
    await once(listener, 'close');
    const error = await failureOf(`postgres://ada:${PASSWORD}@127.0.0.1:${port}/registry`);
    expect(error).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining(`127.0.0.1:${port}/registry`),
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(PASSWORD);
  });

  it('but hangs up is REGISTRY_UNAVAILABLE too', async () => {
    const sockets: Socket[] = [];
    const listener = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    expect(await failureOf(`postgres://ada:${PASSWORD}@127.0.0.1:${port}/registry`)).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
    listener.close();
  });

  it.each(['localhost:5432', 'mysql://localhost/registry', 'not a url'])(
    'with %j as URL is CONFIG_INVALID',
    async (url) => {
      expect(await failureOf(url)).toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );

  it.each([
    ['postgres://ada:secret@db.example:6432/registry', 'db.example:6432/registry'],
    ['postgresql://ada@db.example', 'db.example:5432'],
    ['postgres:///registry?host=/var/run/postgresql', '/var/run/postgresql:5432/registry'],
  ])('%s is shown as %s', (url, place) => {
    expect(placeOf(url)).toBe(place);
  });
});

describe('a real PostgreSQL', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it('with a database or a user that is not there is REGISTRY_UNAVAILABLE', async () => {
    const url = new URL(server.url);
    url.pathname = '/absent';
    expect(await failureOf(url.href)).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    url.username = 'nobody-there';
    expect(await failureOf(url.href)).toMatchObject({ code: 'REGISTRY_UNAVAILABLE', details: { cause: '28000' } });
  });

  it('whose disk is full is REGISTRY_WRITE_FAILED, and nothing half-written', async () => {
    const databaseUrl = await server.createDatabase();
    const registry = await openRegistry({ databaseUrl });
    await publish(registry, 'one');
    const head = await registry.audit.head();
    // PostgreSQL's own code for a full disk, raised at the last statement of the transaction.
    await withClient(databaseUrl, (client) =>
      client.query(`CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON mission.audit FOR EACH ROW EXECUTE FUNCTION public.full_disk()`),
    );
    await expect(registry.artifacts.put(sampleArtifact('two'))).rejects.toMatchObject({
      code: 'REGISTRY_WRITE_FAILED',
    });
    expect(await registry.artifacts.list()).toHaveLength(1);
    expect(await registry.audit.head()).toEqual(head);
    await registry.close();
  });

  it('that crashes fails the call under way, serves again when it is back, and watchers are told to look again', async () => {
    const databaseUrl = await server.createDatabase();
    const registry = await openRegistry({ databaseUrl });
    await publish(registry, 'one');
    const changes: RouteChange[] = [];
    const { promise: resynced, resolve } = deferred();
    await registry.routes.watch((change) => {
      changes.push(change);
      if (change.kind === 'resync') resolve();
    });
    await server.crash();
    await expect(registry.versions.list(MISSION)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    await server.restart();
    await resynced;
    expect(changes).toEqual([{ kind: 'resync' }]);
    expect(await registry.versions.list(MISSION)).toHaveLength(1);
    await registry.close();
    await registry.close();
  });

  it('is watched by all of a process on one connection, which comes back after a crash for all of them', async () => {
    const databaseUrl = await server.createDatabase();
    const registry = await openRegistry({ databaseUrl });
    const told: string[] = [];
    const [routes, hosting] = [deferred(), deferred()];
    await registry.routes.watch(({ kind }) => {
      told.push(`routes ${kind}`);
      routes.resolve();
    });
    const stop = await registry.routes.watch(() => told.push('stopped'));
    await registry.hosting.watch(() => hosting.resolve());
    await stop();
    const database = new URL(databaseUrl).pathname.slice(1);
    const listening = await withClient(server.url, (client) =>
      client.query(`SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'LISTEN%'`, [database]),
    );
    expect(listening.rows).toHaveLength(1);
    await server.crash();
    await server.restart();
    await Promise.all([routes.promise, hosting.promise]);
    expect(told).toEqual(['routes resync']);
    await registry.close();
  });

  it('serves a role that may only read and insert, as the documentation advises', async () => {
    const databaseUrl = await server.createDatabase();
    await (await openRegistry({ databaseUrl })).close();
    const role = `serving_${process.pid}`;
    await withClient(databaseUrl, (client) =>
      client.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA mission TO ${role};
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA mission TO ${role}; GRANT UPDATE ON mission.missions TO ${role}`),
    );
    const url = new URL(databaseUrl);
    url.username = role;
    const registry = await openRegistry({ databaseUrl: url.href });
    await publish(registry, 'one');
    await registry.routes.set(0, {
      mission: MISSION,
      weights: [{ version: 1, weight: 10_000 }],
      by: 'ada',
      reason: 'go live',
      activation: { report: null, forced: true },
    });
    await registry.recordings.put(sampleRecording(1));
    await registry.reports.put(sampleReport());
    expect(await registry.audit.verify()).toMatchObject({ intact: true, entries: 5 });
    await registry.close();
    await expect(
      withClient(url.href, (client) => client.query('ALTER TABLE mission.audit DISABLE TRIGGER ALL')),
    ).rejects.toThrow('must be owner');
    await expect(withClient(url.href, (client) => client.query('DELETE FROM mission.audit'))).rejects.toThrow('denied');
  });

  it('leaves no connection behind when it is closed, watchers included', async () => {
    const databaseUrl = await server.createDatabase();
    const registry = await openRegistry({ databaseUrl });
    await registry.routes.watch(() => undefined);
    await Promise.all(Array.from({ length: 30 }, () => registry.versions.missions()));
    await registry.close();
    const open = await withClient(server.url, async (client) => {
      // A backend leaves the list a moment after its client: the server itself says when.
      await client.query(`DO $$ BEGIN FOR i IN 1..100 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'mission-runtime');
        PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$`);
      return client.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'mission-runtime'`);
    });
    expect(open.rows).toEqual([]);
  });
});
