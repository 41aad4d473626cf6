/** A cohort in shards, on worker processes, PostgreSQL and a real server: the report is that of a replay in one process, bit for bit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { IntendedChange } from '../../src/compare/intended-change.ts';
import { renderJson } from '../../src/compare/render/json.ts';
import type { Report } from '../../src/compare/report.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { type TryOptions, tryCandidate } from '../../src/release/try-candidate.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { type FleetJudgeOptions, judgeOverFleet, type ShardProgress } from '../../src/sharding/judge-over-fleet.ts';
import { replayWorkflowId } from '../../src/sharding/replay-places.ts';
import { sweepReplays } from '../../src/sharding/sweep-replays.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { startPostgres, type TestPostgres, withClient } from '../support/postgres.ts';
import { parcelMission } from './parcel-mission.ts';

const mission = `parcel-${process.pid}`;
const RUNS = 14;
const policy = parsePolicyFlags(['second-opinion=4', 'per-recording-ms<=4000']);
const NOW = new Date('2026-03-01T12:00:00.000Z');

let postgres: TestPostgres;
let databaseUrl: string;
let registry: Registry;
let temporal: TemporalConnection;
let workers: ChildProcess[] = [];

const ref = (number: number) => ({ mission, number });

const light: IntendedChange = {
  name: 'light-only',
  reason: 'The cars are smaller.',
  owner: 'depot',
  when: [{ pointer: '/weight', oneOf: [8, 9, 10, 11] }],
  was: [],
  becomes: [{ pointer: '/taken', oneOf: [false] }],
  mayChange: [],
  writes: ['bookCar'],
};

/** Versions: 1 ran; 2 takes less, as declared; 3 is hostile to some parcels. */
beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publish('weight <= 11');
  await recordRuns();
  await publish('weight <= 7', { intended: [light] });
  await publish('weight <= 10', {
    first: `
        if (weight === 3) for (;;) { if (id === '') break; }
        if (weight === 5) throw 'not even an error';
        if (weight === 9) Object.prototype['taken' as never] = 'everywhere' as never;`,
  });
});

afterAll(async () => {
  await temporal?.close();
  await registry?.close();
  await postgres?.stop();
});

afterEach(async () => {
  for (const child of workers) await end(child, 'SIGTERM');
  workers = [];
});

async function publish(takes: string, more: { first?: string; intended?: readonly IntendedChange[] } = {}) {
  const { first, intended } = more;
  const root = await copyProject(parcelMission({ mission, takes, ...(first !== undefined && { first }) }));
  await publishMission({ registry, root, mission, intended });
}

async function recordRuns(): Promise<void> {
  const fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000 });
  await activateVersion({ registry, ref: ref(1), by: 'ada', hosting: { waitMs: 60_000 } });
  const { client } = temporal;
  const ids = Array.from({ length: RUNS }, (_, weight) => `${mission}-${weight}`);
  for (const [weight, workflowId] of ids.entries()) {
    await startMission({ registry, client, mission, input: { id: `p-${weight}`, weight }, workflowId });
  }
  await Promise.all(ids.map((id) => client.workflow.result(id)));
  const redactionKey = new Uint8Array(32);
  const runs = ids.map((workflowId) => ({ workflowId }));
  for await (const { status } of collectRecordings({ client, registry, redactionKey, runs }))
    expect(status).toBe('stored');
  await fleet.shutdown();
}

/** Resolves when it takes shards. */
async function startWorker(name: string, death?: 'before-keeping' | 'after-keeping'): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('shard-worker.ts', import.meta.url));
  const argv = ['--import', 'tsx', script, databaseUrl, inject('temporalAddress'), name, ...(death ? [death] : [])];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  workers.push(child);
  const isThere = async () => (await registry.replayHosts.live()).some(({ identity }) => identity === name);
  await expect.poll(isThere, { timeout: 60_000, interval: 100 }).toBe(true);
  return child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

function attempt(number: number, over: Partial<TryOptions> = {}): Promise<Report> {
  return tryCandidate({ registry, candidate: ref(number), policy, workers: 1, clock: () => NOW, ...over });
}

function sharded(number: number, shards: number | undefined, over: Partial<TryOptions & FleetJudgeOptions> = {}) {
  const judge = judgeOverFleet({ registry, temporal, shards, heartbeatTimeoutMs: 5_000, ...over });
  return attempt(number, { judge, ...over });
}

/** Rows that replays in shards have left. */
function leftovers(): Promise<number> {
  const tables = ['replays', 'replay_shards', 'replay_results'];
  const counts = tables.map((table) => `(SELECT count(*) FROM mission.${table})`).join(' + ');
  return withClient(databaseUrl, async (client) =>
    Number((await client.query(`SELECT ${counts} AS rows`)).rows[0].rows),
  );
}

const PARTS = { timeout: 60_000, interval: 100 };

/** Workflows of shards that are open. */
async function openReplays(): Promise<number> {
  const query = "WorkflowType = 'replayShards' AND ExecutionStatus = 'Running'";
  return (await temporal.client.workflow.count(query)).count;
}

describe('a replay in shards', { timeout: 300_000 }, () => {
  it('gives the report of a replay in one process, bit for bit, whatever the number of shards', async () => {
    const [intended, hostile] = [await attempt(2), await attempt(3)];
    expect(intended.intended?.changes).toMatchObject([{ name: 'light-only', states: { happened: 4 } }]);
    expect(intended.counts.determinismChecked).toBe(4);
    expect(hostile.counts.outcomes).toMatchObject({ failed: 1, changed: 2 });
    await Promise.all([startWorker('one'), startWorker('two')]);
    for (const shards of [1, 2, 5, undefined]) {
      expect(renderJson(await sharded(2, shards))).toBe(renderJson(intended));
    }
    expect(renderJson(await sharded(3, 4))).toBe(renderJson(hostile));
    expect(await leftovers()).toBe(0);
    const all = { policy: { ...policy, secondOpinion: 'all' as const } };
    expect(renderJson(await sharded(2, RUNS + 10, all))).toBe(renderJson(await attempt(2, all)));
  });

  it('gives it also when workers die in the midst: a shard that was done twice counts once', async () => {
    const doomed = [await startWorker('doomed', 'before-keeping'), await startWorker('lost', 'after-keeping')];
    const deaths = Promise.all(doomed.map((child) => once(child, 'exit')));
    const report = sharded(2, 3);
    expect((await deaths).map(([, signal]) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
    await startWorker('heir');
    expect(renderJson(await report)).toBe(renderJson(await attempt(2)));
    expect(await leftovers()).toBe(0);
  });

  it('goes on elsewhere when a worker is stopped in the midst', async () => {
    const leaving = await startWorker('leaving');
    const taken = once(leaving, 'message');
    const report = sharded(2, 4);
    await taken;
    await end(leaving, 'SIGTERM');
    expect(leaving.exitCode).toBe(0);
    await startWorker('staying');
    expect(renderJson(await report)).toBe(renderJson(await attempt(2)));
  });

  it('leaves a partial report when it is stopped, nothing else, and the worker is free for the next', async () => {
    await startWorker('only');
    const stopping = new AbortController();
    const onProgress = ({ shards }: ShardProgress) => {
      if (shards.done > 0) stopping.abort();
    };
    const judge = judgeOverFleet({ registry, temporal, shards: RUNS, onProgress });
    const report = await attempt(2, { judge, signal: stopping.signal });
    expect(report.partial).toBe(true);
    expect(report.verdict.verdict).not.toBe('passed');
    expect(report.counts.recordings).toBeGreaterThan(0);
    expect(report.counts.recordings).toBeLessThan(RUNS);
    expect(await leftovers()).toBe(0);
    await expect.poll(openReplays, PARTS).toBe(0);
    expect(renderJson(await sharded(2, 2))).toBe(renderJson(await attempt(2)));
  });

  it('of named runs excludes those whose maker nobody has, with the reason', async () => {
    const [first] = await registry.recordings.list({ mission });
    const known = await registry.recordings.get(first?.id ?? '');
    const stranger = { ...known.summary, id: `${known.summary.id}-stranger`, artifact: `sha256:${'0'.repeat(64)}` };
    await registry.recordings.put({ ...known, summary: stranger });
    const selection = { runs: [known.summary.id, stranger.id] };
    await startWorker('one');
    const report = await sharded(2, 2, { selection });
    expect(report.excluded).toMatchObject([{ recording: { id: stranger.id }, reason: 'unsupported' }]);
    expect(renderJson(report)).toBe(renderJson(await attempt(2, { selection })));
  });
});

describe('what is refused', { timeout: 120_000 }, () => {
  it('live answers, which have one budget', async () => {
    await expect(sharded(2, 2, { policy: parsePolicyFlags(['model=live']) })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('Live answers'),
    });
  });

  it('regression cases, which are files of one machine', async () => {
    await expect(sharded(2, 2, { selection: { fixtures: ['replay-fixtures'] } })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('Regression cases'),
    });
  });

  it('shards that no worker of this release takes', async () => {
    await expect.poll(() => registry.replayHosts.live(), PARTS).toEqual([]);
    await registry.replayHosts.report({ id: 'old', identity: 'old', release: '0.0.1', threads: 1 }, 60_000);
    await expect(sharded(2, 2)).rejects.toMatchObject({
      code: 'REPLAY_NOT_HOSTED',
      message: expect.stringContaining('of release 0.0.1'),
    });
    await registry.replayHosts.leave('old');
    expect(await leftovers()).toBe(0);
  });

  it('an embedded registry, which one process has', async () => {
    const embedded = { ...registry, kind: 'pglite' as const, place: '.mission/registry' };
    await expect(sharded(2, 2, { registry: embedded })).rejects.toMatchObject({
      code: 'USAGE',
      remedy: expect.stringContaining('DATABASE_URL'),
    });
  });
});

describe('a replay whose coordinator died', () => {
  it('is removed, and its workflow ended, by whoever looks next', async () => {
    const id = `dead-${process.pid}`;
    await registry.replays.begin({ id, mission, plan: {}, shards: [['a'], ['b']], leaseMs: 1 });
    const workflowId = replayWorkflowId(id);
    await temporal.client.workflow.start('replayShards', { workflowId, taskQueue: workflowId, args: [{}] });
    await sweepReplays(registry, temporal.client);
    expect(await leftovers()).toBe(0);
    expect((await temporal.client.workflow.getHandle(workflowId).describe()).status.name).toBe('TERMINATED');
  });
});
