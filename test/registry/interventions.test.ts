import { expect, it, vi } from 'vitest';
import { MissionError } from '../../src/shared/errors.ts';
import { deferred } from './deferred.ts';
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

  it('of a run are held by one at a time, in whatever process, and what fails meanwhile is not stored', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    await publish(registry, 'one', 'two');
    // The embedded database is open in one process, and there once.
    const other = bench.kind === 'pglite' ? registry : await bench.open(place);
    const move = sampleIntervention();
    const begun = deferred();
    const asked = deferred();
    const first = registry.interventions.holding(move, async (ledger) => {
      begun.resolve();
      await asked.promise;
      await ledger.put(move);
    });
    await begun.promise;
    const seen = other.interventions.holding(move, (ledger) => ledger.list());
    if (bench.kind === 'postgres') {
      const engine = await bench.engine(place);
      const waiting = () => engine.query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
      await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), { timeout: 20_000 });
    }
    asked.resolve();
    await first;
    expect(await seen).toMatchObject([{ action: move.action }]);

    const failed = registry.interventions.holding(move, async (ledger) => {
      await ledger.put({ ...move, action: 'a-2' });
      throw new MissionError('TEMPORAL_UNAVAILABLE', 'The server hangs.');
    });
    await expect(failed).rejects.toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
    expect(await registry.interventions.list()).toHaveLength(1);
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
