/** What processes say of themselves counts while their lease lasts; what was ordered stays, in order and on the record. */
import { expect, it } from 'vitest';
import type { HostedArtifactState, WorkerProcess } from '../../src/registry/workers.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, publish } from './samples.ts';

const process = (id: string, leaseMs = 60_000): WorkerProcess => ({
  id,
  identity: `worker-${id}@host-${id}`,
  host: `host-${id}`,
  pid: 7,
  leaseMs,
});

const hosts = (artifact: string, state: HostedArtifactState['state'], error: string | null = null) => ({
  mission: MISSION,
  artifact,
  state,
  since: '2026-03-01T12:00:00.000Z',
  error,
});

describeOnBothEngines('worker processes', (bench) => {
  it('are live with what they host, as each said last', async () => {
    const { workers } = await bench.open();
    await workers.report(process('a'), [hosts('sha256:1', 'starting')]);
    await workers.report(process('b'), [hosts('sha256:1', 'failed', 'no licence')]);
    await workers.report(process('a'), [hosts('sha256:1', 'ready'), hosts('sha256:2', 'starting')]);
    const live = await workers.live();
    expect(live.map(({ id, host, pid, hosted }) => ({ id, host, pid, hosted }))).toEqual([
      { id: 'a', host: 'host-a', pid: 7, hosted: [hosts('sha256:1', 'ready'), hosts('sha256:2', 'starting')] },
      { id: 'b', host: 'host-b', pid: 7, hosted: [hosts('sha256:1', 'failed', 'no licence')] },
    ]);
    expect((await workers.live('other')).map(({ hosted }) => hosted)).toEqual([[], []]);
  });

  it('are gone when they leave, and when their lease is over', async () => {
    const { workers } = await bench.open();
    await workers.report(process('a'), []);
    await workers.report(process('killed', 1), [hosts('sha256:1', 'ready')]);
    await workers.report(process('leaving'), []);
    await workers.leave('leaving');
    await expect.poll(async () => (await workers.live()).map(({ id }) => id), { timeout: 20_000 }).toEqual(['a']);
    await workers.report(process('killed'), [hosts('sha256:1', 'ready')]);
    expect((await workers.live()).map(({ id }) => id)).toContain('killed');
  });

  it('tell how many versions the server knows', async () => {
    const registry = await bench.open();
    await publish(registry, 'one');
    await registry.workers.reportSize(MISSION, 79);
    await registry.workers.reportSize(MISSION, 81);
    expect(await registry.workers.sizes()).toMatchObject([{ mission: MISSION, versions: 81 }]);
  });
});

describeOnBothEngines('hosting orders', (bench) => {
  it('are numbered, audited, told to who watches, and survive a reopening', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    await publish(registry, 'one', 'two');
    const heard: (string | undefined)[] = [];
    const stop = await registry.hosting.watch((mission) => heard.push(mission));
    await registry.hosting.order({ mission: MISSION, version: 1, action: 'hold', by: 'ada', reason: 'case 12' });
    const wake = { mission: MISSION, version: 2, action: 'wake', forMs: 60_000, by: 'ada', reason: 'look' } as const;
    const given = await registry.hosting.order(wake);
    expect(Date.parse(given.until ?? '') - Date.parse(given.createdAt)).toBe(60_000);
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([MISSION, MISSION]);
    await stop();
    const [entry] = await registry.audit.list({ action: 'hosting.hold' });
    expect(entry).toMatchObject({ subject: `${MISSION}@1!1`, details: { reason: 'case 12', by: 'ada' } });
    await registry.close();
    const again = await bench.open(place);
    expect(
      (await again.hosting.orders(MISSION)).map(({ number, version, action }) => [number, version, action]),
    ).toEqual([
      [1, 1, 'hold'],
      [2, 2, 'wake'],
    ]);
    expect(await again.audit.verify()).toMatchObject({ intact: true });
  });

  it('need a version and a reason', async () => {
    const registry = await bench.open();
    await publish(registry, 'one');
    const order = { mission: MISSION, version: 1, action: 'retire', by: 'ada', reason: ' ' } as const;
    await expect(registry.hosting.order(order)).rejects.toMatchObject({ code: 'USAGE' });
    const unknown = { ...order, version: 9, reason: 'old' };
    await expect(registry.hosting.order(unknown)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    expect(await registry.hosting.orders(MISSION)).toEqual([]);
  });
});
