/** Open runs moved from version to version on a real server: only those that replay there, once, and on the record. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { DEFAULT_POLICY } from '../../src/gate/parse-policy.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import type { RecordingSummary } from '../../src/registry/recording-summary.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { RunMove } from '../../src/release/move-one.ts';
import { type MoveRunsOptions, moveRuns } from '../../src/release/move-runs.ts';
import { standingOf } from '../../src/release/run-standing.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { pinRun } from '../../src/temporal/run-versioning.ts';
import { publishFlight } from './flight-mission.ts';

const mission = `flight-${process.pid}`;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let sequence = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-move-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, mission, { tone: 'calm' });
  fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready();
}, 60_000);

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

async function publish(behaviour: Parameters<typeof publishFlight>[2]): Promise<number> {
  const number = await publishFlight(registry, mission, behaviour);
  await fleet.refresh();
  await fleet.ready();
  return number;
}

/** A run that took its first step and waits. */
async function start(workflowId = `${mission}-run-${++sequence}`): Promise<string> {
  await startMission({ registry, client: temporal.client, mission, input: { id: workflowId }, workflowId });
  await vi.waitFor(async () => expect((await standing(workflowId)).stepsDone).toBe(1), { timeout: 60_000 });
  return workflowId;
}

async function standing(workflowId: string) {
  const { runId } = await temporal.client.workflow.getHandle(workflowId).describe();
  const run = {
    workflowId,
    runId,
    mission,
    version: '',
    artifact: '',
    status: 'running' as const,
    startedAt: new Date(),
  };
  const found = (await standingOf(temporal.client, [run])).get(runId);
  if (found === undefined) throw new Error(`${workflowId} is not open`);
  return found;
}

const tell = (workflowId: string, word: string) => temporal.client.workflow.getHandle(workflowId).signal('tell', word);
const result = (workflowId: string) => temporal.client.workflow.getHandle(workflowId).result();

async function move(from: number, to: number, options: Partial<MoveRunsOptions> = {}): Promise<RunMove[]> {
  const moves: RunMove[] = [];
  const given = { registry, temporal, by: 'ada', reason: 'test', action: `move-${++sequence}`, workers: 1, ...options };
  for await (const one of moveRuns({ ...given, from: { mission, number: from }, to: { mission, number: to } })) {
    moves.push(one);
  }
  return moves.sort((left, right) => left.workflowId.localeCompare(right.workflowId));
}

/** The server's list is behind; wait until it shows what was started. */
async function listed(number: number, workflowIds: readonly string[]): Promise<void> {
  const version = { mission, number };
  await vi.waitFor(
    async () => {
      const runs = await listRuns({ temporal, registry, version, state: 'open' });
      expect(runs.map(({ workflowId }) => workflowId).sort()).toEqual([...workflowIds].sort());
    },
    { timeout: 60_000, interval: 200 },
  );
}

describe('moving open runs', () => {
  it('moves those whose history replays on the target, keeps the others with the reason, and does it once', async () => {
    const [fits, looked] = [await start(`${mission}-a`), await start(`${mission}-b`)];
    await tell(looked, 'look');
    await vi.waitFor(async () => expect((await standing(looked)).stepsDone).toBeGreaterThan(2), { timeout: 60_000 });
    const second = await publish({ tone: 'brisk', later: 'gossip' });
    await listed(1, [fits, looked]);

    const dry = await move(1, second, { dryRun: true, reason: '' });
    expect(dry).toMatchObject([
      { workflowId: fits, status: 'movable', ground: 'replayed' },
      { workflowId: looked, status: 'kept', reason: expect.stringContaining('look#2 asks something else (/what)') },
    ]);
    expect(await registry.interventions.list()).toEqual([]);

    expect(await move(1, second, { reason: 'too calm' })).toMatchObject([
      { workflowId: fits, status: 'moved', ground: 'replayed' },
      { workflowId: looked, status: 'kept' },
    ]);
    expect(await registry.interventions.list()).toMatchObject([
      { kind: 'move', workflowId: fits, from: 1, to: 2, ground: 'replayed', by: 'ada', reason: 'too calm' },
    ]);
    expect(await registry.audit.list({ action: 'run.move' })).toHaveLength(1);
    await listed(1, [looked]);
    await listed(second, [fits]);
    expect(await listRuns({ temporal, registry, version: { mission, number: second } })).toMatchObject([
      { workflowId: fits, version: `${mission}@2`, startedOn: `${mission}@1` },
    ]);
    expect(await move(1, second)).toMatchObject([{ workflowId: looked, status: 'kept' }]);

    for (const workflowId of [fits, looked]) {
      await tell(workflowId, 'look');
      await tell(workflowId, 'end');
    }
    expect(await result(fits)).toMatchObject({ tone: 'brisk', seen: ['all', 'gossip'] });
    expect(await result(looked)).toMatchObject({ tone: 'calm', seen: ['all', 'news', 'news'] });
  }, 120_000);

  it('finds a run that was moved and not recorded, and records it', async () => {
    const third = await publish({ tone: 'loud', later: 'gossip' });
    const workflowId = await start(`${mission}-c`);
    await publish({ tone: 'quiet', later: 'gossip' });
    const fourth = await registry.versions.get(mission, 4);
    const { runId } = await temporal.client.workflow.getHandle(workflowId).describe();
    const { deployment } = placementOf(mission, fourth.artifact, mission);
    expect(await pinRun(temporal, { workflowId, runId }, deployment, 'ada')).toBe('pinned');
    await listed(4, [workflowId]);
    expect(await move(third, 4)).toMatchObject([{ workflowId, status: 'moved', ground: 'found' }]);
    expect(await move(third, 4)).toEqual([]);
    await tell(workflowId, 'end');
    expect(await result(workflowId)).toMatchObject({ tone: 'quiet' });
  }, 120_000);

  it('moves a run without a check only when it is told to, and says so', async () => {
    const workflowId = await start(`${mission}-d`);
    const fifth = await publish({ tone: 'sharp', first: 'little' });
    await listed(4, [workflowId]);
    expect(await move(4, fifth)).toMatchObject([{ status: 'kept', reason: expect.stringContaining('look#1') }]);
    expect(await move(4, fifth, { unchecked: true, reason: 'emergency' })).toMatchObject([
      { status: 'moved', ground: 'forced' },
    ]);
    const [last] = (await registry.interventions.list({ workflowIds: [workflowId] })).slice(-1);
    expect(last).toMatchObject({ ground: 'forced', reason: 'emergency' });
    await tell(workflowId, 'end');
    expect(await result(workflowId)).toMatchObject({ tone: 'sharp' });
  }, 120_000);

  it('counts a moved run for the version that it ended on; one that was forced over is found unfaithful', async () => {
    const recorded = new Map<string, RecordingSummary>();
    const runs = ['a', 'b', 'd'].map((name) => ({ workflowId: `${mission}-${name}` }));
    const options = { client: temporal.client, registry, redactionKey: new Uint8Array(32), runs };
    for await (const one of collectRecordings(options)) {
      if (one.status === 'stored') recorded.set(one.recording.workflowId.slice(-1), one.recording);
    }
    expect(recorded.get('a')).toMatchObject({ mission, version: 2 });
    expect(recorded.get('b')).toMatchObject({ mission, version: 1 });
    expect(recorded.get('d')).toMatchObject({ mission, version: 5 });
    const report = await tryCandidate({
      registry,
      candidate: { mission, number: 3 },
      baseline: { mission, number: 2 },
      selection: { runs: [`${mission}-a`, `${mission}-d`] },
      policy: DEFAULT_POLICY,
      workers: 1,
    });
    expect(report.counts).toMatchObject({ recordings: 2, excluded: 1 });
    expect(report.excluded).toMatchObject([
      { reason: 'unfaithful', detail: expect.stringContaining('it was moved while it ran, from build') },
    ]);
  }, 120_000);

  it('refuses a target that nobody hosts, the same version, another mission, and a move without a reason', async () => {
    const refused = async (from: number, to: number, options: Partial<MoveRunsOptions> = {}) =>
      move(from, to, options).catch((error: { code: string }) => error.code);
    expect(await refused(1, 1)).toBe('USAGE');
    expect(await refused(1, 2, { reason: ' ' })).toBe('USAGE');
    expect(await refused(1, 99)).toBe('VERSION_UNKNOWN');
    const other = moveRuns({
      registry,
      temporal,
      by: 'ada',
      reason: 'x',
      action: 'x',
      from: { mission: 'other', number: 1 },
      to: { mission, number: 2 },
    });
    await expect(other.next()).rejects.toMatchObject({ code: 'USAGE' });
    const later = () => new Date(Date.now() + 3_600_000);
    await expect(move(1, 2, { now: later })).rejects.toMatchObject({
      code: 'VERSION_NOT_HOSTED',
      remedy: expect.stringContaining(`mission worker --mission ${mission}`),
    });
  });
});
