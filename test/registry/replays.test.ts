/** Replays in shards: attended or gone, results kept once, nothing left behind. */
import { expect, it } from 'vitest';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, publish } from './samples.ts';

const LEASE = 60_000;

describeOnBothEngines('replays', (bench) => {
  async function begun(leaseMs = LEASE) {
    const registry = await bench.open({});
    await publish(registry, 'one');
    const shards = [['a', 'b'], ['c']];
    await registry.replays.begin({ id: 'r', mission: MISSION, plan: { is: 'größer' }, shards, leaseMs });
    return registry;
  }

  it('give each shard its part of the plan, and show how far it is', async () => {
    const { replays } = await begun();
    expect(await replays.task({ replay: 'r', shard: 1 })).toEqual({
      plan: { is: 'größer' },
      recordings: ['c'],
      isDone: false,
    });
    expect(await replays.note({ replay: 'r', shard: 0 }, { done: 1, worker: 'w' })).toBe(true);
    expect(await replays.keep({ replay: 'r', shard: 1 }, 'found')).toBe(true);
    expect(await replays.states('r')).toEqual([
      { shard: 0, total: 2, done: 1, worker: 'w', isDone: false },
      { shard: 1, total: 1, done: 0, worker: null, isDone: true },
    ]);
    expect(await replays.task({ replay: 'r', shard: 1 })).toMatchObject({ isDone: true });
    await replays.remove('r');
  });

  it('keep the first result of a shard', async () => {
    const { replays } = await begun();
    const key = { replay: 'r', shard: 0 };
    expect(await replays.results(key)).toBeUndefined();
    await Promise.all([replays.keep(key, 'first'), replays.keep(key, 'first')]);
    expect(await replays.keep(key, 'second')).toBe(true);
    expect(await replays.results(key)).toBe('first');
    await replays.remove('r');
  });

  it('take nothing any more once they are gone', async () => {
    const { replays } = await begun();
    await replays.keep({ replay: 'r', shard: 0 }, 'found');
    await replays.remove('r');
    const key = { replay: 'r', shard: 1 };
    expect(await replays.task(key)).toBeUndefined();
    expect(await replays.note(key, { done: 1, worker: 'w' })).toBe(false);
    expect(await replays.keep(key, 'late')).toBe(false);
    expect(await replays.attend('r', LEASE)).toBe(false);
    expect(await replays.states('r')).toEqual([]);
    expect(await replays.results({ replay: 'r', shard: 0 })).toBeUndefined();
  });

  it('are removed when nobody attends them, and only then', async () => {
    const { replays } = await begun(1);
    expect(await replays.attend('r', LEASE)).toBe(true);
    expect(await replays.removeAbandoned()).toEqual([]);
    await replays.attend('r', -1);
    expect(await replays.task({ replay: 'r', shard: 0 })).toBeUndefined();
    expect(await replays.keep({ replay: 'r', shard: 0 }, 'late')).toBe(false);
    expect(await replays.removeAbandoned()).toEqual(['r']);
    expect(await replays.states('r')).toEqual([]);
  });

  it('are worked on by hosts whose word counts for a while', async () => {
    const { replayHosts } = await bench.open({});
    const host = { id: '1', identity: 'north', release: '1.2.3', processes: 2 };
    await replayHosts.report(host, LEASE);
    await replayHosts.report({ ...host, id: '2' }, 1);
    await expect.poll(() => replayHosts.live()).toEqual([host]);
    await replayHosts.leave('1');
    expect(await replayHosts.live()).toEqual([]);
  });
});
