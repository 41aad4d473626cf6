/** Routers on a real PostgreSQL: they agree without polling, cost no question per start, and fail closed. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { createRouter, type Router, type RouterOptions } from '../../src/routing/router.ts';
import { describeRouterEvent, type RouterEvent } from '../../src/routing/router-event.ts';
import { MISSION, publish } from '../registry/samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

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
  registry = await another();
  await publish(registry, 'one', 'two', 'three');
  await route({ 1: 10_000 });
});

afterEach(async () => {
  await server.restart();
  for (const closable of open.splice(0).reverse()) await closable.close();
});

/** A registry with connections of its own, as another process has. */
async function another(): Promise<Registry> {
  const opened = await openRegistry({ databaseUrl, actor: 'ada' });
  open.push(opened);
  return opened;
}

async function route(weights: Readonly<Record<number, number>>, rules: readonly string[] = []): Promise<number> {
  const current = await registry.routes.current(MISSION);
  const set = await registry.routes.set(current?.revision ?? 0, {
    mission: MISSION,
    weights: Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight })),
    rules,
    by: 'ada',
    reason: 'test',
    activation: { report: null, forced: true },
  });
  return set.revision;
}

/** Events of a router, to be awaited by kind. */
class Heard {
  readonly events: RouterEvent[] = [];
  readonly #waiting = new Set<() => void>();

  readonly hear = (event: RouterEvent): void => {
    this.events.push(event);
    for (const look of this.#waiting) look();
  };

  /** The first event of a kind from here on. */
  next<Kind extends RouterEvent['kind']>(kind: Kind): Promise<Extract<RouterEvent, { readonly kind: Kind }>> {
    const from = this.events.length;
    return new Promise((resolve) => {
      const look = () => {
        const found = this.events.slice(from).find((event) => event.kind === kind);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found as Extract<RouterEvent, { readonly kind: Kind }>);
      };
      this.#waiting.add(look);
    });
  }
}

async function routerOn(source: Registry, options: Partial<RouterOptions> = {}) {
  const heard = new Heard();
  const router = await createRouter({ registry: source, missions: [MISSION], onEvent: heard.hear, ...options });
  open.push(router);
  return { router, heard };
}

const request = { missionInput: {}, businessKey: 'order-17' };
const versionBy = async (router: Router) => (await router.place(MISSION, request)).decision.version;

describe('any number of routers', () => {
  it('put a change in force as word of it comes, without polling', async () => {
    const routers = await Promise.all([1, 2, 3].map(async () => routerOn(await another(), { pollMs: 3_600_000 })));
    for (const version of [2, 3, 1, 2, 3, 1, 2, 3, 1, 2]) {
      const changed = routers.map(async ({ router, heard }) => {
        const { revision } = await heard.next('changed');
        expect(await versionBy(router)).toBe(version);
        return revision;
      });
      const revision = await route({ [version]: 10_000 });
      expect(await Promise.all(changed)).toEqual(routers.map(() => revision));
    }
    const answers = await Promise.all(routers.map(({ router }) => router.place(MISSION, request)));
    expect(new Set(answers.map(({ decision }) => JSON.stringify(decision))).size).toBe(1);
  });

  it('agree with one that read all revisions at once, however the edits came', async () => {
    const { router } = await routerOn(registry);
    for (const weights of [
      { 1: 9_000, 2: 1_000 },
      { 1: 4_000, 2: 1_000, 3: 5_000 },
      { 2: 10_000 },
      { 1: 2_500, 2: 7_500 },
    ])
      await route(weights);
    await router.refresh();
    const { router: late } = await routerOn(await another());
    for (let key = 0; key < 300; key += 1) {
      const asked = { missionInput: {}, businessKey: `order-${key}` };
      expect((await late.place(MISSION, asked)).decision).toEqual((await router.place(MISSION, asked)).decision);
    }
  });

  it('find a change by polling when no word of it came', async () => {
    const deaf = { ...registry, routes: { ...registry.routes, watch: async () => async () => undefined } };
    const { router, heard } = await routerOn(deaf, { pollMs: 50 });
    const changed = heard.next('changed');
    await route({ 2: 10_000 });
    await changed;
    expect(await versionBy(router)).toBe(2);
  });
});

describe('a start', () => {
  it('costs no question to the registry once the mission is held', async () => {
    const asked = vi.fn();
    const counted = <Noun extends object>(noun: Noun): Noun =>
      new Proxy(noun, {
        get: (target, key) => {
          asked(key);
          return Reflect.get(target, key);
        },
      });
    const { routes, versions, artifacts } = registry;
    const { router } = await routerOn(
      { ...registry, routes: counted(routes), versions: counted(versions), artifacts: counted(artifacts) },
      { pollMs: 3_600_000 },
    );
    expect(asked).toHaveBeenCalled();
    asked.mockClear();
    for (let key = 0; key < 50; key += 1) await router.place(MISSION, { missionInput: {}, businessKey: `${key}` });
    expect(asked).not.toHaveBeenCalled();
  });

  it('of a mission that is not there is refused, and found once it is there', async () => {
    const { router } = await routerOn(registry, { missions: [] });
    await expect(router.place('nobody', request)).rejects.toMatchObject({ code: 'MISSION_UNKNOWN' });
    expect(router.missions()).toEqual([]);
    expect(await versionBy(router)).toBe(1);
    expect(router.missions()).toMatchObject([{ mission: MISSION, revision: 1, freshness: 'fresh' }]);
  });
});

describe('a route that cannot be read', () => {
  it('is not put in force, is told once, and heals with the next revision', async () => {
    const { router, heard } = await routerOn(registry, { pollMs: 50 });
    const unreadable = heard.next('unreadable');
    await route({ 2: 10_000 }, ['not a rule']);
    expect((await unreadable).error).toMatchObject({ code: 'INPUT_INVALID' });
    await router.refresh();
    await router.refresh();
    expect(await router.place(MISSION, request)).toMatchObject({ decision: { version: 1 }, stale: {} });
    expect(heard.events.filter(({ kind }) => kind === 'unreadable')).toHaveLength(1);
    const changed = heard.next('changed');
    await route({ 3: 10_000 });
    await changed;
    expect(await router.place(MISSION, request)).toMatchObject({ decision: { version: 3 } });
    expect((await router.place(MISSION, request)).stale).toBeUndefined();
  });
});

/** Long enough for a busy machine to notice that the database is gone, in milliseconds. */
const STALE_MS = 5_000;

describe('a registry that is gone', () => {
  it('is served from memory for the bound, marked and told; then starts are refused, until it is back', async () => {
    const { router, heard } = await routerOn(registry, { pollMs: 50, staleMs: STALE_MS });
    const [stale, expired] = [heard.next('stale'), heard.next('expired')];
    await server.crash();
    const told = await stale;
    expect(told.servedForMs).toBeGreaterThan(0);
    expect(told.servedForMs).toBeLessThanOrEqual(STALE_MS);
    const served = await router.place(MISSION, request);
    expect(served).toMatchObject({ decision: { version: 1 }, stale: { ageMs: expect.any(Number) } });
    expect(served.stale?.ageMs).toBeLessThanOrEqual(STALE_MS);

    expect((await expired).ageMs).toBeGreaterThan(STALE_MS);
    await expect(router.place(MISSION, request)).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      details: { mission: MISSION, revision: 1, staleMs: STALE_MS },
      remedy: expect.stringContaining('Bring the registry back'),
    });

    const fresh = heard.next('fresh');
    await server.restart();
    await fresh;
    await router.refresh();
    expect((await router.place(MISSION, request)).stale).toBeUndefined();
    expect(heard.events.map(describeRouterEvent).every((line) => line.length > 20)).toBe(true);
  });

  it('is asked before a start is refused by a process that was frozen', async () => {
    let now = 0;
    const { router } = await routerOn(registry, { pollMs: 3_600_000, now: () => now });
    now = 86_400_000;
    expect((await router.place(MISSION, request)).stale).toBeUndefined();
  });
});
