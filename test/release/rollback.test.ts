/**
 * Rolling back when things are bad: the workers of the bad version are down, its rollout is under way, the route is being
 * changed, and two people press it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { type RollbackOptions, rollback } from '../../src/release/rollback.ts';
import type { Json } from '../../src/shared/json.ts';
import { sampleArtifact, sampleVersion } from '../registry/samples.ts';

let directory: string;
let registry: Registry;
/** Each test has a mission of its own in the one registry. */
let mission: string;
let sequence = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-rollback-'));
  registry = await openRegistry({ directory, actor: 'ada' });
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  sequence += 1;
  mission = `refund-${sequence}`;
  for (const prompt of ['a', 'b', 'c']) {
    const artifact = sampleArtifact(prompt, mission);
    await registry.artifacts.put(artifact);
    await registry.versions.append(sampleVersion(artifact));
  }
  await ready(1, 2, 3);
});

/** One worker process is ready for these versions, and for no others. */
async function ready(...numbers: readonly number[]): Promise<void> {
  const hosted = await Promise.all(
    numbers.map(async (number) => {
      const { artifact } = await registry.versions.get(mission, number);
      return { mission, artifact, state: 'ready', since: '2026-03-01T12:00:00.000Z', error: null } as const;
    }),
  );
  await registry.workers.report({ id: 'w', identity: 'w', host: 'north', pid: 7, leaseMs: 600_000 }, hosted);
}

type Weights = Readonly<Record<number, number>>;

async function route(weights: Weights, rules: readonly Json[] = []): Promise<void> {
  const revision = (await registry.routes.current(mission))?.revision ?? 0;
  await registry.routes.set(revision, {
    mission,
    weights: Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight })),
    rules,
    by: 'rollout',
    reason: 'next step',
    activation: { report: null, forced: true },
  });
}

const back = (more: Partial<RollbackOptions> = {}) =>
  rollback({ registry, mission, reason: 'denies damaged items', by: 'ada', hosting: { waitMs: 0 }, ...more });

const weights = async () => (await registry.routes.current(mission))?.weights;
const all = (version: number) => [{ version, weight: 10_000 }];
const toStaff = { name: 'staff', when: [{ pointer: '/tier', oneOf: ['staff'] }], version: 3 };

describe('rolling back', () => {
  it('needs no worker of the bad version', async () => {
    await route({ 1: 10_000 });
    await route({ 2: 10_000 });
    await ready(1);
    expect(await back()).toMatchObject({ restored: { number: 1 }, previous: 2, replaced: [2] });
    expect(await weights()).toEqual(all(4));
  });

  it('refuses the version of another mission, and changes nothing', async () => {
    await route({ 1: 10_000 });
    await route({ 2: 10_000 });
    const to = { mission: 'another', number: 1 };
    await expect(rollback({ registry, mission, to, reason: 'bad', by: 'ada' })).rejects.toMatchObject({
      code: 'USAGE',
      message: `another@1 is a version of another, not of ${mission}.`,
    });
    expect(await registry.versions.list(mission)).toHaveLength(3);
  });

  it('says how long it took', async () => {
    await route({ 1: 10_000 });
    await route({ 2: 10_000 });
    expect((await back()).tookMs).toBeGreaterThan(0);
  });

  it.each<[string, readonly [Weights, (readonly Json[])?][], number, readonly number[]]>([
    ['at its first step', [[{ 1: 10_000 }], [{ 1: 9_500, 2: 500 }]], 1, [2]],
    ['past its half', [[{ 1: 10_000 }], [{ 1: 9_500, 2: 500 }], [{ 1: 4_000, 2: 6_000 }]], 1, [2]],
    ['at its end', [[{ 1: 10_000 }], [{ 1: 4_000, 2: 6_000 }], [{ 2: 10_000 }]], 1, [2]],
    ['by a rule alone', [[{ 1: 10_000 }], [{ 1: 10_000 }, [toStaff]]], 1, [3]],
    ['of two at once', [[{ 2: 10_000 }], [{ 1: 1_000, 2: 8_000, 3: 1_000 }]], 2, [1, 3]],
    ['that never had anything before it', [[{ 1: 6_000, 2: 4_000 }], [{ 1: 4_000, 2: 6_000 }]], 1, [2]],
  ])('takes a rollout back %s', async (_, steps, restored, replaced) => {
    for (const [shares, rules] of steps) await route(shares, rules);
    expect(await back()).toMatchObject({ restored: { number: restored }, replaced, route: { rules: [] } });
    expect(await weights()).toEqual(all(4));
  });
});

describe('a newer version whose shares were taken back by hand', () => {
  it('is not what a rollback without a name brings back', async () => {
    await route({ 1: 10_000 });
    await route({ 2: 10_000 });
    await route({ 1: 9_000, 2: 1_000 });
    await expect(back()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('from @2 to the earlier @1'),
      remedy: expect.stringContaining(`mission rollback ${mission} --to @1`),
    });
    expect(await back({ to: { mission, number: 1 } })).toMatchObject({ restored: { number: 1 }, replaced: [2] });
  });
});

/** Somebody does something between the look at the route and the change of it: while a worker is waited for. */
function meanwhile(act: () => Promise<unknown>): Partial<RollbackOptions> {
  const once: Promise<void>[] = [];
  const onWaiting = () => {
    if (once.length === 0) once.push(act().then(() => ready(1, 2, 3)));
  };
  return { hosting: { waitMs: 60_000, onWaiting } };
}

describe('a rollback during a change', () => {
  beforeEach(async () => {
    await route({ 1: 10_000 });
    await route({ 1: 9_500, 2: 500 });
    await ready(2);
  });

  it('goes through although the rollout takes its next step', async () => {
    expect(await back(meanwhile(() => route({ 1: 4_000, 2: 6_000 })))).toMatchObject({
      restored: { number: 1 },
      previous: 2,
      replaced: [2],
      route: { revision: 4 },
    });
    expect(await weights()).toEqual(all(4));
  });

  it('is told that somebody rolled back meanwhile, and appends nothing', async () => {
    const other = () => back({ by: 'grace', force: true, reason: 'first' });
    await expect(back(meanwhile(other))).rejects.toMatchObject({
      code: 'ROUTE_CONFLICT',
      message: expect.stringContaining('by grace'),
      remedy: expect.stringContaining('Nothing was changed'),
    });
    expect(await registry.versions.list(mission)).toHaveLength(4);
  });

  it('is told that somebody activated another version meanwhile, and changes nothing', async () => {
    await expect(back(meanwhile(() => route({ 3: 10_000 })))).rejects.toMatchObject({
      code: 'ROUTE_CONFLICT',
      message: expect.stringContaining('by rollout: next step'),
    });
    expect(await weights()).toEqual(all(3));
    expect(await registry.versions.list(mission)).toHaveLength(3);
  });
});

describe('who presses it after somebody else', () => {
  beforeEach(async () => {
    await route({ 1: 10_000 });
    await route({ 2: 10_000 });
    await back({ by: 'grace', reason: 'denies too much' });
  });

  it('does not bring the bad version back, but is told who rolled back, to what and why', async () => {
    await expect(back()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(
        /rolled back already: grace brought back @1 as refund-\d+@4 at .*: denies too much/,
      ),
      remedy: expect.stringContaining('--to'),
    });
    expect(await weights()).toEqual(all(4));
    expect(await registry.versions.list(mission)).toHaveLength(4);
  });

  it('is told so for the same version by name, and goes on to another one by its name', async () => {
    await expect(back({ to: { mission, number: 1 } })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await back({ to: { mission, number: 3 } })).toMatchObject({ version: { number: 5 }, replaced: [4] });
  });

  it('takes the next rollout back to what the rollback brought', async () => {
    await route({ 4: 9_500, 3: 500 });
    expect(await back()).toMatchObject({ restored: { number: 4 }, replaced: [3] });
  });
});
