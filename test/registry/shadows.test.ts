/** Shadow runs: planned once, ended once whoever comes second, counted, sealed, and deleted on the record. */
import { expect, it } from 'vitest';
import { newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { ShadowPlan } from '../../src/registry/shadows.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, publish } from './samples.ts';

const SCOPE = 'server/default';
const START = new Date('2026-03-01T00:00:00.000Z');
const minutes = (count: number) => new Date(START.getTime() + count * 60_000);

function plan(name: string, over: Partial<ShadowPlan> = {}): ShadowPlan {
  return {
    workflowId: `mission-shadow:2:${name}`,
    mission: MISSION,
    version: 2,
    artifact: 'sha256:b',
    primaryWorkflowId: name,
    primaryRunId: `${name}-run`,
    primaryVersion: 1,
    primaryArtifact: 'sha256:a',
    revision: 3,
    reason: 'bucket 1',
    ...over,
  };
}

const ending = (step: string) => ({ outcome: 'changed' as const, step, detail: { secret: 'Ann', step } });

describeOnBothEngines('shadow runs', (bench) => {
  let now = START;
  async function open(): Promise<Registry> {
    now = START;
    const registry = await bench.open({ clock: () => now, actor: 'ada' });
    await publish(registry, 'one', 'two');
    return registry;
  }

  it('are planned once, and found when their time has come, on their own server', async () => {
    const { shadows } = await open();
    const [a, b] = [plan('a'), plan('b')];
    expect(await shadows.plan(SCOPE, [a, b])).toEqual([a, b]);
    expect(await shadows.plan(SCOPE, [a, plan('c')])).toEqual([plan('c')]);
    await shadows.plan('elsewhere', [plan('d')]);
    expect(await shadows.find(a.workflowId)).toMatchObject({ ...a, status: 'planned', outcome: null });
    await shadows.lookAgain(a.workflowId, minutes(2), 'open');
    await shadows.lookAgain(b.workflowId, minutes(1), 'planned');
    const due = async () => (await shadows.due(SCOPE, 10)).map(({ primaryWorkflowId }) => primaryWorkflowId);
    expect(await due()).toEqual(['c']);
    now = minutes(3);
    expect(await due()).toEqual(['c', 'b', 'a']);
    expect((await shadows.due(SCOPE, 1)).map(({ primaryWorkflowId }) => primaryWorkflowId)).toEqual(['c']);
  });

  it('end once: of many at a time one ends it, and what is ended stays as it is', async () => {
    const { shadows } = await open();
    await shadows.plan(SCOPE, [plan('a'), plan('b')]);
    const { workflowId } = plan('a');
    const ends = await Promise.all([1, 2, 3, 4].map((number) => shadows.end(workflowId, ending(`step-${number}`))));
    expect(ends.filter(Boolean)).toHaveLength(1);
    await shadows.lookAgain(workflowId, minutes(9), 'open');
    expect(await shadows.abandon(workflowId, 'late')).toBe(false);
    expect(await shadows.find(workflowId)).toMatchObject({ status: 'ended', step: expect.stringMatching(/^step-\d$/) });
    expect(await shadows.abandon(plan('b').workflowId, 'no worker')).toBe(true);
    expect(await shadows.end(plan('b').workflowId, ending('x'))).toBe(false);
    expect(await shadows.counts({ mission: MISSION })).toEqual([
      { mission: MISSION, version: 2, status: 'ended', outcome: 'changed', count: 1 },
      { mission: MISSION, version: 2, status: 'not-started', outcome: null, count: 1 },
    ]);
    expect(await shadows.due(SCOPE, 10)).toEqual([]);
  });

  it('are read with what was found, the newest first, and deleted on the record', async () => {
    const { shadows, audit } = await open();
    await shadows.plan(SCOPE, [plan('a'), plan('b'), plan('c')]);
    await shadows.end(plan('a').workflowId, ending('one'));
    now = minutes(5);
    await shadows.end(plan('b').workflowId, { ...ending('two'), outcome: 'matched' });
    const outcomes = ['changed', 'matched'] as const;
    const found = await shadows.examples({ mission: MISSION, outcomes, limit: 10 });
    expect(found.map(({ step, detail }) => ({ step, detail }))).toEqual([
      { step: 'two', detail: { secret: 'Ann', step: 'two' } },
      { step: 'one', detail: { secret: 'Ann', step: 'one' } },
    ]);
    expect(await shadows.examples({ mission: MISSION, version: 1, outcomes, limit: 10 })).toEqual([]);
    expect(await shadows.counts({ mission: MISSION, since: minutes(1).toISOString() })).toEqual([]);
    expect(await shadows.expire(MISSION, minutes(1))).toBe(1);
    expect(await shadows.expire(MISSION, minutes(1))).toBe(0);
    expect(await audit.list({ action: 'shadows.remove' })).toMatchObject([
      { subject: MISSION, details: { shadows: 1 } },
    ]);
    expect(await shadows.find(plan('c').workflowId)).toMatchObject({ status: 'planned' });
  });

  it('are sealed with the active key, and anew with the next', async () => {
    const place = await bench.newPlace();
    const secrets = { spring: newSecret(), summer: newSecret() };
    const keyring = (...ids: ('spring' | 'summer')[]) =>
      parseKeyring(ids.map((id) => `${id}:${secrets[id]}`).join(','), 'test');
    const first = await bench.open({ ...place, keyring: keyring('spring') });
    await publish(first, 'one', 'two');
    await first.shadows.plan(SCOPE, [plan('a')]);
    await first.shadows.end(plan('a').workflowId, ending('one'));
    await first.close();
    const second = await bench.open({ ...place, keyring: keyring('summer', 'spring') });
    expect(await second.shadows.keyUse()).toEqual([{ key: 'spring', count: 1 }]);
    expect(await second.shadows.reseal()).toBe(1);
    expect(await second.shadows.reseal()).toBe(0);
    await second.close();
    const third = await bench.open({ ...place, keyring: keyring('summer') });
    expect(await third.shadows.keyUse()).toEqual([{ key: 'summer', count: 1 }]);
    const found = await third.shadows.examples({ mission: MISSION, outcomes: ['changed'], limit: 1 });
    expect(found).toMatchObject([{ detail: { secret: 'Ann' } }]);
  });

  it('belong to a revision of the route, which refuses what is no share', async () => {
    const { routes } = await open();
    const route = {
      mission: MISSION,
      weights: [{ version: 1, weight: 10_000 }],
      by: 'ada',
      reason: 'test',
      activation: { report: null, forced: false },
    };
    await routes.set(0, { ...route, shadows: [{ version: 2, share: 500 }] });
    expect(await routes.current(MISSION)).toMatchObject({ shadows: [{ version: 2, share: 500 }] });
    await routes.set(1, route);
    expect((await routes.history(MISSION)).map(({ shadows }) => shadows.length)).toEqual([0, 1]);
    for (const shadows of [
      [{ version: 2, share: 0 }],
      [
        { version: 2, share: 1 },
        { version: 2, share: 2 },
      ],
    ]) {
      await expect(routes.set(2, { ...route, shadows })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
    const unknown = routes.set(2, { ...route, shadows: [{ version: 9, share: 1 }] });
    await expect(unknown).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });
});
