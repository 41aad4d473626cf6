/** Runs that continue as another version, and children that belong to a run, on a real server. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { DEFAULT_POLICY } from '../../src/gate/parse-policy.ts';
import { fromStoredRecording } from '../../src/recording/build-recording.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import type { RecordingSummary } from '../../src/registry/recording-summary.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { explainRun } from '../../src/release/explain-run.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { verifyExplanation } from '../../src/release/verify-explanation.ts';
import type { RouteRule } from '../../src/routing/route-rule.ts';
import { readStamp } from '../../src/routing/run-stamp.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { buildIdOf } from '../../src/temporal/worker-deployments.ts';
import { publishFlight } from '../release/flight-mission.ts';

const mission = `upgrade-${process.pid}`;
const rooted = `rooted-${process.pid}`;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-upgrade-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, mission, { tone: 'calm', upgrade: true });
  await publishFlight(registry, rooted, { tone: 'calm' });
  const missions = [mission, rooted];
  fleet = await startFleet({ registry, temporal, missions, pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready();
}, 60_000);

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

async function publish(name: string, behaviour: Parameters<typeof publishFlight>[2]): Promise<void> {
  await publishFlight(registry, name, behaviour);
  await fleet.refresh();
  await fleet.ready();
}

const start = (name: string, workflowId: string, businessKey?: string) =>
  startMission({
    registry,
    client: temporal.client,
    mission: name,
    input: { id: workflowId },
    workflowId,
    ...(businessKey !== undefined && { businessKey }),
  });
const handle = (workflowId: string) => temporal.client.workflow.getHandle(workflowId);
const tell = (workflowId: string, word: string) => handle(workflowId).signal('tell', word);

/** Continues a run, and returns the stamp of the next link once it is there. */
async function continueRun(workflowId: string) {
  const { runId } = await handle(workflowId).describe();
  await tell(workflowId, 'continue');
  return vi.waitFor(
    async () => {
      const next = await handle(workflowId).describe();
      expect(next.runId).not.toBe(runId);
      expect(next.historyLength).toBeGreaterThan(4);
      return { stamp: readStamp(next.memo), memo: next.memo };
    },
    { timeout: 60_000, interval: 100 },
  );
}

describe('a mission that upgrades as it continues', () => {
  it('begins its next link on the version that the route sends new runs to, and is stamped so', async () => {
    const workflowId = `${mission}-a`;
    await start(mission, workflowId, 'customer-4');
    const same = await continueRun(workflowId);
    expect(same.stamp).toMatchObject({ version: `${mission}@1`, key: 'customer-4' });
    await publish(mission, { tone: 'brisk', first: 'little', upgrade: true });
    const next = await continueRun(workflowId);
    expect(next.stamp).toMatchObject({
      version: `${mission}@2`,
      key: 'customer-4',
      reason: expect.stringContaining(`as it continued from ${mission}@1`),
    });
    await tell(workflowId, 'end');
    expect(await handle(workflowId).result()).toEqual({ tone: 'brisk', seen: ['little'], link: 2 });
  }, 90_000);

  it('stays where it is when the route chooses what the server cannot begin on', async () => {
    const workflowId = `${mission}-b`;
    await start(mission, workflowId);
    const current = await registry.routes.current(mission);
    await registry.routes.set(current?.revision ?? 0, {
      mission,
      weights: [{ version: 2, weight: 10_000 }],
      rules: [{ name: 'all of them', when: [{ pointer: '/link', oneOf: [1] }], version: 1 }],
      by: 'ada',
      reason: 'test',
      activation: { report: null, forced: true },
    });
    const next = await continueRun(workflowId);
    expect(next.stamp).toMatchObject({
      version: `${mission}@2`,
      reason: expect.stringContaining(`stayed as it continued: the route chose ${mission}@1`),
    });
    for (const member of ['rule', 'bucket', 'probability']) expect(next.stamp).not.toHaveProperty(member);
    await tell(workflowId, 'end');
    expect(await handle(workflowId).result()).toMatchObject({ tone: 'brisk', link: 1 });
  }, 60_000);

  it('keeps to a rule on its caller, who is not there any more, and whose attributes are kept nowhere', async () => {
    const current = await registry.routes.current(mission);
    const by = { by: 'ada', reason: 'test', activation: { report: null, forced: true } };
    const weights = [{ version: 2, weight: 10_000 }];
    const rules = [{ name: 'europe', when: [{ pointer: 'caller:/region', oneOf: ['eu'] }], version: 1 }];
    const { revision } = await registry.routes.set(current?.revision ?? 0, { mission, weights, rules, ...by });
    const workflowId = `${mission}-${randomUUID()}`;
    const client = temporal.client;
    const options = { registry, client, mission, input: { id: workflowId }, workflowId };
    await startMission({ ...options, attributes: { region: 'eu', account: 'kept-nowhere' } });
    const { memo } = await handle(workflowId).describe();
    const chosen = { version: `${mission}@1`, rule: 'europe', bucket: expect.any(Number), probability: 1 };
    expect(readStamp(memo)).toMatchObject({ ...chosen, reason: 'rule "europe"' });
    const next = await continueRun(workflowId);
    expect(next.stamp).toMatchObject({ ...chosen, reason: expect.stringMatching(/^rule "europe"/) });
    const { events } = await handle(workflowId).fetchHistory();
    const history = proto.temporal.api.history.v1.History.encode({ events: events ?? [] }).finish();
    expect(Buffer.from(history).includes('europe')).toBe(true);
    expect(Buffer.from(history).includes('kept-nowhere')).toBe(false);
    expect(JSON.stringify([memo, next.memo])).not.toContain('kept-nowhere');
    await tell(workflowId, 'end');
    expect(await handle(workflowId).result()).toMatchObject({ tone: 'calm', link: 1 });
    const other = await startMission({ ...options, workflowId: `${workflowId}-b`, attributes: { region: 'us' } });
    expect(other).toMatchObject({ version: `${mission}@2`, reason: expect.stringContaining('weight') });
    await tell(other.workflowId, 'end');
    await registry.routes.set(revision, { mission, weights, ...by });
  }, 90_000);

  it('keeps to a rule on its caller through a link that could not follow it', async () => {
    const by = { by: 'ada', reason: 'test', activation: { report: null, forced: true } };
    const rules = [{ name: 'europe', when: [{ pointer: 'caller:/region', oneOf: ['eu'] }], version: 1 }];
    const set = async (version: number, rule: number, first: readonly RouteRule[] = []) => {
      const current = await registry.routes.current(mission);
      const all = [...first, ...rules.map((one) => ({ ...one, version: rule }))];
      const route = { weights: [{ version, weight: 10_000 }], rules: all };
      await registry.routes.set(current?.revision ?? 0, { mission, ...route, ...by });
    };
    await set(2, 2);
    const workflowId = `${mission}-${randomUUID()}`;
    const options = { registry, client: temporal.client, mission, input: { id: workflowId }, workflowId };
    expect(await startMission({ ...options, attributes: { region: 'eu' } })).toMatchObject({ version: `${mission}@2` });
    // By a rule alone the server cannot begin a link on the first version; as the default it can.
    await set(2, 1);
    const stayed = { version: `${mission}@2`, callerRule: 'europe', reason: expect.stringMatching(/^stayed /) };
    expect((await continueRun(workflowId)).stamp).toMatchObject(stayed);
    // Another rule takes one link, and does not make the caller another one.
    await set(2, 1, [{ name: 'the second', when: [{ pointer: '/link', oneOf: [2] }], version: 2 }]);
    const taken = { version: `${mission}@2`, rule: 'the second', callerRule: 'europe' };
    expect((await continueRun(workflowId)).stamp).toMatchObject(taken);
    await set(1, 1);
    const followed = { version: `${mission}@1`, rule: 'europe', reason: expect.stringMatching(/^rule "europe"/) };
    const next = await continueRun(workflowId);
    expect(next.stamp).toMatchObject(followed);
    expect(next.stamp).not.toHaveProperty('callerRule');
    await tell(workflowId, 'end');
    await set(2, 2);
    const current = await registry.routes.current(mission);
    const weights = [{ version: 2, weight: 10_000 }];
    await registry.routes.set(current?.revision ?? 0, { mission, weights, ...by });
  }, 90_000);

  it('leaves a recording for each version, each faithful to its own', async () => {
    const options = { client: temporal.client, registry, redactionKey: new Uint8Array(32) };
    const recorded: RecordingSummary[] = [];
    for await (const one of collectRecordings({ ...options, runs: [{ workflowId: `${mission}-a` }] })) {
      if (one.status === 'stored') recorded.push(one.recording);
    }
    expect(recorded.map(({ version, links }) => ({ version, links }))).toEqual([
      { version: 1, links: 2 },
      { version: 2, links: 1 },
    ]);
    for (const { id } of recorded) {
      const recording = fromStoredRecording(await registry.recordings.get(id));
      const file = JSON.parse(JSON.stringify(await explainRun({ registry, recording, isRecorded: true })));
      const { checks } = verifyExplanation(file);
      expect(checks.filter(({ state }) => state !== 'consistent').map(({ part }) => part)).toEqual(['report']);
    }
    const baseline = { mission, number: 1 };
    const report = await tryCandidate({
      registry,
      candidate: { mission, number: 2 },
      baseline,
      policy: DEFAULT_POLICY,
      workers: 1,
    });
    expect(report.counts).toMatchObject({ recordings: 1, excluded: 0 });
    for await (const one of collectRecordings({ ...options, runs: [{ workflowId: `${mission}-a` }] })) {
      expect(one.status).toBe('known');
    }
  }, 60_000);

  it('is nothing for missions that do not declare it: they stay on their version', async () => {
    const workflowId = `${rooted}-a`;
    await start(rooted, workflowId);
    await publish(rooted, { tone: 'brisk' });
    expect((await continueRun(workflowId)).stamp).toMatchObject({ version: `${rooted}@1` });
    await tell(workflowId, 'end');
    expect(await handle(workflowId).result()).toMatchObject({ tone: 'calm', link: 1 });
  }, 60_000);
});

describe('a child', () => {
  it('is pinned to the version of its parent and stamped like it, and is no run of its own in lists', async () => {
    const workflowId = `${rooted}-b`;
    await start(rooted, workflowId);
    await publish(rooted, { tone: 'loud' });
    await tell(workflowId, 'child');
    const { child } = (await handle(workflowId).result()) as { readonly child: string };
    const { artifact } = await registry.versions.get(rooted, 2);
    expect(child).toBe(buildIdOf(artifact));
    const { memo } = await handle(`${workflowId}-child`).describe();
    expect(readStamp(memo)).toMatchObject({ mission: rooted, version: `${rooted}@2`, artifact });
    const listed = await vi.waitFor(
      async () => {
        const runs = await listRuns({ temporal, registry, mission: rooted, state: 'ended' });
        expect(runs.map((run) => run.workflowId)).toContain(workflowId);
        return runs;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(listed.map((run) => run.workflowId)).not.toContain(`${workflowId}-child`);
  }, 60_000);
});
