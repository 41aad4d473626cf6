/** A registry that is restored from a backup below the routers: not taken for news, and followed back once a person says so. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { createRouter, type Router, type RouterOptions } from '../../src/routing/router.ts';
import { describeRouterEvent, type RouterEvent } from '../../src/routing/router-event.ts';
import { MISSION, publish } from '../registry/samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

const WAIT = { timeout: 60_000, interval: 50 };
let server: TestPostgres;
let databaseUrl: string;
let registry: Registry;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.stop());

beforeEach(async () => {
  databaseUrl = await server.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  await publish(registry, 'one', 'two', 'three');
  await route(1);
});

afterEach(async () => {
  for (const closable of open.splice(0).reverse()) await closable.close();
  await registry.close();
});

/** Gives one version all traffic, in the next revision. */
async function route(version: number): Promise<void> {
  const current = await registry.routes.current(MISSION);
  await registry.routes.set(current?.revision ?? 0, {
    mission: MISSION,
    weights: [{ version, weight: 10_000 }],
    by: 'ada',
    reason: 'test',
    activation: { report: null, forced: true },
  });
}

/** As the database's owner does it: with nobody connected. */
async function asOwner(work: (run: (sql: string) => Promise<unknown>, name: string) => Promise<void>): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await client.query('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1', [name]);
    await work((sql) => client.query(sql), name);
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  } finally {
    await client.end();
  }
}

const backUp = () =>
  asOwner((run, name) => run(`CREATE DATABASE ${name}_backup TEMPLATE ${name}`).then(() => undefined));

const restore = () =>
  asOwner(async (run, name) => {
    await run(`ALTER DATABASE ${name} RENAME TO ${name}_lost`);
    await run(`ALTER DATABASE ${name}_backup RENAME TO ${name}`);
  });

async function routerOn(options: Partial<RouterOptions> = {}) {
  const events: RouterEvent[] = [];
  const router = await createRouter({
    registry,
    missions: [MISSION],
    pollMs: 50,
    onEvent: (event) => events.push(event),
    ...options,
  });
  open.push(router);
  const told = (kind: RouterEvent['kind']) => events.filter((event) => event.kind === kind);
  return { router, events, told };
}

const place = async (router: Router) => {
  const { decision, stale } = await router.place(MISSION, { missionInput: {}, businessKey: 'order-17' });
  return { version: decision.version, stale: stale !== undefined };
};

describe('a registry that was restored to an earlier state', () => {
  it('is not followed back: routers say so, go on for the bound, and then refuse, until somebody says that it is meant', async () => {
    await backUp();
    await route(2);
    await route(3);
    let passedMs = 0;
    const { router, events, told } = await routerOn({ now: () => performance.now() + passedMs });
    expect(await place(router)).toEqual({ version: 3, stale: false });

    await restore();
    await expect.poll(() => told('went-back').length, WAIT).toBe(1);
    expect(told('went-back')).toMatchObject([
      { error: { code: 'REGISTRY_WENT_BACK', details: { held: 3, found: 1 } } },
    ]);
    expect(await place(router)).toEqual({ version: 3, stale: true });

    passedMs = 61_000;
    await router.refresh();
    await expect(place(router)).rejects.toMatchObject({
      code: 'REGISTRY_WENT_BACK',
      remedy: expect.stringContaining('mission registry restored'),
    });
    expect(told('went-back')).toHaveLength(1);

    const epoch = await registry.epochs.begin({ by: 'ada', reason: 'disk lost' });
    expect(epoch).toMatchObject({ number: 1, by: 'ada', reason: 'disk lost', revisions: { [MISSION]: 1 } });
    await expect
      .poll(() => told('restored'), WAIT)
      .toEqual([{ kind: 'restored', mission: MISSION, revision: 1, epoch: 1 }]);
    expect(await place(router)).toEqual({ version: 1, stale: false });
    await route(2);
    await expect.poll(() => place(router), WAIT).toEqual({ version: 2, stale: false });
    expect(events.map(describeRouterEvent).every((line) => line.length > 20)).toBe(true);
    expect(await registry.audit.list({ action: 'registry.restored' })).toMatchObject([
      { subject: 'epoch 1', details: { reason: 'disk lost', revisions: { [MISSION]: 1 } } },
    ]);
  });

  it('is followed at once as word of the epoch comes, without polling', async () => {
    await backUp();
    await route(3);
    const { router, told } = await routerOn({ pollMs: 3_600_000 });
    await restore();
    // Says that notifications may have been missed, once the connection is back.
    await expect.poll(() => told('went-back').length, WAIT).toBe(1);
    await registry.epochs.begin({ by: 'ada', reason: 'disk lost' });
    await expect.poll(() => place(router), WAIT).toEqual({ version: 1, stale: false });
  });

  it('is noticed when it has gone on since: another revision of the same number is not the one that is held', async () => {
    await backUp();
    await route(2);
    const watch = async () => async () => undefined;
    const deaf = { ...registry, routes: { ...registry.routes, watch } };
    const { router, told } = await routerOn({ registry: deaf, pollMs: 3_600_000 });
    await restore();
    await route(3);
    await route(1);
    await router.refresh();
    expect(told('went-back')).toMatchObject([{ error: { details: { held: 2, found: 2 } } }]);
    expect(await place(router)).toEqual({ version: 2, stale: true });
    await registry.epochs.begin({ by: 'ada', reason: 'disk lost' });
    await router.refresh();
    expect(told('restored')).toMatchObject([{ revision: 3 }]);
    expect(await place(router)).toEqual({ version: 1, stale: false });
  });
});

describe('an epoch', () => {
  it('needs a reason, and has a number of its own however many begin at once', async () => {
    await expect(registry.epochs.begin({ by: 'ada', reason: ' ' })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await registry.epochs.current()).toBe(0);
    await Promise.all([1, 2, 3].map((which) => registry.epochs.begin({ by: 'ada', reason: `backup ${which}` })));
    expect((await registry.epochs.list()).map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(await registry.epochs.current()).toBe(3);
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
  });
});
