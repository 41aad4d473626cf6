/**
 * How long workflow code on the main thread may compute without yielding.
 *
 * V8 starts and stops a thread of its own for every call with a limit, which costs more than most calls, and the SDK makes
 * three or four such calls for each activation. Here all of an activation is one.
 */
import { createContext, Script } from 'node:vm';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import type { CreatorOptions, DrivenRun, WorkflowCreator } from './workflow-creator.ts';

/**
 * A creator whose runs have one limit for each activation, instead of one for each call into their code.
 *
 * An activation that takes longer fails its workflow task, as the SDK has it; the server tries it again.
 *
 * @param make makes the SDK's creator. It has to run workflow code on this thread.
 */
export async function limitActivations(
  make: (options: CreatorOptions) => Promise<WorkflowCreator>,
  options: CreatorOptions,
): Promise<WorkflowCreator> {
  const limitMs = options.isolateExecutionTimeoutMs;
  if (limitMs === undefined) return make(options);
  const creator = await make({ ...options, isolateExecutionTimeoutMs: undefined });
  return {
    createWorkflow: async (run) => limited(await within(limitMs, () => creator.createWorkflow(run)), limitMs),
    destroy: () => creator.destroy(),
  };
}

/** The code of a run computes in the synchronous part of `activate` alone: its microtasks are done when a call into it returns. */
function limited(run: DrivenRun, limitMs: number): DrivenRun {
  return {
    async activate(activation) {
      try {
        return await within(limitMs, () => run.activate(activation));
      } catch (error) {
        const failure = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
        return { runId: activation.runId ?? '', failed: { failure } };
      }
    },
    getAndResetSinkCalls: () => run.getAndResetSinkCalls(),
    dispose: () => run.dispose(),
  };
}

const globals: { enter?: () => unknown } = {};
const context = createContext(globals);
const entrance = new Script('enter()');

/** @throws what `work` throws, and an error of V8 when its synchronous part takes longer. */
function within<Result>(limitMs: number, work: () => Result): Result {
  globals.enter = work;
  try {
    return entrance.runInContext(context, { timeout: limitMs, displayErrors: false }) as Result;
  } finally {
    delete globals.enter;
  }
}
