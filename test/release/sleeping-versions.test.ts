/** Versions that nobody hosts any more, or did not yet, and what wakes them: a question to a run of theirs, and a move to them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { digestOfArtifact } from '../../src/artifact/artifact-digest.ts';
import { missionRun } from '../../src/client/mission-run.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { describeRun } from '../../src/fleet/list-runs.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { type MoveRunsOptions, moveRuns } from '../../src/release/move-runs.ts';
import { taskQueueOf } from '../../src/routing/placement.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { run } from '../cli/run.ts';
import { publishClaims } from '../client/mission.ts';

const mission = `sleeping-${process.pid}`;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let sequence = 0;
const patience = { timeout: 90_000, interval: 200 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-sleeping-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishClaims(registry, mission, 'calm');
  const options = { registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000 };
  fleet = await startFleet({ ...options, keepLast: 0, rollbackMs: 0 });
  await fleet.ready(60_000);
});

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

async function publish(tone: string): Promise<number> {
  const number = await publishClaims(registry, mission, tone);
  await fleet.refresh();
  await fleet.ready(60_000);
  return number;
}

/** A version that nobody asked for yet: another text, and nothing else. */
async function publishUnhosted(): Promise<number> {
  const latest = await registry.versions.latest(mission);
  const { digest: _, ...artifact } = await registry.artifacts.get(latest?.artifact ?? '');
  const definition = { ...artifact.definition, description: `never hosted ${++sequence}` };
  const digest = digestOfArtifact({ ...artifact, definition });
  await registry.artifacts.put({ ...artifact, definition, digest });
  const entry = { kind: 'publish', author: 'ada', message: 'later', commit: null, environment: {} } as const;
  return (await registry.versions.append({ ...entry, mission, artifact: digest })).version.number;
}

/** Takes all orders to wake it back, and waits until nobody hosts it. */
async function asleep(number: number): Promise<void> {
  await registry.hosting.order({ mission, version: number, action: 'retire', by: 'ada', reason: 'test' });
  await vi.waitFor(async () => {
    await fleet.refresh();
    expect(fleet.members().flatMap(({ versions }) => versions)).not.toContain(number);
  }, patience);
}

async function open(): Promise<string> {
  const workflowId = `${mission}-${++sequence}`;
  const input = { claim: 'c-1', waits: true };
  await startMission({ registry, client: temporal.client, mission, input, workflowId });
  return workflowId;
}

async function ended(workflowId: string): Promise<unknown> {
  const handle = temporal.client.workflow.getHandle(workflowId);
  await handle.signal('note', 'go');
  return handle.result();
}

async function isOn(workflowId: string, number: number): Promise<void> {
  const on = async () => (await describeRun({ temporal, registry }, workflowId)).version;
  await expect.poll(on, patience).toBe(`${mission}@${number}`);
}

async function move(from: number, to: number, options: Partial<MoveRunsOptions>): Promise<readonly unknown[]> {
  const versions = { from: { mission, number: from }, to: { mission, number: to } };
  const given = {
    ...versions,
    registry,
    temporal,
    by: 'ada',
    reason: 'test',
    action: `move-${++sequence}`,
    workers: 1,
  };
  const moves: unknown[] = [];
  // The server's list is behind: what was just started shows a moment later.
  await vi.waitFor(async () => {
    for await (const one of moveRuns({ ...given, ...options })) moves.push(one);
    expect(moves).not.toEqual([]);
  }, patience);
  return moves;
}

const notes = (workflowId: string) =>
  missionRun({ client: temporal.client, registry }, workflowId, undefined).query<string[]>('notes');

describe('a question to a run', () => {
  it('wakes the version that it was moved to, and not the one that it began on', async () => {
    const began = await publish('even');
    const workflowId = await open();
    await isOn(workflowId, began);
    const target = await publish('brisk');
    expect(await move(began, target, { workflowIds: [workflowId] })).toMatchObject([{ status: 'moved' }]);
    expect(await ended(workflowId)).toMatchObject({ tone: 'brisk' });
    await publish('curt');
    await asleep(began);
    await asleep(target);
    expect(await notes(workflowId)).toEqual(['go']);
    const orders = await registry.hosting.orders(mission);
    const woken = orders.filter(({ action, reason }) => action === 'wake' && reason.includes(workflowId));
    expect(woken.map(({ version }) => version)).toEqual([target]);
  });

  it('wakes the version that the server gave it, where it has no stamp', async () => {
    const version = await publish('plain');
    const workflowId = `${mission}-${++sequence}`;
    // The server hears of its new default a moment later.
    await vi.waitFor(async () => {
      await fleet.refresh();
      const handle = await temporal.client.workflow.start(mission, {
        workflowId,
        taskQueue: taskQueueOf(mission),
        args: [{ claim: 'c-1', waits: true }],
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
      await handle.query('notes');
      expect((await describeRun({ temporal, registry }, workflowId)).version).toBe(`${mission}@${version}`);
    }, patience);
    await ended(workflowId);
    await publish('later');
    await asleep(version);
    expect(await notes(workflowId)).toEqual(['go']);
  });
});

describe('a move', () => {
  it('wakes its target, says so, and gives up after a while', async () => {
    const from = await publish('from');
    const target = await publishUnhosted();
    const workflowIds = [await open()];
    await isOn(workflowIds[0] ?? '', from);
    expect(await move(from, target, { workflowIds, dryRun: true })).toMatchObject([{ status: 'movable' }]);
    const wakes = async () => (await registry.hosting.orders(mission)).filter(({ version }) => version === target);
    expect(await wakes()).toEqual([]);

    const hurried = { workflowIds, hosting: { waitMs: 0 } };
    const versions = { from: { mission, number: from }, to: { mission, number: target } };
    const refused = moveRuns({ ...versions, ...hurried, registry, temporal, by: 'ada', reason: 'x', action: 'x' });
    await expect(refused.next()).rejects.toMatchObject({
      code: 'VERSION_NOT_HOSTED',
      remedy: expect.stringContaining('Nothing was moved.'),
    });
    expect(await wakes()).toMatchObject([
      { action: 'wake', by: 'ada', reason: `open runs of ${mission}@${from} are moved there` },
    ]);
    await ended(workflowIds[0] ?? '');
  });

  it('does so on the command line, with what it waits for', async () => {
    const from = await publish('once more');
    const target = await publishUnhosted();
    const workflowId = await open();
    await isOn(workflowId, from);
    const env = { MISSION_ACTOR: 'grace', TEMPORAL_ADDRESS: inject('temporalAddress') };
    const argv = ['move', mission, '--from', `@${from}`, '--to', `@${target}`, '--run', workflowId, '--wait', '90s'];
    const told: string[] = [];
    await vi.waitFor(async () => {
      const ran = await run([...argv, '--reason', 'test'], { cwd: directory, env, shared: registry });
      told.push(ran.err);
      expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('1 run moved') });
    }, patience);
    expect(told[0]).toContain(`waiting for a worker: of ${mission}@${target}`);
    await isOn(workflowId, target);
    await ended(workflowId);
  });
});
