import { describe, expect, it } from 'vitest';
import { limitActivations } from '../../src/fleet/activation-limit.ts';
import type { CreatorOptions, DrivenRun, NewRun, WorkflowCreator } from '../../src/fleet/workflow-creator.ts';

const RUN: NewRun = { info: { workflowId: 'w', workflowType: 'order', taskQueue: 'q' }, randomnessSeed: [] };

/** A creator of runs that compute as they are told, in the synchronous part of `activate`, as the SDK's do. */
function creatorOf(activate: DrivenRun['activate'], seen: CreatorOptions[] = []) {
  const run: DrivenRun = { activate, getAndResetSinkCalls: async () => [], dispose: async () => undefined };
  const creator: WorkflowCreator = { createWorkflow: async () => run, destroy: async () => undefined };
  return async (options: CreatorOptions) => {
    seen.push(options);
    return creator;
  };
}

describe('the limit of activations', () => {
  it('is one for each activation: calls into the code have none of their own', async () => {
    const seen: CreatorOptions[] = [];
    await limitActivations(
      creatorOf(async () => ({}), seen),
      { isolateExecutionTimeoutMs: 5_000 },
    );
    expect(seen).toEqual([{ isolateExecutionTimeoutMs: undefined }]);
  });

  it('leaves alone what has no limit', async () => {
    const make = creatorOf(async () => ({}));
    expect(await limitActivations(make, {})).toBe(await make({}));
  });

  it('gives what the run gives, in the time that it takes to come', async () => {
    const make = creatorOf(async ({ runId }) => {
      await new Promise(setImmediate);
      return { runId: runId ?? '', successful: { commands: [] } };
    });
    const run = await (await limitActivations(make, { isolateExecutionTimeoutMs: 60_000 })).createWorkflow(RUN);
    expect(await run.activate({ runId: 'r' })).toEqual({ runId: 'r', successful: { commands: [] } });
  });

  it('cuts off code that never yields, fails that activation alone, and says so', async () => {
    const make = creatorOf(async ({ runId }) => {
      if (runId === 'endless') for (;;);
      return { runId: runId ?? '', successful: { commands: [] } };
    });
    const run = await (await limitActivations(make, { isolateExecutionTimeoutMs: 50 })).createWorkflow(RUN);
    expect(await run.activate({ runId: 'endless' })).toMatchObject({
      runId: 'endless',
      failed: { failure: { message: expect.stringContaining('timed out after 50ms') } },
    });
    expect(await run.activate({ runId: 'next' })).toEqual({ runId: 'next', successful: { commands: [] } });
  });

  it('cuts off a run that never comes to be', async () => {
    const make = async () => ({
      createWorkflow: async () => {
        for (;;);
      },
      destroy: async () => undefined,
    });
    const creator = await limitActivations(make, { isolateExecutionTimeoutMs: 50 });
    await expect(creator.createWorkflow(RUN)).rejects.toThrow('timed out after 50ms');
  });
});
