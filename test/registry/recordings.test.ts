import { expect, it } from 'vitest';
import type { RecordingFilter } from '../../src/registry/recording-query.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, sampleRecording } from './samples.ts';

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describeOnBothEngines('recordings', (bench) => {
  it('come back as they were put: summary, end, trace with NUL characters, bytes', async () => {
    const registry = await bench.open();
    const recording = { ...sampleRecording(1), content: Uint8Array.from({ length: 256 }, (_, index) => index) };
    expect(await registry.recordings.put(recording)).toEqual({ added: true });
    const read = await registry.recordings.get(recording.summary.id);
    expect(read.summary).toEqual(recording.summary);
    expect([read.end, read.trace]).toEqual([recording.end, recording.trace]);
    expect([...read.content]).toEqual([...recording.content]);
  });

  it('of plain Temporal workflows have no mission, version and artifact', async () => {
    const registry = await bench.open();
    const { mission: _, version: __, artifact: ___, ...summary } = sampleRecording(1).summary;
    await registry.recordings.put({ ...sampleRecording(1), summary });
    expect((await registry.recordings.get(summary.id)).summary).toEqual(summary);
    expect(await registry.recordings.count({ mission: MISSION })).toBe(0);
  });

  it('are kept once: the same again is a no-op, another content under the id is IMMUTABLE', async () => {
    const registry = await bench.open();
    await registry.recordings.put(sampleRecording(1));
    expect(await registry.recordings.put(sampleRecording(1))).toEqual({ added: false });
    const other = sampleRecording(1, { digest: digestOf('other') });
    await expect(registry.recordings.put(other)).rejects.toMatchObject({ code: 'IMMUTABLE' });
    expect(await registry.audit.list()).toMatchObject([{ action: 'recording.put', subject: 'refund-000001/run' }]);
  });

  it('are put together or not at all', async () => {
    const registry = await bench.open();
    await registry.recordings.put(sampleRecording(1));
    expect(await registry.recordings.putAll([1, 2, 3].map((index) => sampleRecording(index)))).toEqual([
      'refund-000002/run',
      'refund-000003/run',
    ]);
    const mixed = [sampleRecording(4), sampleRecording(1, { digest: digestOf('other') })];
    await expect(registry.recordings.putAll(mixed)).rejects.toMatchObject({ code: 'IMMUTABLE' });
    expect([...(await registry.recordings.has(['refund-000001/run', 'refund-000004/run']))]).toEqual([
      'refund-000001/run',
    ]);
    expect(await registry.audit.verify()).toMatchObject({ intact: true, entries: 3 });
  });

  it('are refused when end or trace is not JSON', async () => {
    const registry = await bench.open();
    const broken = { ...sampleRecording(1), end: { result: Number.NaN } };
    await expect(registry.recordings.put(broken)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { pointer: '/result' },
    });
  });

  it('that are not there are RECORDING_UNKNOWN', async () => {
    const registry = await bench.open();
    await expect(registry.recordings.get('nothing')).rejects.toMatchObject({ code: 'RECORDING_UNKNOWN' });
  });

  it('are selected by each filter, in the order of start and id', async () => {
    const registry = await bench.open();
    const sameStart = '2026-02-01T00:02:00.000Z';
    await registry.recordings.putAll([
      sampleRecording(3, { version: 3, artifact: digestOf('three') }),
      sampleRecording(2, { startedAt: sameStart, mission: 'other' }),
      sampleRecording(9, { startedAt: sameStart, workflowType: 'plain' }),
      sampleRecording(1),
    ]);
    const cases: readonly (readonly [RecordingFilter, readonly number[]])[] = [
      [{}, [1, 2, 9, 3]],
      [{ mission: MISSION }, [1, 9, 3]],
      [{ mission: MISSION, version: 2 }, [1, 9]],
      [{ artifact: digestOf('three') }, [3]],
      [{ workflowType: 'plain' }, [9]],
      [{ workflowId: 'refund-000002' }, [2]],
      [{ since: sameStart }, [2, 9, 3]],
      [{ until: sameStart }, [1]],
      [{ ids: ['refund-000009/run', 'refund-000001/run', 'absent'] }, [1, 9]],
      [{ ids: [] }, []],
      [{ limit: 2 }, [1, 2]],
      [{ limit: 0 }, []],
    ];
    for (const [filter, expected] of cases) {
      const ids = expected.map((index) => `refund-00000${index}/run`);
      expect(
        (await registry.recordings.list(filter)).map(({ id }) => id),
        JSON.stringify(filter),
      ).toEqual(ids);
      expect(await registry.recordings.count(filter), JSON.stringify(filter)).toBe(ids.length);
    }
  });

  it('stream across batches without loss or repetition, with ties in the start', async () => {
    const registry = await bench.open();
    const all = Array.from({ length: 300 }, (_, index) =>
      sampleRecording(index, { startedAt: new Date(Date.UTC(2026, 0, 1, 0, Math.floor(index / 100))).toISOString() }),
    );
    await registry.recordings.putAll(all.toReversed());
    const ids = all.map(({ summary }) => summary.id);
    expect((await collect(registry.recordings.stream())).map(({ summary }) => summary.id)).toEqual(ids);
    expect((await collect(registry.recordings.stream({ limit: 130 }))).map(({ summary }) => summary.id)).toEqual(
      ids.slice(0, 130),
    );
    expect((await collect(registry.recordings.streamSummaries())).map(({ id }) => id)).toEqual(ids);
  });
});
