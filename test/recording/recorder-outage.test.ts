/** What keeps a recorder from its work ends at any moment: it asks again within seconds, however seldom it sweeps. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { startRecorder } from '../../src/recording/recorder.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { runsOf } from '../../src/routing/mission-query.ts';
import { MissionError } from '../../src/shared/errors.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';

/** Longer than any test. */
const NEVER_MS = 3_600_000;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-outage-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
});

afterAll(async () => {
  await temporal?.close();
  await registry?.close();
  await rm(directory, { recursive: true, force: true });
});

it.each(['before', 'after'] as const)('a sweep that failed %s its claim is made again within seconds', async (when) => {
  let isAway = true;
  const answer = async () => {
    if (isAway) throw new MissionError('REGISTRY_UNAVAILABLE', 'away');
  };
  let sweeps = 0;
  const { collection, versions } = registry;
  const failing: Registry = {
    ...registry,
    versions: {
      ...versions,
      missions: () => (when === 'after' ? answer() : Promise.resolve()).then(() => versions.missions()),
    },
    collection: {
      ...collection,
      claimSweep: (...claim) =>
        (when === 'before' ? answer() : Promise.resolve()).then(() => collection.claimSweep(...claim)),
      finishSweep: async (...done) => {
        await collection.finishSweep(...done);
        sweeps += 1;
      },
    },
  };
  const waits: number[] = [];
  const recorder = startRecorder({
    client: temporal.client,
    registry: failing,
    server: `${when}-${Math.random()}`,
    identity: 'recorder',
    redactionKey: new Uint8Array(32),
    queryOf: runsOf,
    sweepMs: NEVER_MS,
    onEvent: (event) => {
      if (event.kind === 'waiting') waits.push(event.retryInMs);
    },
  });
  try {
    await vi.waitFor(() => expect(waits.length).toBeGreaterThan(2), 60_000);
    expect(waits.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    expect(sweeps).toBe(0);
    isAway = false;
    await vi.waitFor(() => expect(sweeps).toBe(1), 60_000);
  } finally {
    await recorder.stop();
  }
});
