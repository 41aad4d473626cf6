/** What a run tells of where its promises were made: on the main thread, by us, and in a thread of its own, by the SDK. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { keepRunStacks } from '../../src/temporal/run-stacks.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';

const QUEUE = `stacks-${process.pid}`;
let temporal: TemporalConnection;
let sequence = 0;

beforeAll(async () => {
  quietRuntime();
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
});

afterAll(() => temporal.close());

/** What the server is told when it asks runs that wait in many ways, by workers made in one way. */
async function stacksOf(bundle: { code: string }, options: Partial<WorkerOptions>) {
  const taskQueue = `${QUEUE}-${++sequence}`;
  const connection = await temporal.openNative();
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: bundle, ...options });
  const workflowId = taskQueue;
  const ask = async () => {
    const run = await temporal.client.workflow.start('waits', { taskQueue, workflowId });
    await vi.waitFor(async () => expect(await run.query('stands')).toBe(true), 60_000);
    const told = {
      plain: await run.query<string>('__stack_trace'),
      enhanced: await run.query('__enhanced_stack_trace'),
    };
    await run.terminate();
    return told;
  };
  try {
    return await worker.runUntil(ask);
  } finally {
    await connection.close();
  }
}

it('is the same by either, at the lines of the author', async () => {
  const workflowsPath = fileURLToPath(new URL('./waits.ts', import.meta.url));
  const bundle = await bundleWorkflowCode({ workflowsPath });
  const theirs = await stacksOf(bundle, {});
  keepRunStacks();
  const ours = await stacksOf(bundle, { debugMode: true, reuseV8Context: true });
  expect(ours).toEqual(theirs);
  for (const place of ['all', 'race', 'untilTold', 'any']) {
    expect(ours.plain).toMatch(new RegExp(`at ${place} \\(\\S+waits\\.ts:\\d+:\\d+\\)`));
  }
  expect(ours.plain).not.toContain('run-stacks');
});
