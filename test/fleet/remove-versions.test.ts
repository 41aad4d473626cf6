/** What nothing needs is removed from the server, once, and put on the record; what is needed, or not ours, is left alone. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeFleetEvent } from '../../src/fleet/fleet-event.ts';
import { readMissionFacts } from '../../src/fleet/fleet-facts.ts';
import { planFor, type WantedArtifact } from '../../src/fleet/plan-fleet.ts';
import { Remover, removable, SERVER_VERSIONS_WARN } from '../../src/fleet/remove-versions.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import {
  type DeployedVersion,
  deploymentVersionOf,
  describeDeployment,
} from '../../src/temporal/worker-deployments.ts';
import { run } from '../cli/run.ts';
import { sampleArtifact, sampleVersion } from '../registry/samples.ts';

const mission = `crowd-${process.pid}`;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-remove-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'fleet' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
});

afterAll(async () => {
  await temporal?.close();
  await registry?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A version of the ledger that the server knows, although no worker ever polled for it. */
async function publish(prompt: string): Promise<string> {
  const artifact = sampleArtifact(prompt, mission);
  await registry.artifacts.put(artifact);
  await registry.versions.append(sampleVersion(artifact));
  await tellServer(artifact.digest);
  return artifact.digest;
}

async function tellServer(digest: string): Promise<void> {
  const { workflowService } = temporal.connection;
  const common = { namespace: temporal.namespace, identity: 'test', requestId: randomUUID() };
  const deploymentVersion = deploymentVersionOf(mission, digest);
  await workflowService.createWorkerDeploymentVersion({ ...common, deploymentVersion });
}

const wanted = (artifact: string): WantedArtifact => ({ mission, artifact, versions: [1], reasons: ['traffic'] });

describe('what may be removed', () => {
  const digest = (text: string) => digestOf(text);
  const deployed = (text: string, status: DeployedVersion['status']) => ({
    ...deploymentVersionOf(mission, digest(text)),
    status,
  });

  it.each<[DeployedVersion['status'], boolean]>([
    ['inactive', true],
    ['drained', true],
    ['draining', false],
    ['current', false],
    ['ramping', false],
    ['unknown', false],
  ])('of versions that are %s: %s', (status, isRemovable) => {
    const deployment = { deploymentName: mission, currentBuildId: undefined, versions: [deployed('a', status)] };
    const found = removable({ versions: [{ number: 1, artifact: digest('a') }] }, deployment, []);
    expect(found.map(([artifact]) => artifact)).toEqual(isRemovable ? [digest('a')] : []);
  });

  it('nothing that is needed or that is not of the ledger', () => {
    const versions = [deployed('a', 'inactive'), deployed('b', 'inactive'), deployed('foreign', 'inactive')];
    const ours = ['a', 'b'].map((text, index) => ({ number: index + 1, artifact: digest(text) }));
    const deployment = { deploymentName: mission, currentBuildId: undefined, versions };
    expect(removable({ versions: ours }, deployment, [digest('a')]).map(([artifact]) => artifact)).toEqual([
      digest('b'),
    ]);
  });
});

describe('a fleet', () => {
  it('removes what nothing needs, and records it; it warns while many are left', async () => {
    await temporal.connection.workflowService.createWorkerDeployment({
      namespace: temporal.namespace,
      deploymentName: mission,
      identity: 'test',
      requestId: randomUUID(),
    });
    const needed = await publish('needed');
    const hosted = await publish('hosted');
    await publish('old');
    for (let index = 0; index < SERVER_VERSIONS_WARN - 3; index += 1) await tellServer(digestOf(`foreign ${index}`));
    const known = async () => (await describeDeployment(temporal, mission))?.versions.length;
    await expect.poll(known, { timeout: 30_000 }).toBe(SERVER_VERSIONS_WARN);
    const state = {
      mission,
      artifact: hosted,
      state: 'ready',
      since: '2026-03-01T12:00:00.000Z',
      error: null,
    } as const;
    await registry.workers.report({ id: 'w', identity: 'w', host: 'h', pid: 7, leaseMs: 600_000 }, [state]);

    const events: string[] = [];
    let nowMs = 1_000_000;
    const remover = new Remover(
      registry,
      temporal,
      (event) => events.push(describeFleetEvent(event)),
      () => nowMs,
    );
    const facts = [await readMissionFacts(registry, temporal.client, mission)];
    const plan = planFor([wanted(needed)], new Set());
    await remover.follow(facts, plan);
    expect(events).toEqual([
      expect.stringContaining(`the server knows ${SERVER_VERSIONS_WARN} versions of ${mission}, of 100`),
      `${mission}@3 removed from the server: nothing needs it`,
    ]);
    expect(await registry.hosting.orders(mission)).toMatchObject([{ version: 3, action: 'remove', by: 'fleet' }]);
    await expect.poll(known, { timeout: 30_000 }).toBe(SERVER_VERSIONS_WARN - 1);

    const { err } = await run(['versions', mission], { shared: registry });
    expect(err).toContain(`knows ${SERVER_VERSIONS_WARN} versions`);

    await remover.follow(facts, plan);
    nowMs += 60_000;
    await remover.follow(facts, plan);
    expect(events).toHaveLength(2);
    expect(await registry.workers.sizes()).toMatchObject([{ mission, versions: SERVER_VERSIONS_WARN - 1 }]);
  });
});
