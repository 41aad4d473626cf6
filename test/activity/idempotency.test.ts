/** On a real server: whatever begins a write again, the system that acts is given the same key, and a new act gets another. */
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { moveRuns } from '../../src/release/move-runs.ts';
import { taskQueueOf } from '../../src/routing/placement.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

// Servers are started and awaited here: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const mission = `payer-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
let directory: string;
let postgres: TestPostgres;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;

/** Every call of `pay`, as the system that pays would see it: `<workflow id> <key> <attempt>`. */
const calls = () => join(directory, 'calls.log');

/** `down`: paying fails for as long as this version tries. */
async function publish(down: boolean): Promise<number> {
  const folder = `workflows/${mission}`;
  const root = await copyProject({
    [`${folder}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const payer = defineMission({
        name: '${mission}',
        input: z.object({ links: z.number(), fails: z.boolean().default(false), breaks: z.boolean().default(false), link: z.number().default(1) }),
        output: z.object({ link: z.number() }),
        tools: { pay: { effect: 'write', attempts: 1000, input: z.object({ fails: z.boolean() }), output: z.object({ ok: z.boolean() }) } },
      });`,
    [`${folder}/workflow.ts`]: () => `
      import { ApplicationFailure, continueAsNew, workflowInfo } from '@temporalio/workflow';
      import { payer } from './mission.ts';
      export const run = payer.workflow(async ({ step }, { links, fails, breaks, link }) => {
        await step.tool('pay', { fails });
        if (breaks && workflowInfo().attempt === 1) throw ApplicationFailure.retryable('Once more, all of it.');
        await step.tool('pay', { fails: false });
        if (link < links) await continueAsNew<typeof run>({ links, link: link + 1 });
        return { link };
      });`,
    [`activities/${mission}.ts`]: () => `
      import { appendFile } from 'node:fs/promises';
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { payer } from '../${folder}/mission.ts';
      export default defineActivities({ tools: defineTools(payer, {
        pay: async ({ fails }, { workflowId, idempotencyKey, attempt }) => {
          await appendFile(${JSON.stringify(calls())}, [workflowId, idempotencyKey, attempt].join(' ') + '\\n');
          if (fails && (${down} || attempt === 1)) throw new Error('The bank is down.');
          return { ok: true };
        },
      }) });`,
  });
  const artifact = await buildArtifact({ root, mission });
  await registry.artifacts.put(artifact);
  const version = {
    mission,
    artifact: artifact.digest,
    kind: 'publish',
    author: 'ada',
    message: 'test',
    commit: null,
    environment: {},
  } as const;
  const { number } = (await registry.versions.append(version)).version;
  await activateVersion({ registry, ref: { mission, number }, by: 'ada', force: { reason: 'test' } });
  return number;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-idempotency-'));
  await appendFile(calls(), '');
  postgres = await startPostgres();
  registry = await openRegistry({ databaseUrl: await postgres.createDatabase(), actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publish(false);
  fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready(60_000);
});

afterAll(async () => {
  await fleet?.shutdown();
  await temporal?.close();
  await registry?.close();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(name: string, input: object): Promise<{ workflowId: string; runId: string }> {
  const workflowId = `${mission}-${name}-${Math.random().toString(36).slice(2, 8)}`;
  const { runId } = await startMission({ registry, client: temporal.client, mission, input, workflowId });
  return { workflowId, runId };
}

const result = (workflowId: string, runId?: string) => temporal.client.workflow.getHandle(workflowId, runId).result();

/** The keys that the calls of a run had, in their order, with the attempt. */
async function keysOf(workflowId: string): Promise<string[]> {
  const lines = (await readFile(calls(), 'utf8')).trim().split('\n');
  return lines.filter((line) => line.startsWith(`${workflowId} `)).map((line) => line.slice(workflowId.length + 1));
}

/** Has Temporal begin a run anew at its first workflow task: before it paid. */
async function reset({ workflowId, runId }: { workflowId: string; runId: string }): Promise<string> {
  const { events } = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const completed = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task);
  const answer = await temporal.client.workflowService.resetWorkflowExecution({
    namespace: temporal.namespace,
    workflowExecution: { workflowId, runId },
    reason: 'test',
    requestId: `${runId}-reset`,
    workflowTaskFinishEventId: completed?.eventId ?? null,
  });
  return answer.runId;
}

describe('the key of a write', () => {
  it('stays over the attempts of a step, and is another for the next step of the same tool', async () => {
    const { workflowId, runId } = await start('retried', { links: 1, fails: true });
    await result(workflowId);
    expect(await keysOf(workflowId)).toEqual([
      `${workflowId}/${runId}/pay#1 1`,
      `${workflowId}/${runId}/pay#1 2`,
      `${workflowId}/${runId}/pay#2 1`,
    ]);
  });

  it('stays when the run is reset, though Temporal gives it another run id', async () => {
    const run = await start('reset', { links: 1 });
    await result(run.workflowId);
    const before = await keysOf(run.workflowId);
    const again = await reset(run);
    expect(again).not.toBe(run.runId);
    await result(run.workflowId, again);
    expect(await keysOf(run.workflowId)).toEqual([...before, ...before]);
  });

  it('is another in every link of a chain, and the same again when the chain is run anew from a reset', async () => {
    const run = await start('chain', { links: 3 });
    await result(run.workflowId);
    const before = await keysOf(run.workflowId);
    expect(new Set(before).size).toBe(6);
    expect(before[2]).toBe(`${run.workflowId}/${run.runId}/2/pay#1 1`);
    await result(run.workflowId, await reset(run));
    expect(await keysOf(run.workflowId)).toEqual([...before, ...before]);
  });

  it('stays over attempts of the whole run, which a client may ask of Temporal; no other run has it', async () => {
    const workflowId = `${mission}-whole-${Math.random().toString(36).slice(2, 8)}`;
    const { firstExecutionRunId } = await temporal.client.workflow.start(mission, {
      workflowId,
      taskQueue: taskQueueOf(mission),
      args: [{ links: 1, breaks: true }],
      retry: { maximumAttempts: 2, initialInterval: 1 },
    });
    await result(workflowId);
    const key = `${workflowId}/${firstExecutionRunId}/pay`;
    expect(await keysOf(workflowId)).toEqual([`${key}#1 1`, `${key}#1 1`, `${key}#2 1`]);
  });

  it('stays when the run is moved to another version while it tries', async () => {
    const from = await publish(true);
    await fleet.refresh();
    await fleet.ready(60_000);
    const { workflowId, runId } = await start('moved', { links: 1, fails: true });
    await vi.waitFor(async () => expect((await keysOf(workflowId)).length).toBeGreaterThan(1), 60_000);
    const moves = () =>
      moveRuns({
        registry,
        temporal,
        by: 'ada',
        reason: 'the bank is down for this version',
        action: `move-${workflowId}`,
        workers: 1,
        from: { mission, number: from },
        to: { mission, number: 1 },
      });
    const statuses: string[] = [];
    // The server's list of open runs lags behind.
    await vi.waitFor(async () => {
      for await (const { status } of moves()) statuses.push(status);
      expect(statuses).toContain('moved');
    }, 60_000);
    await result(workflowId);
    const keys = (await keysOf(workflowId)).map((line) => line.split(' ')[0]);
    expect([...new Set(keys)]).toEqual([`${workflowId}/${runId}/pay#1`, `${workflowId}/${runId}/pay#2`]);
  });
});
