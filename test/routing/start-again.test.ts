/** A start that is tried again, when the route, the schema, the workers or the registry are others by then. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { type StartBy, type StartedMission, startMission } from '../../src/routing/start-mission.ts';
import { MissionError } from '../../src/shared/errors.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishClaims } from '../client/mission.ts';

const mission = `again-${process.pid}`;
const workflowId = `${mission}-1`;
const input = { claim: 'c-1' };

let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let first: StartedMission;

function start(given: { input?: unknown; workflowId?: string; client?: Client } & Partial<StartBy> = {}) {
  return startMission({ registry, client: temporal.client, mission, input, workflowId, ...given });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-again-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishClaims(registry, mission, 'calm');
  fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000 });
  await fleet.ready();
  first = await start();
  await temporal.client.workflow.result(workflowId);
}, 120_000);

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

describe('a start that is tried again', () => {
  it('returns its run although the version of today would not take the input', async () => {
    expect(await start({ input: { claim: 7 } })).toEqual({ ...first, started: false });
    await expect(start({ input: { claim: 7 }, workflowId: `${mission}-bad` })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('returns its run although the registry does not answer', async () => {
    const router = {
      place: () => Promise.reject(new MissionError('REGISTRY_UNAVAILABLE', 'The route is too old to go by.')),
    };
    expect(await start({ router })).toEqual({ ...first, started: false });
    await expect(start({ router, workflowId: `${mission}-new` })).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
  });

  it('returns its run although no worker hosts the version of today', async () => {
    await fleet.shutdown();
    await publishClaims(registry, mission, 'stern');
    expect(await start()).toEqual({ ...first, started: false });
    await expect(start({ workflowId: `${mission}-other` })).rejects.toMatchObject({ code: 'VERSION_NOT_HOSTED' });
  });

  it('says in our words that its run cannot be looked at', async () => {
    const there = new WorkflowExecutionAlreadyStartedError('It is there.', workflowId, mission);
    const client = {
      workflow: {
        start: () => Promise.reject(there),
        getHandle: () => ({ describe: () => Promise.reject(Object.assign(new Error('away'), { code: 14 })) }),
      },
    } as unknown as Client;
    await expect(start({ client })).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      message: expect.stringContaining(workflowId),
    });
  });
});
