import { expect, it } from 'vitest';
import type { NewRoute, RouteChange } from '../../src/registry/routes.ts';
import { deferred } from './deferred.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, publish } from './samples.ts';

const route = (over: Partial<NewRoute> = {}): NewRoute => ({
  mission: MISSION,
  weights: [{ version: 1, weight: 10_000 }],
  by: 'ada',
  reason: 'go live',
  activation: { report: null, forced: true },
  ...over,
});

describeOnBothEngines('routes', (bench) => {
  it('start at revision 1, keep their salt, and show the newest first', async () => {
    const registry = await bench.open({ clock: () => NOW });
    await publish(registry, 'one', 'two');
    expect(await registry.routes.current(MISSION)).toBeUndefined();
    const first = await registry.routes.set(0, route());
    const weights = [
      { version: 1, weight: 9_500 },
      { version: 2, weight: 500 },
    ];
    const rules = [{ when: { tenant: 'acme' }, version: 2 }];
    const activation = { report: 'sha256:report', forced: false };
    const second = await registry.routes.set(1, route({ weights, rules, reason: 'canary', activation }));
    expect(first).toEqual({
      ...route(),
      revision: 1,
      rules: [],
      shadows: [],
      salt: expect.stringMatching(/^[0-9a-f]{16}$/),
      createdAt: NOW.toISOString(),
    });
    expect(second).toMatchObject({ revision: 2, salt: first.salt, weights, rules, activation });
    expect(await registry.routes.current(MISSION)).toEqual(second);
    expect(await registry.routes.history(MISSION)).toEqual([second, first]);
    expect(await registry.routes.history(MISSION, 1)).toEqual([second]);
    expect(await registry.routes.heads()).toEqual(new Map([[MISSION, 2]]));
  });

  it('keep their salt until another version has all traffic: a rollout that is tried again has the same canaries', async () => {
    const registry = await bench.open();
    await publish(registry, 'one', 'two', 'three');
    const set = async (weights: Readonly<Record<number, number>>) => {
      const revision = (await registry.routes.current(MISSION))?.revision ?? 0;
      const list = Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight }));
      return (await registry.routes.set(revision, route({ weights: list }))).salt;
    };
    const first = await set({ 1: 10_000 });
    expect(await set({ 1: 9_500, 2: 500 })).toBe(first);
    expect(await set({ 1: 10_000, 2: 0 })).toBe(first);
    expect(await set({ 1: 9_500, 2: 500 })).toBe(first);
    const second = await set({ 2: 10_000 });
    expect(await set({ 2: 9_500, 3: 500 })).toBe(second);
    const third = await set({ 1: 10_000 });
    expect(await set({ 1: 9_500, 3: 500 })).toBe(third);
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it('change by compare-and-set: of 20 that start from the same revision one wins, the others are told', async () => {
    const registry = await bench.open();
    await publish(registry, 'one');
    await registry.routes.set(0, route());
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => registry.routes.set(1, route())));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(19);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'ROUTE_CONFLICT', details: { found: 2 } });
    expect(await registry.routes.history(MISSION)).toHaveLength(2);
    expect(await registry.audit.verify()).toMatchObject({ intact: true, entries: 4 });
  });

  it.each([
    { name: 'a sum below 10,000', weights: [{ version: 1, weight: 9_999 }] },
    {
      name: 'a version twice',
      weights: [
        { version: 1, weight: 5_000 },
        { version: 1, weight: 5_000 },
      ],
    },
    {
      name: 'a negative weight',
      weights: [
        { version: 1, weight: 10_001 },
        { version: 2, weight: -1 },
      ],
    },
    {
      name: 'parts of a part',
      weights: [
        { version: 1, weight: 9_999.5 },
        { version: 2, weight: 0.5 },
      ],
    },
    { name: 'no weights', weights: [] },
  ])('refuse $name', async ({ weights }) => {
    const registry = await bench.open();
    await publish(registry, 'one', 'two');
    await expect(registry.routes.set(0, route({ weights }))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await registry.routes.current(MISSION)).toBeUndefined();
  });

  it('refuse a version that is not there', async () => {
    const registry = await bench.open();
    await publish(registry, 'one');
    const absent = route({ weights: [{ version: 7, weight: 10_000 }] });
    await expect(registry.routes.set(0, absent)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it('tell every watcher of a change, until it stops watching', async () => {
    const place = await bench.newPlace();
    const writer = await bench.open(place);
    const reader = bench.kind === 'postgres' ? await bench.open(place) : writer;
    await publish(writer, 'one');
    const seen: RouteChange[] = [];
    const { promise, resolve } = deferred();
    const stop = await reader.routes.watch((change) => {
      seen.push(change);
      if (seen.length === 2) resolve();
    });
    await writer.routes.set(0, route());
    await expect(writer.routes.set(0, route())).rejects.toMatchObject({ code: 'ROUTE_CONFLICT' });
    await writer.routes.set(1, route());
    await promise;
    expect(seen).toEqual([
      { kind: 'changed', mission: MISSION, revision: 1 },
      { kind: 'changed', mission: MISSION, revision: 2 },
    ]);
    await stop();
    await writer.routes.set(2, route());
    expect(await reader.routes.current(MISSION)).toMatchObject({ revision: 3 });
    expect(seen).toHaveLength(2);
  });
});
