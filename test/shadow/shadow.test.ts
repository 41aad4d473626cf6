/** A candidate beside real runs on a real server: compared and counted, and nothing that it does reaches the world. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { decide } from '../../src/decisions/decide.ts';
import { listOpenDecisions, openDecisionsOf } from '../../src/decisions/open-decisions.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { isShadowRun, shadowWorkflowId } from '../../src/mission/wire.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { RouteShadow } from '../../src/registry/routes.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { followShadows, type ShadowFollower } from '../../src/shadow/follow-shadows.ts';
import type { ShadowEvent } from '../../src/shadow/shadow-event.ts';
import { excluded } from '../../src/shadow/shadow-finding.ts';
import { installBackend } from '../../src/telemetry/metrics.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishOrders } from './shadow-mission.ts';

const mission = `orders-${process.pid}`;
const server = `server-${process.pid}`;
const redactionKey = Buffer.alloc(32, 7);
let directory: string;
let ledger: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let follower: ShadowFollower;
const events: ShadowEvent[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-shadow-'));
  ledger = join(directory, 'ledger');
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishOrders(registry, mission, ledger, { limit: 100 });
  follower = follow();
  await route([]);
  fleet = await startFleet({
    registry,
    temporal,
    missions: [mission],
    shadows: follower.host,
    pollMs: 200,
    drainMs: 1_000,
  });
  await fleet.ready();
}, 180_000);

afterAll(async () => {
  await follower.stop();
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

function follow(options: Partial<Parameters<typeof followShadows>[0]> = {}): ShadowFollower {
  return followShadows({
    client: temporal.client,
    registry,
    server,
    identity: 'follower',
    redactionKey,
    missions: [mission],
    pollMs: 100,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

/** Version 1 takes all traffic; these run beside it. */
async function route(shadows: readonly RouteShadow[]): Promise<void> {
  const revision = (await registry.routes.current(mission))?.revision ?? 0;
  await registry.routes.set(revision, {
    mission,
    weights: [{ version: 1, weight: 10_000 }],
    shadows,
    by: 'ada',
    reason: 'test',
    activation: { report: null, forced: true },
  });
}

/** Publishes a candidate that shadows everything. */
async function shadowWith(behaviour: Parameters<typeof publishOrders>[3]): Promise<number> {
  const version = await publishOrders(registry, mission, ledger, behaviour);
  await route([{ version, share: 10_000 }]);
  await fleet.refresh();
  await fleet.ready();
  return version;
}

let sequence = 0;
const WAIT = { timeout: 60_000, interval: 200 };

async function start(input: object, name = `run-${++sequence}`): Promise<string> {
  const workflowId = `${mission}-${name}`;
  await startMission({ registry, client: temporal.client, mission, input: { id: name, ...input }, workflowId });
  return workflowId;
}

const result = (workflowId: string) => temporal.client.workflow.getHandle(workflowId).result();
const say = (workflowId: string, text: string) => temporal.client.workflow.getHandle(workflowId).signal('say', text);

/** What a shadow was counted as. */
async function counted(workflowId: string, version: number) {
  const id = shadowWorkflowId(workflowId, version);
  await vi.waitFor(async () => expect(await registry.shadows.find(id)).toMatchObject({ status: 'ended' }), WAIT);
  const outcomes = ['matched', 'changed', 'diverged', 'unanswered', 'failed', 'excluded'] as const;
  const found = await registry.shadows.examples({ mission, version, outcomes, limit: 100 });
  return found.find((one) => one.workflowId === id);
}

/** Idempotency keys of all payments for a run, by whomever. */
async function payments(of: string): Promise<string[]> {
  const text = await readFile(ledger, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.includes(of));
}

describe('a shadow', () => {
  it('that does the same is matched; the write is made once, by the real run', async () => {
    const version = await shadowWith({ limit: 101 });
    const run = await start({ total: 30 });
    expect(await result(run)).toMatchObject({ paid: 30 });
    expect(await counted(run, version)).toMatchObject({
      outcome: 'matched',
      primaryVersion: 1,
      detail: { end: [], effects: [], divergence: null },
    });
    expect(await payments(run)).toHaveLength(1);
    expect(await result(shadowWorkflowId(run, version))).toEqual(await result(run));
  }, 120_000);

  it('runs beside what plain Temporal clients and schedules start, too', async () => {
    const version = await shadowWith({ limit: 101 });
    const workflowId = `${mission}-of-others-${++sequence}`;
    const options = { workflowId, taskQueue: `mission/${mission}`, args: [{ id: workflowId, total: 30 }] };
    expect(await temporal.client.workflow.execute(mission, options)).toMatchObject({ paid: 30 });
    expect(await counted(workflowId, version)).toMatchObject({ outcome: 'matched', primaryVersion: 1 });
  }, 120_000);

  it('that decides otherwise is changed, with the writes that it leaves out', async () => {
    const version = await shadowWith({ limit: 20 });
    const run = await start({ total: 30 });
    expect(await counted(run, version)).toMatchObject({
      outcome: 'changed',
      detail: {
        end: expect.arrayContaining([{ pointer: '/paid', kind: 'changed', baseline: 30, candidate: 0 }]),
        effects: [{ pointer: '/0', kind: 'removed' }],
        divergence: { kind: 'missing', step: 'pay#1' },
      },
    });
    expect(await payments(run)).toHaveLength(1);
  }, 120_000);

  it('that would write something else gets the real answer of its step, and is changed by what it asked', async () => {
    const version = await shadowWith({ limit: 100, fee: 1 });
    const run = await start({ total: 30 });
    const found = await counted(run, version);
    expect(found).toMatchObject({ outcome: 'changed', step: 'pay#1' });
    expect(found?.detail).toMatchObject({
      effects: [{ pointer: '/0/request/amount', kind: 'changed', baseline: 30, candidate: 29 }],
      divergence: { kind: 'request', step: 'pay#1', differences: [{ pointer: '/amount' }] },
    });
    expect(await payments(run)).toHaveLength(1);
  }, 120_000);

  it.each([
    { means: 'a write that the real run never made', behaviour: { limit: 200 } },
    { means: 'a write that its contract calls a read', behaviour: { limit: 201, effect: 'read' as const } },
    {
      means: 'a tool that only the candidate knows',
      behaviour: { limit: 202, effect: 'read' as const, tool: 'refund' },
    },
  ])(
    'ends at $means, unanswered, and makes none',
    async ({ behaviour }) => {
      const version = await shadowWith(behaviour);
      const run = await start({ total: 150 });
      expect(await result(run)).toMatchObject({ paid: 0 });
      const { tool = 'pay' } = behaviour as { tool?: string };
      expect(await counted(run, version)).toMatchObject({
        outcome: 'unanswered',
        step: `${tool}#1`,
        detail: {
          reason: `the real run made no such call of ${tool}`,
          effects: [{ pointer: '/0', kind: 'added', candidate: { tool, request: { amount: 150 } } }],
        },
      });
      expect(await payments(`${run.slice(mission.length + 1)}`)).toEqual([]);
    },
    120_000,
  );

  it.each([
    {
      means: 'a child',
      besides: `await executeChild('${mission}', { args: [{ id, total: 1 }] });`,
      reason: 'starts no child',
    },
    {
      means: 'a signal',
      besides: `await getExternalWorkflowHandle(said || id).signal('say', 'x');`,
      reason: 'signals no other',
    },
    { means: 'a cancellation', besides: `await getExternalWorkflowHandle(id).cancel();`, reason: 'cancels no other' },
    {
      means: 'another queue',
      besides: `await proxyActivities({ taskQueue: 'elsewhere', startToCloseTimeout: 1000 })['plain']!();`,
      reason: 'task queue elsewhere',
    },
    {
      means: 'an activity without a contract',
      besides: `try { await proxyActivities({ startToCloseTimeout: 1000 })['plain']!(); } catch { said = 'caught'; }`,
      reason: 'no such call of plain',
    },
  ])(
    'reaches nothing by $means',
    async ({ besides, reason }) => {
      const version = await shadowWith({ limit: 100, besides });
      const run = await start({ total: 30 });
      const found = await counted(run, version);
      expect(found).toMatchObject({ outcome: 'unanswered', detail: { reason: expect.stringContaining(reason) } });
      expect(await payments('plain')).toEqual([]);
      expect(await payments(run)).toHaveLength(1);
    },
    120_000,
  );

  it('fails as its real run fails; a candidate that fails alone has failed', async () => {
    const same = await shadowWith({ limit: 102 });
    const run = await start({ total: 30 }, `broken-${++sequence}`);
    await expect(result(run)).rejects.toThrow();
    expect(await counted(run, same)).toMatchObject({ outcome: 'matched' });
    expect(new Set(await payments(run)).size).toBe(1);

    const wrong = await shadowWith({ limit: 100, besides: `throw new Error('I am new here.');` });
    const other = await start({ total: 30 });
    expect(await result(other)).toMatchObject({ paid: 30 });
    expect(await counted(other, wrong)).toMatchObject({
      outcome: 'failed',
      detail: { reason: expect.stringContaining('I am new here.'), end: [] },
    });
  }, 120_000);

  it('waits for its real run, and is told what that is told: signals in their order, and what people decide', async () => {
    const version = await shadowWith({ limit: 103 });
    const run = await start({ total: 30, waits: true, asks: true, holds: true });
    const shadow = shadowWorkflowId(run, version);
    for (const text of ['a', 'b', '.']) await say(run, text);
    await vi.waitFor(async () => expect(await openDecisionsOf(temporal.client, shadow)).toHaveLength(1), WAIT);
    expect((await listOpenDecisions({ client: temporal.client, mission })).map(({ workflowId }) => workflowId)).toEqual(
      [run],
    );
    await decide({ client: temporal.client, workflowId: run, option: 'yes', by: 'grace' });
    await vi.waitFor(async () => expect(await payments(run)).toHaveLength(1), WAIT);
    await say(run, '!');
    expect(await counted(run, version)).toMatchObject({ outcome: 'matched' });
    expect(await result(shadow)).toMatchObject({ said: 'ab.!', paid: 30 });
    expect(await payments(run)).toHaveLength(1);
  }, 180_000);

  it('asks nobody: a question that its real run never asked ends it', async () => {
    const version = await shadowWith({ limit: 100, besides: `await step.decide('sure', { again: id });` });
    const run = await start({ total: 30 });
    expect(await counted(run, version)).toMatchObject({
      outcome: 'unanswered',
      step: 'sure#1',
      detail: { reason: 'nobody decided this in the real run' },
    });
  }, 120_000);

  it('is cancelled with its real run; one whose real run was terminated is not counted', async () => {
    const version = await shadowWith({ limit: 104 });
    const [cancelled, terminated] = [await start({ total: 30, waits: true }), await start({ total: 30, waits: true })];
    const handle = (id: string) => temporal.client.workflow.getHandle(id);
    for (const run of [cancelled, terminated]) {
      await vi.waitFor(() => handle(shadowWorkflowId(run, version)).describe(), WAIT);
    }
    await handle(cancelled).cancel();
    await handle(terminated).terminate('test');
    expect(await counted(cancelled, version)).toMatchObject({ outcome: 'matched' });
    await follower.stop();
    follower = follow({ lateMs: 0 });
    expect(await counted(terminated, version)).toMatchObject({
      outcome: 'excluded',
      detail: { reason: 'the real run was terminated' },
    });
    await follower.stop();
    follower = follow();
  }, 180_000);

  it('is nobody else’s business: no list of runs, no recording and no metric of real runs has it', async () => {
    const measured = vi.fn();
    const stop = installBackend({ record: measured });
    const version = await shadowWith({ limit: 105 });
    const run = await start({ total: 30 });
    await counted(run, version);
    stop();
    const shadow = shadowWorkflowId(run, version);
    await vi.waitFor(async () => {
      const runs = await listRuns({ temporal, registry, mission });
      expect(runs.map(({ workflowId }) => workflowId)).toContain(run);
      expect(runs.filter(({ workflowId }) => isShadowRun(workflowId))).toEqual([]);
    }, WAIT);
    const collected = [];
    const runs = [{ workflowId: shadow, runId: (await temporal.client.workflow.getHandle(shadow).describe()).runId }];
    for await (const one of collectRecordings({ client: temporal.client, registry, redactionKey, runs }))
      collected.push(one);
    expect(collected).toEqual([]);
    const of = (metric: string) => measured.mock.calls.filter(([name]) => name === metric).map(([, labels]) => labels);
    expect(of('mission_runs_ended_total')).toHaveLength(1);
    expect(of('mission_starts_total')).toHaveLength(1);
    expect(of('mission_step_seconds').map(({ version: label }) => label)).toEqual([`${mission}@1`, `${mission}@1`]);
    const label = `${mission}@${version}`;
    expect(of('mission_shadow_runs_total')).toEqual([
      { mission, version: label, result: 'started' },
      { mission, version: label, result: 'matched' },
    ]);
    await expect(
      start({ total: 1 }, 'x').then(() =>
        startMission({ registry, client: temporal.client, mission, input: {}, workflowId: shadow }),
      ),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  }, 120_000);
});

describe('following shadows', () => {
  it('counts once, whoever does it and wherever somebody was stopped', async () => {
    const version = await shadowWith({ limit: 106 });
    const others = [follow({ identity: 'second' }), follow({ identity: 'third' })];
    events.length = 0;
    const runs = await Promise.all([1, 2, 3, 4].map(() => start({ total: 30 })));
    await Promise.all(others.map((one) => one.turn()));
    await others[0]?.stop();
    const outcomes = await Promise.all(runs.map(async (run) => (await counted(run, version))?.outcome));
    await Promise.all([follower.turn(), others[1]?.turn()]);
    await others[1]?.stop();
    expect(outcomes).toEqual(['matched', 'matched', 'matched', 'matched']);
    const told = events.flatMap((event) => (event.kind === 'counted' ? [event.workflowId] : []));
    const ofIt = told.filter((id) => id.startsWith(shadowWorkflowId('', version)));
    expect(ofIt.toSorted()).toEqual(runs.map((run) => shadowWorkflowId(run, version)).toSorted());
    expect(await registry.shadows.counts({ mission, version })).toMatchObject([{ outcome: 'matched', count: 4 }]);
    for (const run of runs) expect(await payments(run)).toHaveLength(1);
    expect(await registry.shadows.end(shadowWorkflowId(runs[0] ?? '', version), excluded('late'))).toBe(false);
  }, 180_000);

  it('leaves the caller alone when a shadow cannot be started, or nobody works on it', async () => {
    const unhosted = await publishOrders(registry, mission, ledger, { limit: 107 });
    await fleet.shutdown();
    fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000 });
    await follower.stop();
    follower = follow({ startMs: 0, lateMs: 0 });
    await route([{ version: unhosted, share: 10_000 }]);
    await vi.waitFor(
      async () => expect(fleet.members().some(({ versions }) => versions.includes(unhosted))).toBe(true),
      WAIT,
    );
    await fleet.ready();
    await fleet.shutdown();
    fleet = await startFleet({ registry, temporal, versions: [{ mission, number: 1 }], shadows: follower.host });
    await fleet.ready();
    const late = await start({ total: 30 });
    expect(await result(late)).toMatchObject({ paid: 30 });
    expect(await counted(late, unhosted)).toMatchObject({
      outcome: 'excluded',
      detail: { reason: expect.stringContaining('still open') },
    });

    const never = await publishOrders(registry, mission, ledger, { limit: 108 });
    await route([{ version: never, share: 10_000 }]);
    const run = await start({ total: 30 });
    expect(await result(run)).toMatchObject({ paid: 30 });
    await vi.waitFor(
      async () =>
        expect(await registry.shadows.find(shadowWorkflowId(run, never))).toMatchObject({
          status: 'not-started',
          step: `no worker hosts ${mission}@${never}`,
        }),
      WAIT,
    );
  }, 180_000);

  it('stops at once when the route says so', async () => {
    await route([]);
    const run = await start({ total: 30 });
    await result(run);
    await vi.waitFor(async () => {
      const listed = await listRuns({ temporal, registry, mission, state: 'ended' });
      expect(listed.map(({ workflowId }) => workflowId)).toContain(run);
    }, WAIT);
    await follower.turn();
    const known = await registry.shadows.counts({ mission });
    expect(await registry.shadows.find(shadowWorkflowId(run, 2))).toBeUndefined();
    expect(known.some(({ status }) => status === 'open' || status === 'planned')).toBe(false);
  }, 120_000);
});
