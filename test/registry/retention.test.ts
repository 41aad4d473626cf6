/** How long recordings are kept: what is deleted leaves a tombstone, what is held stays, and all of it is on the record once. */
import { expect, it, vi } from 'vitest';
import { RECORD_ALL } from '../../src/registry/recording-policy.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, publish, sampleRecording } from './samples.ts';

// Servers are started and awaited here: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** `sampleRecording(n)` ended n minutes after this. */
const START_MS = Date.UTC(2026, 1, 1);
const MINUTE_MS = 60_000;
const at = (minute: number) => new Date(START_MS + minute * MINUTE_MS);
const id = (index: number) => sampleRecording(index).summary.id;
const ids = async ({ recordings }: Registry) => (await recordings.list()).map((summary) => summary.id);
const why = { by: 'ada', reason: 'test' };

async function fill(registry: Registry, ...indices: readonly number[]): Promise<void> {
  await registry.recordings.putAll(indices.map((index) => sampleRecording(index)));
}

describeOnBothEngines('retention', (bench) => {
  it('keeps everything until somebody says otherwise, and each policy is a revision of its own', async () => {
    const registry = await bench.open({ clock: () => at(1_000_000) });
    await publish(registry, 'one');
    await fill(registry, 1, 2);
    expect(await registry.retention.policy(MISSION)).toEqual({ mission: MISSION, revision: 0, policy: RECORD_ALL });
    expect(await registry.retention.apply(MISSION)).toBe(0);
    const first = { ...RECORD_ALL, keepMs: 5 * MINUTE_MS };
    expect(await registry.retention.setPolicy(MISSION, first, why)).toMatchObject({ revision: 1, policy: first });
    expect(await registry.retention.setPolicy(MISSION, RECORD_ALL, why)).toMatchObject({ revision: 2 });
    expect(await registry.retention.policy(MISSION)).toMatchObject({ revision: 2, policy: RECORD_ALL });
    expect(await registry.retention.apply(MISSION)).toBe(0);
    expect(await registry.audit.list({ action: 'retention.set' })).toMatchObject([
      { subject: MISSION, details: { reason: 'test' } },
      { subject: MISSION },
    ]);
    await expect(registry.retention.setPolicy('unknown', RECORD_ALL, why)).rejects.toMatchObject({
      code: 'MISSION_UNKNOWN',
    });
  });

  it('deletes by age and by count, with a tombstone, an audit entry, and an error that says when and why', async () => {
    const registry = await bench.open({ clock: () => at(10) });
    await publish(registry, 'one');
    await fill(registry, 1, 2, 3, 4, 5, 6);
    // Older than 7 minutes: 1 and 2. More than the newest 3: 3.
    await registry.retention.setPolicy(MISSION, { ...RECORD_ALL, keepMs: 7 * MINUTE_MS, maxCount: 3 }, why);
    expect(await registry.retention.apply(MISSION)).toBe(3);
    expect(await registry.retention.apply(MISSION)).toBe(0);
    expect(await ids(registry)).toEqual([id(4), id(5), id(6)]);
    const stones = await registry.retention.tombstones({ mission: MISSION });
    expect(stones.map((stone) => stone.id)).toEqual([id(1), id(2), id(3)]);
    expect(stones[0]).toMatchObject({
      digest: sampleRecording(1).summary.digest,
      version: 2,
      deletedAt: at(10).toISOString(),
      reason: `retention policy 1 of ${MISSION}`,
    });
    expect(await registry.retention.tombstones({ ids: [id(2), id(4)] })).toHaveLength(1);
    expect(await registry.audit.list({ action: 'recording.delete' })).toHaveLength(3);
    expect((await registry.audit.verify()).intact).toBe(true);
    await expect(registry.recordings.get(id(1))).rejects.toMatchObject({
      code: 'RECORDING_UNKNOWN',
      message: expect.stringMatching(/was deleted at 2026-02-01T00:10:00.000Z: retention policy 1/),
      details: { digest: sampleRecording(1).summary.digest },
    });
  });

  it('leaves what is on hold, whatever the policy, until it is released', async () => {
    const registry = await bench.open({ clock: () => at(100) });
    await publish(registry, 'one');
    await fill(registry, 1, 2);
    await registry.retention.setPolicy(MISSION, { ...RECORD_ALL, keepMs: MINUTE_MS }, why);
    expect(await registry.retention.hold(id(1), why)).toBe(true);
    expect(await registry.retention.hold(id(1), why)).toBe(false);
    expect(await registry.retention.held()).toEqual([id(1)]);
    expect(await registry.retention.apply(MISSION)).toBe(1);
    expect(await ids(registry)).toEqual([id(1)]);
    await expect(registry.retention.hold(id(2), why)).rejects.toMatchObject({ code: 'RECORDING_UNKNOWN' });
    expect(await registry.retention.release(id(1), why)).toBe(true);
    expect(await registry.retention.release(id(1), why)).toBe(false);
    expect(await registry.retention.held()).toEqual([]);
    expect(await registry.retention.apply(MISSION)).toBe(1);
    expect(await ids(registry)).toEqual([]);
    expect(await registry.audit.list({ action: 'recording.hold' })).toHaveLength(1);
    expect(await registry.audit.list({ action: 'recording.release' })).toHaveLength(1);
  });

  it('does not touch other missions', async () => {
    const registry = await bench.open({ clock: () => at(100) });
    await publish(registry, 'one');
    await registry.recordings.put(sampleRecording(1, { mission: 'other' }));
    await registry.retention.setPolicy(MISSION, { ...RECORD_ALL, keepMs: MINUTE_MS, maxCount: 1 }, why);
    expect(await registry.retention.apply(MISSION)).toBe(0);
    expect(await ids(registry)).toEqual([id(1)]);
  });

  it('deletes each once, however many apply it at once and in however many batches', async () => {
    const place = await bench.newPlace();
    const clock = () => at(100_000);
    const registry = await bench.open({ ...place, clock });
    const other = bench.kind === 'postgres' ? await bench.open({ ...place, clock }) : registry;
    await publish(registry, 'one');
    const count = 450;
    await fill(registry, ...Array.from({ length: count }, (_, index) => index));
    await registry.retention.setPolicy(MISSION, { ...RECORD_ALL, keepMs: MINUTE_MS }, why);
    const [kept] = await registry.recordings.list({ limit: 1 });
    await registry.retention.hold(kept?.id ?? '', why);
    const deleted = await Promise.all([registry, other, registry, other].map((one) => one.retention.apply(MISSION)));
    // One that found all rows locked may have left early; what it left, the others took.
    expect(deleted.reduce((sum, one) => sum + one)).toBe(count - 1);
    expect(await ids(registry)).toEqual([kept?.id]);
    expect(await registry.retention.tombstones({ mission: MISSION })).toHaveLength(count - 1);
    const subjects: string[] = [];
    for await (const { action, subject } of registry.audit.stream())
      if (action === 'recording.delete') subjects.push(subject);
    expect(new Set(subjects).size).toBe(count - 1);
    expect(subjects).toHaveLength(count - 1);
    expect((await registry.audit.verify()).intact).toBe(true);
  });
});

describeOnBothEngines('collected runs', (bench) => {
  const run = { workflowId: 'refund-000001', runId: 'last-link', mission: MISSION, version: 2 };

  it('are settled once: recording and note together, and whoever comes second changes nothing', async () => {
    const registry = await bench.open();
    const { collection } = registry;
    expect((await collection.settled([run.runId], 'all')).size).toBe(0);
    const first = await Promise.all([1, 2, 3].map(() => collection.store(run, sampleRecording(1), 'way')));
    expect(first.filter(({ added }) => added)).toHaveLength(1);
    await collection.sampleOut(run, 'way');
    await collection.fail(run, { code: 'INTERNAL', message: 'late', remedy: undefined }, new Date());
    expect([...(await collection.settled([run.runId], 'all')).values()]).toEqual([id(1)]);
    expect(await collection.counts(MISSION)).toEqual({ stored: 1, 'sampled-out': 0, failed: 0 });
    expect(await collection.countWay(MISSION, 'way')).toBe(1);
    expect(await registry.audit.list({ action: 'recording.put' })).toHaveLength(1);
  });

  it('leave no note when the recording cannot be stored', async () => {
    const { collection, recordings } = await bench.open();
    const broken = { ...sampleRecording(1), end: { result: Number.NaN } };
    await expect(collection.store(run, broken, 'way')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect((await collection.settled([run.runId], 'all')).size).toBe(0);
    expect(await recordings.count()).toBe(0);
  });

  it('that were recorded and deleted by retention are not recorded again', async () => {
    const registry = await bench.open({ clock: () => at(100) });
    await publish(registry, 'one');
    await registry.collection.store(run, sampleRecording(1), 'way');
    await registry.retention.setPolicy(MISSION, { ...RECORD_ALL, keepMs: MINUTE_MS }, why);
    expect(await registry.retention.apply(MISSION)).toBe(1);
    expect([...(await registry.collection.settled([run.runId], 'all')).values()]).toEqual([id(1)]);
    // Not even when somebody names the run, so that nobody asks what is settled.
    expect(await registry.collection.store(run, sampleRecording(1), 'way')).toEqual({ added: false });
    expect(await registry.recordings.putAll([sampleRecording(1), sampleRecording(2)])).toEqual([id(2)]);
    expect(await ids(registry)).toEqual([id(2)]);
    expect(await registry.audit.list({ action: 'recording.put', subject: id(1) })).toHaveLength(1);
  });
});
