/** A mission whose worker deployment has a prefix: all that names it on a real server says the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { readMissionFacts } from '../../src/fleet/fleet-facts.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { moveRuns } from '../../src/release/move-runs.ts';
import { taskQueueOf } from '../../src/routing/placement.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { buildIdOf, describeDeployment } from '../../src/temporal/worker-deployments.ts';
import { publishFlight } from '../release/flight-mission.ts';

const mission = `prefixed-${process.pid}`;
const deploymentName = `production/${mission}`;
const WAIT = { timeout: 60_000, interval: 250 };
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let first: string;
let second: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-prefix-'));
  registry = await openRegistry({ directory, actor: 'ada', deploymentPrefix: 'production/' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, mission, { tone: 'calm' });
  fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready(60_000);
  await publishFlight(registry, mission, { tone: 'kind' });
  await fleet.refresh();
  await fleet.ready(60_000);
  first = buildIdOf((await registry.versions.get(mission, 1)).artifact);
  second = buildIdOf((await registry.versions.get(mission, 2)).artifact);
}, 120_000);

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const handle = (workflowId: string) => temporal.client.workflow.getHandle(workflowId);
const versioning = async (workflowId: string) =>
  (await handle(workflowId).describe()).raw.workflowExecutionInfo?.versioningInfo;

/** Ends a run and waits for its recording. */
async function recorded(workflowId: string): Promise<unknown> {
  await handle(workflowId).signal('tell', 'end');
  await handle(workflowId).result();
  const { runId } = await handle(workflowId).describe();
  const options = {
    registry,
    client: temporal.client,
    redactionKey: new Uint8Array(32),
    runs: [{ workflowId, runId }],
  };
  for await (const collected of collectRecordings(options)) {
    if (collected.status !== 'stored') return collected;
    return `${collected.recording.mission}@${collected.recording.version}`;
  }
  return 'nothing';
}

describe('a worker deployment with a prefix', () => {
  const routed = `${mission}-routed`;
  const plain = `${mission}-plain`;

  it('hosts the versions, and none is under the bare name', async () => {
    const deployment = await describeDeployment(temporal, deploymentName);
    expect(deployment?.versions.map(({ buildId }) => buildId).sort()).toEqual([first, second].sort());
    expect(await describeDeployment(temporal, mission)).toBeUndefined();
  });

  it('has the default of the route as its current version', async () => {
    const current = async () => (await describeDeployment(temporal, deploymentName))?.currentBuildId;
    await expect.poll(current, WAIT).toBe(second);
  });

  it('is what runs are pinned to', async () => {
    await startMission({ registry, client: temporal.client, mission, input: { id: routed }, workflowId: routed });
    expect((await versioning(routed))?.versioningOverride?.pinned?.version).toEqual({
      deploymentName,
      buildId: second,
    });
  });

  it('takes starts of plain clients, which are listed as runs of the mission', async () => {
    const taskQueue = taskQueueOf(mission);
    await temporal.client.workflow.start(mission, { taskQueue, workflowId: plain, args: [{ id: plain, link: 0 }] });
    const runs = () => listRuns({ temporal, registry, mission, state: 'open' });
    const expected = [plain, routed].map((workflowId) =>
      expect.objectContaining({ workflowId, version: `${mission}@2` }),
    );
    await expect
      .poll(async () => (await runs()).sort((left, right) => left.workflowId.localeCompare(right.workflowId)), WAIT)
      .toEqual(expected);
    for (const run of await runs()) expect(run).not.toHaveProperty('waiting');
  });

  it('is where open runs are looked for, before a version is let go', async () => {
    const { artifact } = await registry.versions.get(mission, 2);
    const facts = await readMissionFacts(registry, temporal.client, mission);
    expect(facts).toMatchObject({ deployment: deploymentName, openArtifacts: [artifact] });
  });

  it('is where runs are moved', async () => {
    const version = (number: number) => ({ mission, number });
    const options = { registry, temporal, by: 'ada', reason: 'test', workers: 1, unchecked: true };
    const moved: string[] = [];
    for await (const run of moveRuns({ ...options, action: 'back', from: version(2), to: version(1) })) {
      moved.push(`${run.workflowId} ${run.status}`);
    }
    expect(moved.sort()).toEqual([`${plain} moved`, `${routed} moved`]);
    await vi.waitFor(async () => {
      expect((await versioning(routed))?.versioningOverride?.pinned?.version).toEqual({
        deploymentName,
        buildId: first,
      });
    }, WAIT);
  });

  it('leads from a recorded run to its version, stamped or not', async () => {
    expect(await recorded(routed)).toBe(`${mission}@1`);
    expect(await recorded(plain)).toBe(`${mission}@1`);
  });
});
