/**
 * The recorder on a real Temporal server and a real PostgreSQL: every ended run is recorded once, whoever looks, whoever dies,
 * and whatever the server forgets afterwards.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { DEFAULT_POLICY } from '../../src/gate/parse-policy.ts';
import { fromStoredRecording } from '../../src/recording/build-recording.ts';
import { type Recorder, type RecorderOptions, startRecorder } from '../../src/recording/recorder.ts';
import type { RecorderEvent } from '../../src/recording/recorder-event.ts';
import { RECORD_ALL } from '../../src/registry/recording-policy.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { explainRun } from '../../src/release/explain-run.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { runsOf } from '../../src/routing/mission-query.ts';
import { taskQueueOf } from '../../src/routing/placement.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishClaims } from '../client/mission.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

const mission = `recorded-${process.pid}`;
const redactionKey = new Uint8Array(32);
/** Longer than any test: only what a test asks for happens. */
const NEVER_MS = 3_600_000;

let postgres: TestPostgres;
let databaseUrl: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let folder: string;
let sequence = 0;
/** Whom the fleet tells of ending runs. */
let listener: Recorder | undefined;
const recorders: Recorder[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mission-test-recorder-'));
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishClaims(registry, mission, 'calm');
  const onRunEnding = (run: { workflowId: string; runId: string }) => listener?.notice(run);
  fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000, onRunEnding });
  await fleet.ready(60_000);
});

afterAll(async () => {
  for (const recorder of recorders) await recorder.stop();
  await fleet?.shutdown();
  await temporal?.close();
  await registry?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

function recorder(options: Partial<RecorderOptions> = {}): Recorder {
  sequence += 1;
  const made = startRecorder({
    client: temporal.client,
    registry,
    server: `test-${process.pid}-${sequence}`,
    identity: `recorder-${sequence}`,
    redactionKey,
    missions: [mission],
    queryOf: runsOf,
    sweepMs: NEVER_MS,
    ...options,
  });
  recorders.push(made);
  return made;
}

/** Starts a run; without `wait`, it ends by itself. */
async function start(input: object = {}): Promise<string> {
  sequence += 1;
  const workflowId = `${mission}-${sequence}`;
  await startMission({ registry, client: temporal.client, mission, input: { claim: 'c-1', ...input }, workflowId });
  return workflowId;
}

async function ended(count: number, input: object = {}): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => start(input)));
  await Promise.all(
    ids.map((id) =>
      temporal.client.workflow
        .getHandle(id)
        .result()
        .catch(() => undefined),
    ),
  );
  await visible(ids);
  return ids;
}

/** The server's lists lag behind. */
async function visible(workflowIds: readonly string[]): Promise<void> {
  const query = `WorkflowId IN (${workflowIds.map((id) => `'${id}'`).join(', ')}) AND ExecutionStatus != 'Running'`;
  await vi.waitFor(async () => expect((await temporal.client.workflow.count(query)).count).toBe(workflowIds.length), {
    timeout: 60_000,
    interval: 100,
  });
}

async function recordingsOf(workflowIds: readonly string[]): Promise<string[]> {
  const all = await registry.recordings.list({ mission });
  return all.map(({ workflowId }) => workflowId).filter((id) => workflowIds.includes(id));
}

async function recordingIds(workflowIds: readonly string[]): Promise<string[]> {
  const all = await registry.recordings.list({ mission });
  return all.filter(({ workflowId }) => workflowIds.includes(workflowId)).map(({ id }) => id);
}

async function auditOf(workflowIds: readonly string[], wanted = 'recording.put'): Promise<string[]> {
  const subjects: string[] = [];
  for await (const { action, subject } of registry.audit.stream()) if (action === wanted) subjects.push(subject);
  return subjects.filter((subject) => workflowIds.includes(subject.split('/')[0] ?? ''));
}

describe('a run that ends in a worker of this process', () => {
  it('is recorded without a sweep, completed or failed', async () => {
    const events: RecorderEvent[] = [];
    listener = recorder({ missions: [], onEvent: (event) => events.push(event) });
    const ids = [await start(), await start({ claim: 'bad' })];
    await vi.waitFor(async () => expect((await recordingsOf(ids)).toSorted()).toEqual(ids.toSorted()), 60_000);
    listener = undefined;
    expect(events.filter(({ kind }) => kind !== 'recorded')).toEqual([]);
  });

  it('has the history that it has without a recorder', async () => {
    const [id = ''] = await ended(1);
    const { events } = await temporal.client.workflow.getHandle(id).fetchHistory();
    const types = (events ?? []).map(({ eventType }) => eventType);
    listener = recorder({ missions: [] });
    const [other = ''] = await ended(1);
    listener = undefined;
    const heard = await temporal.client.workflow.getHandle(other).fetchHistory();
    expect((heard.events ?? []).map(({ eventType }) => eventType)).toEqual(types);
  });
});

describe('a sweep', () => {
  it('finds what nobody noticed, runs that the server ended among them; once, however often it is made', async () => {
    const ids = await ended(3);
    const terminated = await start({ waits: true });
    await temporal.client.workflow.getHandle(terminated).terminate('over');
    await visible([terminated]);
    const own = recorder();
    await own.sweep();
    await own.sweep();
    expect((await recordingsOf([...ids, terminated])).toSorted()).toEqual([...ids, terminated].toSorted());
    expect(await auditOf([...ids, terminated])).toHaveLength(4);
  });

  it('by several recorders at once takes every run once', async () => {
    const ids = await ended(20);
    const other = await openRegistry({ databaseUrl, actor: 'grace' });
    try {
      const many = [recorder(), recorder({ registry: other }), recorder({ registry: other }), recorder()];
      await Promise.all(many.map((one) => one.sweep()));
    } finally {
      await other.close();
    }
    expect((await recordingsOf(ids)).toSorted()).toEqual(ids.toSorted());
    expect(await auditOf(ids)).toHaveLength(ids.length);
    expect((await registry.audit.verify()).intact).toBe(true);
  });

  it('begins where the last complete one began: what ended meanwhile is found by the next process', async () => {
    const server = `shared-${process.pid}`;
    await recorder({ server }).sweep();
    const ids = await ended(2);
    await recorder({ server }).sweep();
    expect((await recordingsOf(ids)).toSorted()).toEqual(ids.toSorted());
  });

  it('is made by one process at a time', async () => {
    const scope = `claims-${process.pid}`;
    const at = (ms: number) => new Date(1_000_000 + ms);
    const claims = await Promise.all(
      ['a', 'b', 'c'].map((by) => registry.collection.claimSweep(scope, { by, now: at(0), until: at(60_000) })),
    );
    expect(claims.filter((claim) => claim !== undefined)).toEqual([{ sweptTo: null }]);
    await registry.collection.finishSweep(scope, { sweptTo: at(0), next: at(10_000) });
    expect(await registry.collection.claimSweep(scope, { by: 'b', now: at(9_000), until: at(70_000) })).toBeUndefined();
    const next = await registry.collection.claimSweep(scope, { by: 'b', now: at(10_000), until: at(70_000) });
    expect(next).toEqual({ sweptTo: at(0).toISOString() });
  });
});

describe('push and sweep together', () => {
  it('take every run once, though both see all of them: no recording and no audit entry is missing or doubled', async () => {
    const swept = [recorder(), recorder()];
    listener = recorder({ missions: [] });
    const running = ended(20);
    let isOver = false;
    const sweeping = (async () => {
      while (!isOver) await Promise.all(swept.map((one) => one.sweep()));
    })();
    const ids = await running;
    await listener.idle();
    listener = undefined;
    isOver = true;
    await sweeping;
    await recorder().sweep();
    expect((await recordingsOf(ids)).toSorted()).toEqual(ids.toSorted());
    expect((await auditOf(ids)).toSorted()).toEqual((await recordingIds(ids)).toSorted());
    expect((await registry.audit.verify()).intact).toBe(true);
  });
});

describe('a policy', () => {
  const why = { by: 'ada', reason: 'test' };
  afterEach(async () => {
    await registry.retention.setPolicy(mission, RECORD_ALL, why);
  });

  it('of sampling leaves runs out for good, and keeps failures and rare ways', async () => {
    await registry.retention.setPolicy(mission, { ...RECORD_ALL, rate: 0 }, why);
    const before = await registry.collection.counts(mission);
    const plain = await ended(3);
    const bad = await ended(2, { claim: 'bad' });
    await recorder().sweep();
    expect(await recordingsOf([...plain, ...bad])).toHaveLength(2);
    expect((await recordingsOf(bad)).toSorted()).toEqual(bad.toSorted());
    const after = await registry.collection.counts(mission);
    expect(after['sampled-out'] - before['sampled-out']).toBe(3);
    expect(after.stored - before.stored).toBe(2);
    // What was left out stays so when the share grows: it was decided.
    await registry.retention.setPolicy(mission, RECORD_ALL, why);
    await recorder().sweep();
    expect(await recordingsOf(plain)).toEqual([]);
    expect(await auditOf(plain)).toEqual([]);
  });

  it('of sampling lets a way in until enough recordings went it', async () => {
    const way = `rare ${Math.random()}`;
    await registry.retention.setPolicy(mission, { ...RECORD_ALL, rate: 0, rareBelow: 2 }, why);
    const { collection } = registry;
    const counted = {
      ...registry,
      collection: { ...collection, countWay: async () => collection.countWay(mission, way) },
    };
    const ids = await ended(1);
    const own = recorder({ registry: counted });
    await own.sweep();
    expect(await recordingsOf(ids)).toEqual(ids);
  });

  it('of retention is applied by the recorder, with the tombstones and audit entries of each deletion once', async () => {
    const ids = await ended(3);
    await recorder().sweep();
    const recorded = await recordingIds(ids);
    expect(recorded).toHaveLength(3);
    await registry.retention.hold(recorded[0] ?? '', why);
    await registry.retention.setPolicy(mission, { ...RECORD_ALL, keepMs: 3_600_000 }, why);
    const clock = () => new Date(Date.now() + 7_200_000);
    const later = await openRegistry({ databaseUrl, actor: 'grace', clock });
    try {
      const events: RecorderEvent[] = [];
      const [one, other] = [1, 2].map(() =>
        recorder({ registry: later, clock, onEvent: (event) => events.push(event) }),
      );
      await vi.waitFor(() => expect(events.some(({ kind }) => kind === 'deleted')).toBe(true), 60_000);
      await vi.waitFor(async () => expect(await recordingsOf(ids)).toHaveLength(1), 60_000);
      await one?.stop();
      await other?.stop();
    } finally {
      await later.close();
    }
    expect(await recordingIds(ids)).toEqual([recorded[0]]);
    const gone = recorded.slice(1);
    expect((await registry.retention.tombstones({ ids: gone })).map(({ id }) => id).toSorted()).toEqual(
      gone.toSorted(),
    );
    expect((await auditOf(ids, 'recording.delete')).toSorted()).toEqual(gone.toSorted());
    // The server still has the runs: nothing of them comes back.
    await registry.retention.setPolicy(mission, RECORD_ALL, why);
    await recorder().sweep();
    expect(await recordingIds(ids)).toEqual([recorded[0]]);
    await registry.retention.release(recorded[0] ?? '', why);
  });
});

describe('a recorder that is killed', () => {
  it('between fetching and storing leaves nothing half done, and the next one records everything', async () => {
    const ids = await ended(6);
    const child = await childRecorder();
    try {
      await once(child, 'message', { signal: AbortSignal.timeout(60_000) });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const before = await recordingsOf(ids);
    expect(before.length).toBeLessThan(ids.length);
    await recorder().sweep();
    expect((await recordingsOf(ids)).toSorted()).toEqual(ids.toSorted());
    expect(await auditOf(ids)).toHaveLength(ids.length);
  });
});

describe('a run that cannot be recorded', () => {
  it('is noted with its reason, left alone until it is due, and recorded when the reason is gone', async () => {
    const [id = ''] = await ended(1);
    let now = new Date();
    const without = { ...registry, artifacts: { ...registry.artifacts, get: () => Promise.reject(missing()) } };
    const events: RecorderEvent[] = [];
    const broken = recorder({ registry: without, clock: () => now, onEvent: (event) => events.push(event) });
    await broken.sweep();
    const of = async () => (await registry.collection.failures(1_000)).find(({ workflowId }) => workflowId === id);
    expect(await of()).toMatchObject({ code: 'INTERNAL', attempts: 1 });
    expect(events.filter((event) => event.kind === 'failed' && event.run.workflowId === id)).toHaveLength(1);
    await broken.sweep();
    expect(await of()).toMatchObject({ attempts: 1 });
    now = new Date(now.getTime() + 60_000);
    await recorder({ clock: () => now }).sweep();
    expect(await of()).toBeUndefined();
    expect(await recordingsOf([id])).toEqual([id]);
  });

  it('because nobody decided anything in it is left out for good, and stored nowhere', async () => {
    sequence += 1;
    const id = `${mission}-${sequence}`;
    const options = {
      workflowId: id,
      taskQueue: taskQueueOf(mission),
      args: [{ claim: 'c-1' }],
      startDelay: '1h',
    } as const;
    await (await temporal.client.workflow.start(mission, options)).terminate();
    await visible([id]);
    await recorder().sweep();
    const { runId } = await temporal.client.workflow.getHandle(id).describe();
    expect(await registry.collection.settled([runId], 'all')).toEqual(new Map([[runId, null]]));
    expect(await registry.recordings.list({ workflowId: id })).toEqual([]);
  });

  it('because the server forgot it is noted as lost, and not tried again', async () => {
    const run = { workflowId: `${mission}-gone`, runId: '3f1c6f3e-0000-4000-8000-000000000000' };
    const own = recorder({ missions: [] });
    await registry.collection.fail(run, { code: 'INTERNAL', message: 'x', remedy: undefined }, new Date(0));
    await own.sweep();
    const found = (await registry.collection.failures(1_000)).find(({ runId }) => runId === run.runId);
    expect(found).toMatchObject({ code: 'RUN_UNKNOWN', retryAt: null, attempts: 2 });
  });
});

describe('a recording', () => {
  it('outlives the run on the server: it is explained and replayed after the server deleted it', async () => {
    const [id = ''] = await ended(1);
    await recorder().sweep();
    const { client, namespace } = temporal;
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId: id } });
    await vi.waitFor(async () => {
      await expect(client.workflow.getHandle(id).describe()).rejects.toThrow();
    }, 60_000);
    const [summary] = await registry.recordings.list({ workflowId: id });
    const stored = await registry.recordings.get(summary?.id ?? '');
    const explanation = await explainRun({ registry, recording: fromStoredRecording(stored), isRecorded: true });
    expect(explanation.version.number).toBe(1);
    expect(fromStoredRecording(stored).end).toEqual({ status: 'completed', result: { tone: 'calm', answers: [] } });
    const known = await registry.collection.settled([summary?.runId ?? ''], 'all');
    expect([...known.values()]).toEqual([summary?.id]);
    const version = { mission, number: 1 };
    const selection = { runs: [summary?.id ?? ''] };
    const tried = { registry, candidate: version, baseline: version, selection, policy: DEFAULT_POLICY, workers: 1 };
    const report = await tryCandidate(tried);
    expect(report).toMatchObject({ counts: { faithful: 1, outcomes: { matched: 1 } }, verdict: { verdict: 'passed' } });
    // Sweeping again neither loses nor doubles it.
    await recorder().sweep();
    expect(await recordingIds([id])).toEqual([summary?.id]);
    expect(await auditOf([id])).toEqual([summary?.id]);
  });
});

function missing(): Error {
  return new Error('the artifact store is away');
}

/** Another process that records, and stops for ever when it has fetched and is about to store. */
async function childRecorder(): Promise<ChildProcess> {
  const script = new URL('./support/stuck-recorder.ts', import.meta.url).pathname;
  const settings = JSON.stringify({ databaseUrl, address: inject('temporalAddress'), mission });
  return spawn(process.execPath, ['--import', 'tsx', script, settings], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
