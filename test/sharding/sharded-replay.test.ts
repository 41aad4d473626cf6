/** A cohort in shards, on worker processes, PostgreSQL and a real server: the report is that of a replay in one process, bit for bit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { renderJson } from '../../src/compare/render/json.ts';
import type { Report } from '../../src/compare/report.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { type TryOptions, tryCandidate } from '../../src/release/try-candidate.ts';
import { type FleetJudgeOptions, judgeOverFleet, type ShardProgress } from '../../src/sharding/judge-over-fleet.ts';
import { replayWorkflowId } from '../../src/sharding/replay-places.ts';
import { sweepReplays } from '../../src/sharding/sweep-replays.ts';
import type { TemporalConnection } from '../../src/temporal/connection.ts';
import { run } from '../cli/run.ts';
import { type Depot, endProcess, openDepot } from './depot.ts';

const mission = `parcel-${process.pid}`;
const RUNS = 14;
const policy = parsePolicyFlags(['second-opinion=4', 'per-recording-ms<=4000']);
const NOW = new Date('2026-03-01T12:00:00.000Z');

let depot: Depot;
let registry: Registry;
let temporal: TemporalConnection;

beforeAll(async () => {
  depot = await openDepot(mission, RUNS, inject('temporalAddress'));
  ({ registry, temporal } = depot);
});

afterAll(() => depot?.close());

afterEach(() => depot.stopWorkers());

function attempt(number: number, over: Partial<TryOptions> = {}): Promise<Report> {
  return tryCandidate({ registry, candidate: { mission, number }, policy, workers: 1, clock: () => NOW, ...over });
}

function sharded(number: number, shards: number | undefined, over: Partial<TryOptions & FleetJudgeOptions> = {}) {
  const judge = judgeOverFleet({ registry, temporal, shards, heartbeatTimeoutMs: 5_000, ...over });
  return attempt(number, { judge, ...over });
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
    await Promise.all([depot.startWorker('one'), depot.startWorker('two')]);
    for (const shards of [1, 2, 5]) {
      expect(renderJson(await sharded(2, shards))).toBe(renderJson(intended));
    }
    expect(renderJson(await sharded(3, 4))).toBe(renderJson(hostile));
    expect(await depot.leftovers()).toBe(0);
    const all = { policy: { ...policy, secondOpinion: 'all' as const } };
    expect(renderJson(await sharded(2, RUNS + 10, all))).toBe(renderJson(await attempt(2, all)));
  });

  it('gives it also when workers die in the midst: a shard that was done twice counts once', async () => {
    const doomed = [
      await depot.startWorker('doomed', 'before-keeping'),
      await depot.startWorker('lost', 'after-keeping'),
    ];
    const deaths = Promise.all(doomed.map((child) => once(child, 'exit')));
    const report = sharded(2, 3);
    expect((await deaths).map(([, signal]) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
    await depot.startWorker('heir');
    expect(renderJson(await report)).toBe(renderJson(await attempt(2)));
    expect(await depot.leftovers()).toBe(0);
  });

  it('goes on elsewhere when a worker is stopped in the midst', async () => {
    const leaving = await depot.startWorker('leaving');
    const taken = once(leaving, 'message');
    const report = sharded(2, 4);
    await taken;
    await endProcess(leaving, 'SIGTERM');
    expect(leaving.exitCode).toBe(0);
    await depot.startWorker('staying');
    expect(renderJson(await report)).toBe(renderJson(await attempt(2)));
  });

  it('leaves a partial report when it is stopped, nothing else, and the worker is free for the next', async () => {
    await depot.startWorker('only');
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
    expect(await depot.leftovers()).toBe(0);
    await expect.poll(openReplays, PARTS).toBe(0);
    expect(renderJson(await sharded(2, 2))).toBe(renderJson(await attempt(2)));
  });

  it('of named runs excludes those whose maker nobody has, with the reason', async () => {
    const [first] = await registry.recordings.list({ mission });
    const known = await registry.recordings.get(first?.id ?? '');
    const stranger = { ...known.summary, id: `${known.summary.id}-stranger`, artifact: `sha256:${'0'.repeat(64)}` };
    await registry.recordings.put({ ...known, summary: stranger });
    const selection = { runs: [known.summary.id, stranger.id] };
    await depot.startWorker('one');
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
    await registry.replayHosts.report({ id: 'old', identity: 'old', release: '0.0.1', processes: 1 }, 60_000);
    await expect(sharded(2, 2)).rejects.toMatchObject({
      code: 'REPLAY_NOT_HOSTED',
      message: expect.stringContaining('of release 0.0.1'),
    });
    await registry.replayHosts.leave('old');
    expect(await depot.leftovers()).toBe(0);
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
    expect(await depot.leftovers()).toBe(0);
    expect((await temporal.client.workflow.getHandle(workflowId).describe()).status.name).toBe('TERMINATED');
  });
});

describe('the command line', { timeout: 240_000 }, () => {
  it('replays in the processes that a worker offers, and says the same as on one machine', async () => {
    const env = {
      DATABASE_URL: depot.databaseUrl,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      MISSION_ACTOR: 'ada',
    };
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const argv = ['--import', 'tsx', main, 'worker', '--no-host', '--no-record', '--replay-processes', '1', '--json'];
    const worker = spawn(process.execPath, argv, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    worker.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    try {
      const hosts = async () => JSON.parse((await run(['workers', mission, '--json'], { env })).out).replayHosts;
      await expect.poll(hosts, { timeout: 60_000, interval: 500 }).toMatchObject([{ processes: 1 }]);
      expect((await run(['workers', mission], { env })).out).toContain('takes shards of replays');
      const out = await mkdtemp(join(tmpdir(), 'mission-test-shards-'));
      onTestFinished(() => rm(out, { recursive: true }));
      const replay = ['replay', `${mission}@2`, '--json', '--out', out];
      const [here, there] = [await run(replay, { env }), await run([...replay, '--shards', '3'], { env })];
      expect(there.code).toBe(here.code);
      expect(JSON.parse(there.out).digest).toBe(JSON.parse(here.out).digest);
      await expect.poll(() => said.match(/replay-done/g)?.length, { timeout: 60_000 }).toBe(3);
    } finally {
      await endProcess(worker, 'SIGTERM');
    }
    expect(worker.exitCode).toBe(0);
  });

  it('refuses what cannot be sharded, and what is no number of shards', async () => {
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const embedded = await run(['worker', '--replay-processes', '2'], { cwd, env: {} });
    expect(embedded).toMatchObject({ code: 2, err: expect.stringContaining('DATABASE_URL') });
    const plain = await run(['replay', '--workflows', 'a', '--histories', 'b', '--shards', '2'], { cwd, env: {} });
    expect(plain).toMatchObject({ code: 2, err: expect.stringContaining('--shards is for versions') });
    expect(await run(['replay', '@2', '--shards', 'many'], { cwd, env: {} })).toMatchObject({ code: 2 });
  });
});
