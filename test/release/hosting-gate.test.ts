/** No route change sends traffic where no worker is ready, unless it is forced, and then it is on the record. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reportDigest } from '../../src/compare/report-digest.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { HostedState } from '../../src/registry/workers.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { holdVersion, releaseHold, wakeVersion } from '../../src/release/hosting-orders.ts';
import { missionLog } from '../../src/release/mission-log.ts';
import { rollback } from '../../src/release/rollback.ts';
import { setRoute } from '../../src/release/set-route.ts';
import type { RouteRule } from '../../src/routing/route-rule.ts';
import { sampleArtifact, sampleVersion } from '../registry/samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { reportOf, storeReport } from './reports.ts';

let postgres: TestPostgres;
let registry: Registry;
let mission: string;
let sequence = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  registry = await openRegistry({ databaseUrl: await postgres.createDatabase(), actor: 'ada' });
});

afterAll(async () => {
  await registry?.close();
  await postgres?.stop();
});

beforeEach(async () => {
  sequence += 1;
  mission = `refund-${sequence}`;
  for (const { id } of await registry.workers.live()) await registry.workers.leave(id);
  await publish(registry, 'a', 'b', 'c');
});

async function publish(into: Registry, ...prompts: readonly string[]): Promise<void> {
  for (const prompt of prompts) {
    const artifact = sampleArtifact(prompt, mission);
    await into.artifacts.put(artifact);
    await into.versions.append(sampleVersion(artifact));
  }
}

/** A worker process says how far it is with some versions: with none of the others. */
async function hosts(states: Readonly<Record<number, HostedState>>, into = registry): Promise<void> {
  const hosted = await Promise.all(
    Object.entries(states).map(async ([number, state]) => {
      const { artifact } = await into.versions.get(mission, Number(number));
      const error = state === 'failed' ? 'no licence' : null;
      return { mission, artifact, state, since: '2026-03-01T12:00:00.000Z', error };
    }),
  );
  await into.workers.report({ id: 'w', identity: 'w@north', host: 'north', pid: 7, leaseMs: 600_000 }, hosted);
}

const NOW = { waitMs: 0 };
const ref = (number: number) => ({ mission, number });
const activate = (number: number, more: Partial<Parameters<typeof activateVersion>[0]> = {}) =>
  activateVersion({ registry, ref: ref(number), by: 'ada', hosting: NOW, ...more });
const force = { reason: 'the shop is down' };
const back = (more: Partial<Parameters<typeof rollback>[0]> = {}) =>
  rollback({ registry, mission, by: 'ada', reason: 'wrong', hosting: NOW, ...more });
const share = (weights: Readonly<Record<number, number>>, revision: number, forced = false) =>
  setRoute({
    registry,
    mission,
    revision,
    weights: Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight })),
    rules: [],
    by: 'ada',
    reason: 'first customers',
    force: forced,
    hosting: NOW,
  });
const revision = async () => (await registry.routes.current(mission))?.revision ?? 0;

/** How the log tells of the last change of the route. */
const traffic = async () => (await missionLog(registry, mission)).findLast(({ kind }) => kind === 'traffic')?.text;

describe('activating', () => {
  it.each<[string, Readonly<Record<number, HostedState>> | undefined, RegExp, RegExp]>([
    ['no process lives', undefined, /no worker process lives/, /mission worker/],
    ['none hosts it', { 2: 'ready' }, /none of the 1 worker processes hosts it/, /mission workers/],
    ['it is starting', { 1: 'starting' }, /it is starting on north/, /--wait/],
    ['it failed', { 1: 'failed' }, /on north it failed: no licence/, /Correct what failed/],
    ['it is stopping', { 1: 'stopping' }, /none of the 1 worker processes/, /mission workers/],
  ])('is refused when %s; it says so, with a remedy, and asks for a worker', async (_, states, why, remedy) => {
    if (states !== undefined) await hosts(states);
    const refused = activate(1);
    await expect(refused).rejects.toMatchObject({ code: 'VERSION_NOT_HOSTED', message: expect.stringMatching(why) });
    await expect(refused).rejects.toMatchObject({ remedy: expect.stringMatching(remedy) });
    expect(await revision()).toBe(0);
    expect(await registry.hosting.orders(mission)).toMatchObject([{ version: 1, action: 'wake', by: 'ada' }]);
  });

  it('goes through where one process of several is ready, and orders nothing then', async () => {
    await hosts({ 1: 'ready' });
    const broken = { id: 'v', identity: 'v@south', host: 'south', pid: 8, leaseMs: 600_000 };
    const { artifact } = await registry.versions.get(mission, 1);
    const failed = { mission, artifact, state: 'failed', since: '2026-03-01T12:00:00.000Z', error: 'x' } as const;
    await registry.workers.report(broken, [failed]);
    expect(await activate(1)).toMatchObject({ changed: true });
    expect(await registry.hosting.orders(mission)).toEqual([]);
  });

  it('waits for a worker that becomes ready, and tells what it waits for', async () => {
    await hosts({});
    const told: number[] = [];
    const onWaiting = (status: { readonly processes: number }) => {
      told.push(status.processes);
      void hosts({ 1: 'ready' });
    };
    const activation = await activate(1, { hosting: { waitMs: 60_000, onWaiting } });
    expect(activation).toMatchObject({ changed: true });
    expect(activation).not.toHaveProperty('unhosted');
    expect(told[0]).toBe(1);
  });

  it('does not count a process whose lease is over', async () => {
    const { artifact } = await registry.versions.get(mission, 1);
    const ready = { mission, artifact, state: 'ready', since: '2026-03-01T12:00:00.000Z', error: null } as const;
    await registry.workers.report({ id: 'killed', identity: 'k', host: 'k', pid: 9, leaseMs: 1 }, [ready]);
    await expect.poll(() => registry.workers.live(), { timeout: 20_000 }).toEqual([]);
    await expect(activate(1)).rejects.toMatchObject({ code: 'VERSION_NOT_HOSTED' });
  });

  it('can be forced, and route, audit and log say what was lacking', async () => {
    expect(await activate(1, { force })).toMatchObject({ changed: true, unhosted: 'no worker process lives' });
    const route = await registry.routes.current(mission);
    expect(route).toMatchObject({ activation: { forced: true } });
    const words = /forced without a ready worker: no worker process lives; the shop is down/;
    expect(route?.reason).toMatch(words);
    const log = await missionLog(registry, mission);
    expect(log.map(({ kind }) => kind)).toEqual(['published', 'published', 'published', 'hosting', 'traffic']);
    expect(log.at(-1)?.reason).toMatch(words);
  });

  it('on a report and without a worker is logged as that, and not as one without a report', async () => {
    await activate(1, { force });
    expect(await traffic()).toBe('traffic to @1, forced without a ready worker');
    await hosts({ 1: 'ready' });
    const [baseline, candidate] = [await registry.versions.get(mission, 1), await registry.versions.get(mission, 2)];
    const report = { ...reportOf({ baseline: baseline.artifact, candidate: candidate.artifact }), mission };
    await storeReport(registry, { ...report, digest: reportDigest(report) });
    await activate(2, { force });
    expect(await traffic()).toMatch(/^traffic to @2 \(before: @1\), on report \w+, forced without a ready worker$/);
    await activate(3, { force });
    const words = 'forced without a ready worker and without a passing report';
    expect(await traffic()).toBe(`traffic to @3 (before: @2), ${words}`);
    await hosts({ 1: 'ready', 2: 'ready', 3: 'ready' });
    await activate(1, { force });
    expect(await traffic()).toBe('traffic to @1 (before: @3), forced without a passing report');
  });

  it('judges the evidence first: what may not be activated is not started either', async () => {
    await hosts({ 1: 'ready' });
    await activate(1);
    await expect(activate(2)).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED' });
    expect(await registry.hosting.orders(mission)).toEqual([]);
  });
});

describe('setting a route', () => {
  it('asks for workers of versions whose share grows, and of no others', async () => {
    await hosts({ 1: 'ready', 2: 'ready' });
    await activate(1);
    await share({ 1: 9_000, 2: 1_000 }, 1, true);
    await hosts({ 1: 'ready' });
    await expect(share({ 1: 8_000, 2: 2_000 }, 2)).rejects.toMatchObject({ code: 'VERSION_NOT_HOSTED' });
    expect(await share({ 1: 9_500, 2: 500 }, 2)).toMatchObject({ route: { revision: 3 } });
    expect(await share({ 1: 8_000, 2: 2_000 }, 3, true)).toMatchObject({
      unhosted: expect.stringContaining('none of the 1'),
      route: { activation: { forced: true }, reason: expect.stringContaining('forced without a ready worker') },
    });
    expect(await traffic()).toMatch(/, forced without a ready worker$/);
  });
});

describe('rules', () => {
  const rule = (name: string, version: number): RouteRule => ({
    name,
    when: [{ pointer: `/${name}`, oneOf: [true] }],
    version,
  });
  const [staff, vip] = [rule('staff', 2), rule('vip', 3)];
  const steer = async (rules: readonly RouteRule[], forced = false) =>
    setRoute({
      registry,
      mission,
      revision: await revision(),
      weights: [{ version: 1, weight: 10_000 }],
      rules,
      undeclared: true,
      by: 'ada',
      reason: 'by rule',
      force: forced,
      hosting: NOW,
    });

  beforeEach(async () => {
    await hosts({ 1: 'ready', 2: 'ready', 3: 'ready' });
    await steer([staff, vip], true);
  });

  it.each<[string, readonly RouteRule[], Readonly<Record<number, HostedState>>, number]>([
    ['taken away: what they held goes to the shares', [], { 2: 'ready', 3: 'ready' }, 1],
    ['in another order: who is both goes elsewhere', [vip, staff], { 1: 'ready', 2: 'ready' }, 3],
    ['one of them taken away: the rest falls to the next', [vip], { 1: 'ready', 2: 'ready' }, 3],
  ])('%s, and that is asked for a worker', async (_, rules, states, asked) => {
    await hosts(states);
    await expect(steer(rules)).rejects.toMatchObject({
      code: 'VERSION_NOT_HOSTED',
      message: expect.stringContaining(`${mission}@${asked}`),
    });
    await hosts({ 1: 'ready', 2: 'ready', 3: 'ready' });
    expect(await steer(rules)).toMatchObject({ route: { revision: 2 } });
  });

  it('that stay as they are ask for nothing', async () => {
    await hosts({});
    expect(await steer([staff, vip])).toMatchObject({ route: { revision: 2 } });
  });
});

describe('rolling back', () => {
  beforeEach(async () => {
    await hosts({ 1: 'ready', 2: 'ready' });
    await activate(1);
    await activate(2, { force });
  });

  it('is done at once when the target is warm', async () => {
    const done = await back();
    expect(done).toMatchObject({ restored: { number: 1 }, previous: 2 });
    expect(done).not.toHaveProperty('unhosted');
  });

  it('says so when nothing is ready for the target, appends nothing, and can be forced', async () => {
    await hosts({ 2: 'ready' });
    await expect(back()).rejects.toMatchObject({
      code: 'VERSION_NOT_HOSTED',
      message: expect.stringContaining(`${mission}@1`),
      remedy: expect.stringContaining(`mission rollback ${mission} --to @1 --force`),
    });
    expect(await registry.versions.latest(mission)).toMatchObject({ number: 3 });
    expect(await back({ force: true })).toMatchObject({
      version: { number: 4 },
      unhosted: expect.any(String),
      route: { activation: { forced: true } },
    });
    expect(await traffic()).toBe('traffic to @4 (before: @2), forced without a ready worker');
  });

  it('is done once when two people press it at once: the other is told', async () => {
    const pressed = await Promise.allSettled([back(), back({ by: 'grace' })]);
    const codes = pressed.map((one): string => (one.status === 'rejected' ? one.reason.code : 'done')).sort();
    expect(codes).toEqual(['ROUTE_CONFLICT', 'done']);
    expect(await registry.versions.latest(mission)).toMatchObject({ number: 4 });
  });
});

describe('orders', () => {
  it('hold, release and wake are logged with who and why; a hold is given once', async () => {
    const order = { registry, ref: ref(2), by: 'grace', reason: 'case 12' };
    await holdVersion(order);
    await expect(holdVersion(order)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('grace'),
    });
    await releaseHold({ ...order, reason: 'closed' });
    await expect(releaseHold(order)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(holdVersion({ ...order, ref: ref(9) })).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    await wakeVersion({ ...order, forMs: 60_000 });
    const log = (await missionLog(registry, mission)).filter(({ kind }) => kind === 'hosting');
    expect(log.map(({ text, by, reason }) => `${text.split(' until ')[0]} | ${by} | ${reason}`)).toEqual([
      `${mission}@2 held: it stays hosted | grace | case 12`,
      `the hold of ${mission}@2 released | grace | closed`,
      `${mission}@2 woken | grace | case 12`,
    ]);
    expect(log.every(({ audit }) => audit !== undefined)).toBe(true);
  });
});

describe('an embedded registry', () => {
  it('asks for no worker while its process hosts nothing, and is strict once it does', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mission-test-gate-'));
    const embedded = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
    try {
      await publish(embedded, 'a', 'b');
      expect(await activate(1, { registry: embedded })).toMatchObject({ changed: true });
      await hosts({ 1: 'ready' }, embedded);
      await expect(share2(embedded)).rejects.toMatchObject({ code: 'VERSION_NOT_HOSTED' });
    } finally {
      await embedded.close();
      await rm(directory, { recursive: true, force: true });
    }
  }, 240_000);

  const share2 = (embedded: Registry) =>
    rollback({ registry: embedded, mission, to: ref(2), by: 'ada', reason: 'r', hosting: NOW });
});
