/** Runs that others move, or that go on, while they are moved: on PostgreSQL and a real server, the interleaving chosen. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { EventType } from '../../src/recording/proto.ts';
import type { Interventions } from '../../src/registry/interventions.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { RunMove } from '../../src/release/move-one.ts';
import { type MoveRunsOptions, moveRuns } from '../../src/release/move-runs.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { currentBuildId, pinRun } from '../../src/temporal/run-versioning.ts';
import { buildIdOf, deploymentVersionOf } from '../../src/temporal/worker-deployments.ts';
import { deferred } from '../registry/deferred.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { publishFlight } from './flight-mission.ts';

const mission = `at-once-${process.pid}`;
const patience = { timeout: 90_000, interval: 200 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
let postgres: TestPostgres;
/** The registry, as two people have it open. */
let ada: Registry;
let grace: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let actions = 0;

/** All on version 1, and in the middle of their way; each test has two of its own. */
const RUNS = ['same', 'others', 'between', 'outbid', 'foreign', 'fits', 'strays'] as const;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  ada = await openRegistry({ databaseUrl, actor: 'ada' });
  grace = await openRegistry({ databaseUrl, actor: 'grace' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(ada, mission, { tone: 'calm' });
  fleet = await startFleet({ registry: ada, temporal, missions: [mission], pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready();
  const workflowIds = RUNS.flatMap(runsNamed);
  for (const workflowId of workflowIds) {
    await startMission({ registry: ada, client: temporal.client, mission, input: { id: workflowId }, workflowId });
  }
  for (const workflowId of workflowIds) await waitFor(workflowId, 1);
  await publishFlight(ada, mission, { tone: 'brisk' });
  await publishFlight(ada, mission, { tone: 'loud' });
  await publishFlight(ada, mission, { tone: 'sharp', later: 'gossip' });
  await fleet.refresh();
  await fleet.ready();
  const version = { mission, number: 1 };
  const listed = () => listRuns({ temporal, registry: ada, version, state: 'open' });
  await vi.waitFor(async () => expect(await listed()).toHaveLength(workflowIds.length), patience);
});

afterAll(async () => {
  await fleet?.shutdown();
  await temporal?.close();
  await grace?.close();
  await ada?.close();
  await postgres?.stop();
});

function runsNamed(name: (typeof RUNS)[number]): string[] {
  return Array.from({ length: 2 }, (_, index) => `${mission}-${name}-${index}`);
}

const handleOf = (workflowId: string) => temporal.client.workflow.getHandle(workflowId);

/** Until a run has looked so often, and waits for the next word. */
async function waitFor(workflowId: string, looks: number): Promise<void> {
  await vi.waitFor(async () => {
    const { events } = await handleOf(workflowId).fetchHistory();
    const types = (events ?? []).map(({ eventType }) => eventType);
    expect(types.filter((type) => type === EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)).toHaveLength(looks);
    expect(types.at(-1)).toBe(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  }, patience);
}

async function move(by: 'ada' | 'grace', to: number, options: Partial<MoveRunsOptions>): Promise<RunMove[]> {
  const moves: RunMove[] = [];
  const versions = { from: { mission, number: 1 }, to: { mission, number: to } };
  const given = { registry: by === 'ada' ? ada : grace, temporal, by, reason: 'test', workers: 1 };
  for await (const one of moveRuns({ ...given, action: `move-${++actions}`, ...versions, ...options })) moves.push(one);
  return moves.sort((left, right) => left.workflowId.localeCompare(right.workflowId));
}

type Before = (run: { readonly workflowId: string; readonly runId: string }) => Promise<void>;

/** The server, where something happens before it is asked to pin a run. */
function beforePin(work: Before): TemporalConnection {
  const { connection } = temporal;
  const { workflowService } = connection;
  const pin = async (request: { readonly workflowExecution: Parameters<Before>[0] }) => {
    await work(request.workflowExecution);
    return workflowService.updateWorkflowExecutionOptions(request);
  };
  const service = Object.create(workflowService, { updateWorkflowExecutionOptions: { value: pin } }) as unknown;
  const wrapped = Object.create(connection, { workflowService: { value: service } }) as typeof connection;
  return { ...temporal, connection: wrapped };
}

/** Ada's registry, where something happens once her runs are pinned, each before she holds it to record it. */
function beforeRecord(work: Before): Registry {
  const pinned = new Set<string>();
  const holding: Interventions['holding'] = async (run, act) => {
    if (pinned.has(run.runId)) await work(run as Parameters<Before>[0]);
    pinned.add(run.runId);
    return ada.interventions.holding(run, act);
  };
  return { ...ada, interventions: { ...ada.interventions, holding } };
}

/** What is on record of runs, and where the server has them: one line each. */
async function standing(workflowIds: readonly string[]): Promise<string[]> {
  const versions = await ada.versions.list(mission);
  return Promise.all(
    workflowIds.map(async (workflowId) => {
      const rows = await ada.interventions.list({ workflowIds: [workflowId] });
      const { runId } = await handleOf(workflowId).describe();
      const entries = await ada.audit.list({ action: 'run.move', subject: `${workflowId}/${runId}` });
      expect(entries).toHaveLength(rows.length);
      const build = await currentBuildId(temporal.client, { workflowId, runId });
      const on = versions.find(({ artifact }) => buildIdOf(artifact) === build)?.number;
      return `${rows.map(({ by, from, to }) => `${by} @${from} to @${to}, `).join('')}on @${on}`;
    }),
  );
}

describe('two moves of the same runs at once', () => {
  /** Both have listed the runs before either pins one. */
  async function both(workflowIds: readonly string[], targets: readonly [number, number]): Promise<RunMove[][]> {
    const listed = { ada: deferred(), grace: deferred() };
    const pinning = beforePin(async () => {
      await Promise.all([listed.ada.promise, listed.grace.promise]);
    });
    const options = (by: 'ada' | 'grace') => ({ workflowIds, temporal: pinning, onListed: () => listed[by].resolve() });
    return Promise.all([move('ada', targets[0], options('ada')), move('grace', targets[1], options('grace'))]);
  }

  it('to one version record each run once, and tell who was first', async () => {
    const runs = runsNamed('same');
    const [byAda = [], byGrace = []] = await both(runs, [2, 2]);
    const found = await standing(runs);
    for (const [index, line] of found.entries()) {
      const first = line.startsWith('ada') ? 'ada' : 'grace';
      const [winner, other] = first === 'ada' ? [byAda[index], byGrace[index]] : [byGrace[index], byAda[index]];
      expect(line).toBe(`${first} @1 to @2, on @2`);
      expect(winner).toMatchObject({ status: 'moved', ground: 'replayed' });
      expect(other).toMatchObject({ status: 'moved-before', by: first });
    }
  });

  it('to different versions record each run once, and it is where its record says', async () => {
    const runs = runsNamed('others');
    const [byAda = [], byGrace = []] = await both(runs, [2, 3]);
    for (const [index, line] of (await standing(runs)).entries()) {
      expect(['ada @1 to @2, on @2', 'grace @1 to @3, on @3']).toContain(line);
      const expected = line.startsWith('ada') ? ['moved', 'elsewhere'] : ['elsewhere', 'moved'];
      expect([byAda[index]?.status, byGrace[index]?.status]).toEqual(expected);
    }
  });

  it('where one comes between the pin and the record of the other, record each run once', async () => {
    const runs = runsNamed('between');
    const byGrace: RunMove[] = [];
    const between = beforeRecord(async ({ workflowId }) => {
      byGrace.push(...(await move('grace', 2, { workflowIds: [workflowId] })));
    });
    const byAda = await move('ada', 2, { registry: between, workflowIds: runs });
    expect(byGrace.map(({ status }) => status)).toEqual(['moved', 'moved']);
    expect(byAda).toMatchObject(runs.map((workflowId) => ({ workflowId, status: 'moved-before', by: 'grace' })));
    expect(await standing(runs)).toEqual(runs.map(() => 'grace @1 to @2, on @2'));
  });

  it('leave a run to who pinned it first, though no record tells of it yet', async () => {
    const [workflowId = ''] = runsNamed('outbid');
    const workflowIds = [workflowId];
    const [listed, pinned] = [deferred(), deferred()];
    const holding: Interventions['holding'] = async (run, act) => {
      await pinned.promise;
      return grace.interventions.holding(run, act);
    };
    const waiting = { ...grace, interventions: { ...grace.interventions, holding } };
    const byGrace = move('grace', 3, { registry: waiting, workflowIds, onListed: () => listed.resolve() });
    const between = beforeRecord(async () => {
      pinned.resolve();
      await byGrace;
    });
    const byAda = await move('ada', 2, { registry: between, temporal: beforePin(() => listed.promise), workflowIds });
    expect(byAda).toMatchObject([{ workflowId, status: 'moved' }]);
    const reason = expect.stringContaining('no move of it is on record');
    expect(await byGrace).toMatchObject([{ workflowId, status: 'elsewhere', reason }]);
    expect(await standing(workflowIds)).toEqual(['ada @1 to @2, on @2']);
  });

  it('do not record a run that somebody pinned elsewhere with other means', async () => {
    const runs = runsNamed('foreign');
    const [{ artifact } = { artifact: 'none' }] = (await ada.versions.list(mission)).filter(
      ({ number }) => number === 3,
    );
    const target = deploymentVersionOf(await ada.deployments.nameOf(mission), artifact);
    const between = beforeRecord(async (run) => {
      expect(await pinRun(temporal, run, target, 'somebody')).toBe('pinned');
    });
    const byAda = await move('ada', 2, { registry: between, workflowIds: runs });
    const reason = `it is on build ${buildIdOf(artifact)} by now; no move of it is on record`;
    expect(byAda).toMatchObject(runs.map((workflowId) => ({ workflowId, status: 'elsewhere', reason })));
    expect(await standing(runs)).toEqual(runs.map(() => 'on @3'));
  });
});

describe('a run that goes on between its check and its pin', () => {
  /** Each run is told to look once more just before it is first pinned, and does so where it is. */
  function lookingOn(): TemporalConnection {
    const told = new Set<string>();
    return beforePin(async ({ workflowId }) => {
      if (told.has(workflowId)) return;
      told.add(workflowId);
      await handleOf(workflowId).signal('tell', 'look');
      await waitFor(workflowId, 2);
    });
  }

  it('is checked again, and stays moved where it still fits', async () => {
    const runs = runsNamed('fits');
    const moves = await move('ada', 2, { temporal: lookingOn(), workflowIds: runs });
    expect(moves).toMatchObject(runs.map((workflowId) => ({ workflowId, status: 'moved', ground: 'replayed' })));
    expect(await standing(runs)).toEqual(runs.map(() => 'ada @1 to @2, on @2'));
    for (const workflowId of runs) {
      await handleOf(workflowId).signal('tell', 'end');
      expect(await handleOf(workflowId).result()).toMatchObject({ tone: 'brisk', seen: ['all', 'news'] });
    }
  });

  it('is pinned back where it does not fit any more, with the reason, and is not recorded', async () => {
    const runs = runsNamed('strays');
    const moves = await move('ada', 4, { temporal: lookingOn(), workflowIds: runs });
    const reason = expect.stringMatching(
      /it went on while it was checked, and was pinned back: .*look#2 asks something else/,
    );
    expect(moves).toMatchObject(runs.map((workflowId) => ({ workflowId, status: 'kept', reason })));
    expect(await standing(runs)).toEqual(runs.map(() => 'on @1'));
    for (const workflowId of runs) {
      await handleOf(workflowId).signal('tell', 'end');
      expect(await handleOf(workflowId).result()).toMatchObject({ tone: 'calm', seen: ['all', 'news'] });
    }
  });
});
