/** Nexus operations: our driver beside Temporal's core, on histories of a real server with a real endpoint. */
import { Client, Connection } from '@temporalio/client';
import { startWorkflow, WorkflowRunOperationHandler } from '@temporalio/nexus';
import { NativeConnection, Worker } from '@temporalio/worker';
import { OperationError, serviceHandler } from 'nexus-rpc';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { NO_LIVE_ANSWERS } from '../../src/replay/live-answers.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';
import { desk } from './nexus/service.ts';
import type { worker as work } from './nexus/workflows.ts';
import { drive, essence, withoutRemovals } from './plain/activations.ts';
import { type CoreReplay, coreReplays } from './plain/core-activations.ts';
import { bundlePlain } from './plain/record.ts';
import type { RecordedRun } from './plain/record-runs.ts';
import { bundleVariant } from './plain/variant.ts';

/** Where the workflows are, from the folder of the plain ones. */
const FILE = '../nexus/workflows.ts';

const SCENARIOS: readonly (readonly [type: string, args: unknown[]])[] = [
  ['synchronous', ['ada']],
  ['refused', []],
  ['asynchronous', ['letter']],
  ['several', []],
  ['timedOut', []],
  ['cancelledBeforeSent', []],
  ['cancelsOneOf', []],
  ['cancelled', ['ABANDON']],
  ['cancelled', ['TRY_CANCEL']],
  ['cancelled', ['WAIT_CANCELLATION_REQUESTED']],
  ['cancelled', ['WAIT_CANCELLATION_COMPLETED']],
];

async function record(address: string, code: string): Promise<RecordedRun[]> {
  quietRuntime();
  const taskQueue = `nexus-${crypto.randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const handler = serviceHandler(desk, {
    greet: async (_, name) => `hello ${name}`,
    refuse: async () => {
      throw new OperationError('failed', 'refused');
    },
    work: new WorkflowRunOperationHandler<string, string>((context, name) =>
      startWorkflow<typeof work>(context, 'worker', {
        args: [name],
        workflowId: `${taskQueue}-work-${context.requestId}`,
      }),
    ),
  });
  const target = { worker: { namespace: 'default', taskQueue } };
  await connection.operatorService.createNexusEndpoint({ spec: { name: taskQueue, target } });
  const client = new Client({ connection });
  const options = { connection: native, taskQueue, workflowBundle: { code }, nexusServices: [handler] };
  try {
    const worker = await Worker.create(options);
    return await worker.runUntil(() =>
      Promise.all(
        SCENARIOS.map(async ([type, args]) => {
          const name = [type, ...args].join(' ');
          const workflowId = `${taskQueue}-${name}`;
          const handle = await client.workflow.start(type, { args: [taskQueue, ...args], taskQueue, workflowId });
          await handle.result();
          return { name, workflowId, runId: handle.firstExecutionRunId, history: await handle.fetchHistory() };
        }),
      ),
    );
  } finally {
    await connection.close();
    await native.close();
  }
}

describe('Nexus operations', () => {
  let runs: RecordedRun[];
  let core: CoreReplay[];
  let sandbox: Sandbox;

  beforeAll(async () => {
    const code = await bundlePlain(FILE);
    runs = await record(inject('temporalAddress'), code);
    core = await coreReplays(code, runs);
    sandbox = await createSandbox({ code }, 10_000);
  });

  it('give the same activations as core, one by one', async () => {
    for (const [index, run] of runs.entries()) {
      expect(core[index]?.error, run.name).toBeUndefined();
      const { activations, driver } = await drive(sandbox, run).catch((error: Error) => {
        throw new Error(`${run.name}: ${error.message}`);
      });
      expect(activations.map(essence), run.name).toEqual(withoutRemovals(core[index]).map(essence));
      expect(driver.ended, run.name).toBe(true);
    }
  });

  const replay = (run: RecordedRun, candidate: Sandbox, answers: object = {}, reads?: readonly string[]) => {
    const { histories, end, ...summary } = buildRecording([run.history]);
    const limits = replayLimits.parse({});
    const options = { answers: answerPolicy.parse(answers), limits, reads, live: NO_LIVE_ANSWERS };
    return replayRecording({ sandbox: candidate, definition: undefined }, { summary, end, histories }, options);
  };

  it('match what was recorded, every way in which one can begin and end', async () => {
    for (const run of runs) {
      const { outcome } = await replay(run, sandbox);
      expect({ name: run.name, outcome }).toEqual({ name: run.name, outcome: 'matched' });
    }
  });

  it('that are asked for something else are seen, answered as recorded where that is allowed, and never called', async () => {
    const code = await bundleVariant("executeOperation('work', 'b')", "executeOperation('work', 'c')", FILE);
    const candidate = await createSandbox({ code }, 10_000);
    const run = runs.find(({ name }) => name === 'several') as RecordedRun;
    const stopped = await replay(run, candidate);
    expect(stopped).toMatchObject({
      outcome: 'unanswered',
      divergence: { kind: 'request', step: 'desk.work#1' },
    });
    const wentOn = await replay(run, candidate, { activity: 'recorded' });
    expect(wentOn).toMatchObject({
      outcome: 'changed',
      divergence: { step: 'desk.work#1' },
      effectDifferences: [{ kind: 'changed', baseline: 'b', candidate: 'c' }],
    });
  });

  it.each(['desk.greet', 'desk.*'])('that the policy declares to be reads (%s) may be dropped', async (name) => {
    const code = await bundleVariant("[at(endpoint).executeOperation('greet', 'a'),", "['hello a',", FILE);
    const candidate = await createSandbox({ code }, 10_000);
    const run = runs.find(({ name: of }) => of === 'several') as RecordedRun;
    expect(await replay(run, candidate)).toMatchObject({
      outcome: 'changed',
      effectDifferences: [{ kind: 'removed', baseline: { tool: 'desk.greet' } }],
    });
    expect(await replay(run, candidate, {}, [name])).toMatchObject({
      outcome: 'diverged',
      effectDifferences: [],
      readsUsed: [name],
    });
  });

  it('of which another one is cancelled are told, at that cancellation', async () => {
    const code = await bundleVariant('one.cancel();', 'other.cancel();', FILE);
    const candidate = await createSandbox({ code }, 10_000);
    const run = runs.find(({ name }) => name === 'cancelsOneOf') as RecordedRun;
    expect(await replay(run, candidate)).toMatchObject({
      outcome: 'diverged',
      divergence: {
        kind: 'replaced',
        baseline: { step: 'cancel:desk.work#1', kind: 'cancel' },
        candidate: { step: 'cancel:desk.work#2', kind: 'cancel' },
      },
      determinism: { deterministic: true },
    });
  });

  it('whose cancellation is sent no more, or sent now, are told by that', async () => {
    const given = "'never', { cancellationType }";
    for (const [type, recorded, found] of [
      ['ABANDON', 'cancelled TRY_CANCEL', { kind: 'missing', step: 'cancel:desk.work#1' }],
      ['TRY_CANCEL', 'cancelled ABANDON', { kind: 'extra', step: 'cancel:desk.work#1' }],
      ['TRY_CANCEL', 'cancelled WAIT_CANCELLATION_COMPLETED', { kind: 'extra', step: 'end' }],
    ] as const) {
      const code = await bundleVariant(given, given.replace('cancellationType', `cancellationType: '${type}'`), FILE);
      const run = runs.find(({ name }) => name === recorded) as RecordedRun;
      expect(await replay(run, await createSandbox({ code }, 10_000))).toMatchObject({ divergence: found });
    }
  });

  it('that are cancelled in a simulation end as their cancellation type says', async () => {
    const code = await bundleVariant("startOperation('work', 'never', {", "startOperation('work', 'ever', {", FILE);
    const candidate = await createSandbox({ code }, 10_000);
    for (const run of runs.filter(({ name }) => name.startsWith('cancelled '))) {
      const { outcome, divergence } = await replay(run, candidate, { activity: 'recorded' });
      expect({ name: run.name, outcome, step: divergence?.step }).toEqual({
        name: run.name,
        outcome: 'changed',
        step: 'desk.work#1',
      });
    }
  });
});
