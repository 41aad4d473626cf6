/**
 * Encryption where it has to hold: on a real Temporal server. What the server stores of a run tells nothing without the key, the
 * run works as if nothing were encrypted, and it outlives a change of keys.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { decide } from '../../src/decisions/decide.ts';
import { listOpenDecisions, openDecisionsOf, type UnreadableRun } from '../../src/decisions/open-decisions.ts';
import { type Keyring, newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { shadowWorkflowId } from '../../src/mission/wire.ts';
import { fromStoredRecording } from '../../src/recording/build-recording.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { followShadows } from '../../src/shadow/follow-shadows.ts';
import { describeShadowEvent } from '../../src/shadow/shadow-event.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { run } from '../cli/run.ts';
import { publishClaims } from '../client/mission.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

// Servers are started and awaited here: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const { History } = proto.temporal.api.history.v1;
const { DescribeWorkflowExecutionResponse, QueryWorkflowResponse } = proto.temporal.api.workflowservice.v1;

const mission = `sealed-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
const WAIT = { timeout: 60_000, interval: 200 };
/** Goes in as input, evidence, comment, signal, update and comes out of a query. */
const SECRET = 'Ada Lovelace of St James Square';

function keyring(...texts: readonly string[]): Keyring {
  const ring = parseKeyring(texts.join(','), 'keys');
  if (ring === undefined) throw new Error('no keys');
  return ring;
}

const old = `k-old:${newSecret()}`;
const fresh = `k-new:${newSecret()}`;
const open: { close(): Promise<void> }[] = [];

let postgres: TestPostgres;
let registry: Registry;
let fleet: Fleet | undefined;
let cwd: string;
let sequence = 0;

async function connect(ring?: Keyring): Promise<TemporalConnection> {
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {}, keyring: ring });
  open.push(temporal);
  return temporal;
}

/** One fleet at a time: which keys it has is the point. */
async function host(temporal: TemporalConnection): Promise<void> {
  const before = fleet;
  fleet = undefined;
  await before?.shutdown();
  fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready(60_000);
}

async function start({ client }: TemporalConnection, input: object): Promise<string> {
  sequence += 1;
  const workflowId = `${mission}-${sequence}-${Math.random().toString(36).slice(2, 6)}`;
  await startMission({ registry, client, mission, input, workflowId });
  return workflowId;
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-sealed-'));
  postgres = await startPostgres();
  registry = await openRegistry({
    databaseUrl: await postgres.createDatabase(),
    actor: 'ada',
    keyring: keyring(fresh, old),
  });
  await publishClaims(registry, mission, 'calm');
});

afterAll(async () => {
  await fleet?.shutdown();
  for (const one of open) await one.close();
  await registry?.close();
  await postgres?.stop();
  await rm(cwd, { recursive: true, force: true });
});

/** A run with every kind of payload, up to where it waits. */
async function busyRun(temporal: TemporalConnection): Promise<string> {
  const { client } = temporal;
  const workflowId = await start(temporal, { claim: SECRET, asks: ['pay-it'], waits: true });
  await vi.waitFor(async () => expect(await openDecisionsOf(client, workflowId)).toHaveLength(1), 60_000);
  const [asked] = await openDecisionsOf(client, workflowId);
  expect(JSON.stringify(asked)).toContain(SECRET);
  await decide({ client, workflowId, option: 'pay', by: 'grace', comment: SECRET });
  const handle = client.workflow.getHandle(workflowId);
  await handle.signal('note', SECRET);
  expect(await handle.executeUpdate('add', { args: [SECRET] })).toBe(2);
  expect(await handle.query('notes')).toEqual([SECRET, SECRET]);
  return workflowId;
}

async function finish({ client }: TemporalConnection, workflowId: string): Promise<void> {
  await client.workflow.getHandle(workflowId).signal('note', 'go');
  expect(await client.workflow.result(workflowId)).toEqual({ tone: 'calm', answers: [`pay-it pay grace ${SECRET}`] });
}

/** Everything that the server tells of a run to somebody who has no key, as bytes. */
async function toldBy({ client, namespace }: TemporalConnection, workflowId: string): Promise<string> {
  const execution = { workflowId };
  const { history } = await client.workflowService.getWorkflowExecutionHistory({ namespace, execution });
  const described = await client.workflowService.describeWorkflowExecution({ namespace, execution });
  const queried = await client.workflowService.queryWorkflow({ namespace, execution, query: { queryType: 'notes' } });
  return [
    History.encode(history ?? {}),
    DescribeWorkflowExecutionResponse.encode(described),
    QueryWorkflowResponse.encode(queried),
  ]
    .map((writer) => Buffer.from(writer.finish()).toString('latin1'))
    .join('\n');
}

/** Has version 1 take all traffic, and a candidate shadow it. @returns the candidate's number */
async function shadowEverything(): Promise<number> {
  const version = await publishClaims(registry, mission, 'stern');
  const revision = (await registry.routes.current(mission))?.revision ?? 0;
  await registry.routes.set(revision, {
    mission,
    weights: [{ version: 1, weight: 10_000 }],
    shadows: [{ version, share: 10_000 }],
    by: 'ada',
    reason: 'test',
    activation: { report: null, forced: true },
  });
  return version;
}

const same = async (payloads: Payload[]) => payloads;

/** Looks once for runs to shadow. @returns what it said of those that it cannot read, by workflow id */
async function lookForShadows({ client }: TemporalConnection): Promise<Map<string, string>> {
  const unread = new Map<string, string>();
  const follower = followShadows({
    client,
    registry,
    server: mission,
    identity: 'follower',
    redactionKey: new Uint8Array(32),
    missions: [mission],
    pollMs: 60_000,
    onEvent: (event) => event.kind === 'unread' && unread.set(event.workflowId, describeShadowEvent(event)),
  });
  await follower.turn();
  await follower.stop();
  return unread;
}

const collect = async ({ client }: TemporalConnection, workflowId: string) => {
  const collected = collectRecordings({ client, registry, redactionKey: new Uint8Array(32), runs: [{ workflowId }] });
  for await (const run of collected) return run;
  throw new Error('nothing was collected');
};

describe('a run with keys', () => {
  it('tells the server nothing, and works; without keys the same run tells everything', async () => {
    const withoutKey = await connect();
    await host(withoutKey);
    const inClear = await busyRun(withoutKey);
    expect(await toldBy(withoutKey, inClear)).toContain(SECRET);
    await finish(withoutKey, inClear);

    const withKey = await connect(keyring(old));
    await host(withKey);
    const sealed = await busyRun(withKey);
    const told = await toldBy(withoutKey, sealed);
    expect(told).not.toContain(SECRET);
    expect(told).toContain('k-old');
    await finish(withKey, sealed);
    expect(await collect(withKey, sealed)).toMatchObject({ status: 'stored' });
    const [summary] = await registry.recordings.list({ workflowId: sealed });
    const recording = fromStoredRecording(await registry.recordings.get(summary?.id ?? ''));
    expect(recording.input).toMatchObject({ claim: SECRET });
    expect(recording.version).toBe(1);
  });

  it('goes on under a new key: the old one opens what there is, the new one seals what comes', async () => {
    const before = await connect(keyring(old));
    await host(before);
    const workflowId = await busyRun(before);
    const after = await connect(keyring(fresh, old));
    await host(after);
    await finish(after, workflowId);
    const told = await toldBy(await connect(), workflowId);
    expect(told).toContain('k-old');
    expect(told).toContain('k-new');
    expect(told).not.toContain(SECRET);
    expect(await collect(after, workflowId)).toMatchObject({ status: 'stored' });
  });

  it('that began in clear ends encrypted when keys come meanwhile', async () => {
    const inClear = await connect();
    await host(inClear);
    const workflowId = await busyRun(inClear);
    const withKey = await connect(keyring(old));
    await host(withKey);
    await finish(withKey, workflowId);
    expect(await toldBy(await connect(), workflowId)).toContain('k-old');
    expect(await collect(withKey, workflowId)).toMatchObject({ status: 'stored' });
  });
});

describe('without the key of a run', () => {
  it.each<[string, string | undefined, string]>([
    ['no keys', undefined, 'no keys are configured'],
    ['other keys', fresh, 'the keys here are "k-new"'],
    ['another key of the same id', `k-old:${newSecret()}`, 'fingerprint'],
  ])('%s open nothing, and say which one is missing', async (_, keys, words) => {
    const withKey = await connect(keyring(old));
    await host(withKey);
    const workflowId = await start(withKey, { claim: SECRET });
    await withKey.client.workflow.result(workflowId);
    const wrong = await connect(keys === undefined ? undefined : keyring(keys));
    const missing = { code: 'ENCRYPTION_KEY_MISSING', message: expect.stringContaining(words) };
    await expect(wrong.client.workflow.result(workflowId)).rejects.toMatchObject(missing);
    expect(await collect(wrong, workflowId)).toMatchObject({ status: 'failed', error: missing });
    const env = {
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      MISSION_REDACTION_KEY: '00'.repeat(32),
      ...(keys !== undefined && { MISSION_PAYLOAD_KEYS: keys }),
    };
    const traced = await run(['trace', workflowId, '--json'], { cwd, env, shared: registry });
    expect(traced.code).toBe(4);
    expect(JSON.parse(traced.out || traced.err)).toMatchObject({
      error: { ...missing, remedy: expect.stringContaining('"k-old"') },
    });
    // It is tried again, so the recording comes as soon as the key does.
    expect(await collect(withKey, workflowId)).toMatchObject({ status: 'stored' });
  });

  it('lists have the run, say which key is missing, and go on to the others; so do shadows', async () => {
    const candidate = await shadowEverything();
    const withKey = await connect(keyring(old));
    await host(withKey);
    const sealed = await start(withKey, { claim: SECRET, asks: ['sealed'] });
    const inClear = await connect();
    await vi.waitFor(async () => expect(await openDecisionsOf(withKey.client, sealed)).toHaveLength(1), WAIT);
    await host(inClear);
    const clear = await start(inClear, { claim: 'told to all', asks: ['clear'] });
    await vi.waitFor(async () => {
      const unreadable: string[] = [];
      const onUnreadable = ({ workflowId }: UnreadableRun) => void unreadable.push(workflowId);
      const questions = await listOpenDecisions({ client: inClear.client, mission, onUnreadable });
      expect([questions.map(({ workflowId }) => workflowId), unreadable]).toEqual([[clear], [sealed]]);
    }, WAIT);
    const missing = { code: 'ENCRYPTION_KEY_MISSING', message: expect.stringContaining('"k-old"') };
    await expect(listOpenDecisions({ client: inClear.client, mission })).rejects.toMatchObject(missing);

    const runs = await listRuns({ temporal: inClear, registry, mission, state: 'open' });
    expect(runs).toMatchObject([
      { workflowId: clear, version: `${mission}@1` },
      { workflowId: sealed, version: `${mission}@1`, unreadable: missing.message },
    ]);
    expect(runs[0]).not.toHaveProperty('unreadable');
    // Whoever would stop or move all runs of a version has to know of each whether it is one.
    const version = { mission, number: 1 };
    await expect(listRuns({ temporal: inClear, registry, version, state: 'open' })).rejects.toMatchObject(missing);

    const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
    const told = await run(['runs', mission, '--open', '--json'], { cwd, env, shared: registry });
    expect([told.code, JSON.parse(told.out)]).toMatchObject([0, [{ workflowId: clear }, { workflowId: sealed }]]);
    const asked = await run(['decisions', mission], { cwd, env, shared: registry });
    const stop = ['stop', '--version', `${mission}@1`, '--reason', 'all of them', '--yes'];
    expect(await run(stop, { cwd, env, shared: registry })).toMatchObject({ code: 4, err: missing.message });
    expect([asked.code, asked.out]).toEqual([0, expect.stringContaining(clear)]);
    for (const { err } of [told, asked]) {
      expect(err).toMatch(/^1 run has a memo that cannot be read here\. This was encrypted with the key "k-old"/mu);
      expect(err).toContain('MISSION_PAYLOAD_KEYS');
    }

    const unread = await lookForShadows(inClear);
    expect(unread.get(sealed)).toMatch(/ gets no shadow: This was encrypted with the key "k-old"/);
    expect(unread.has(clear)).toBe(false);
    const codecs = [{ encode: same, decode: () => Promise.reject(new Error('the codec does not answer')) }];
    const deaf = await connectTemporal({ address: inject('temporalAddress'), env: {}, codecs });
    open.push(deaf);
    await expect(lookForShadows(deaf)).rejects.toThrow('the codec does not answer');
    const planned = [clear, sealed].map((id) => registry.shadows.find(shadowWorkflowId(id, candidate)));
    expect(await Promise.all(planned)).toMatchObject([{ primaryWorkflowId: clear }, undefined]);
    for (const workflowId of [clear, sealed]) await withKey.client.workflow.getHandle(workflowId).terminate();
  });

  it('a worker leaves the run where it is and says why; with the key it goes on', async () => {
    const withKey = await connect(keyring(old));
    const wrong = await connect(keyring(fresh));
    await host(wrong);
    const workflowId = await start(withKey, { claim: SECRET });
    const handle = withKey.client.workflow.getHandle(workflowId);
    await vi.waitFor(async () => {
      const { events } = await handle.fetchHistory();
      const failed = events?.map(({ workflowTaskFailedEventAttributes: task }) => task?.failure?.message ?? '');
      expect(failed?.join('\n')).toContain('encrypted with the key "k-old"');
    }, 60_000);
    await host(withKey);
    expect(await withKey.client.workflow.result(workflowId)).toMatchObject({ tone: 'calm' });
  });
});
