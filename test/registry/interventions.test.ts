import { expect, it } from 'vitest';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, NOW, publish, sampleIntervention } from './samples.ts';

describeOnBothEngines('interventions', (bench) => {
  it('come back in order, each run once per action, each with its entry in the audit trail', async () => {
    const registry = await bench.open({ clock: () => NOW });
    await publish(registry, 'one', 'two');
    const move = sampleIntervention();
    const cancel = sampleIntervention({
      action: 'a-2',
      kind: 'cancel',
      workflowId: 'refund-2',
      to: null,
      ground: null,
    });
    expect(await registry.interventions.put(move)).toEqual({ added: true });
    expect(await registry.interventions.put(move)).toEqual({ added: false });
    expect(await registry.interventions.put(cancel)).toEqual({ added: true });

    const createdAt = NOW.toISOString();
    const both = [
      { ...move, createdAt },
      { ...cancel, createdAt },
    ];
    expect(await registry.interventions.list()).toEqual(both);
    expect(await registry.interventions.list({ mission: MISSION, workflowIds: ['refund-2'] })).toEqual([both[1]]);
    expect(await registry.interventions.list({ mission: 'other' })).toEqual([]);
    const [entry] = await registry.audit.list({ subject: 'refund-1/run' });
    expect(entry).toMatchObject({
      action: 'run.move',
      actor: 'ada',
      details: { from: 1, to: 2, ground: 'replayed', reason: 'a prompt that is wrong' },
    });
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
  });

  it('of 20 writers at once are all stored', async () => {
    const registry = await bench.open();
    await publish(registry, 'one', 'two');
    const moves = Array.from({ length: 20 }, (_, index) => sampleIntervention({ workflowId: `refund-${index}` }));
    await Promise.all(moves.map((move) => registry.interventions.put(move)));
    expect(await registry.interventions.list()).toHaveLength(20);
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
  });

  it.each([
    { name: 'a move without a target', over: { to: null } },
    { name: 'a move without a ground', over: { ground: null } },
    { name: 'a cancellation with a target', over: { kind: 'cancel' as const, ground: null } },
  ])('refuse $name', async ({ over }) => {
    const registry = await bench.open();
    await publish(registry, 'one', 'two');
    await expect(registry.interventions.put(sampleIntervention(over))).rejects.toThrow();
    expect(await registry.interventions.list()).toEqual([]);
  });
});
