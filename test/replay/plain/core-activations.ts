/** What Temporal's own core makes of a history: its activations and the official verdict, seen through the SDK's seam. */
import { Worker } from '@temporalio/worker';
import type { Activation, History } from '../../../src/replay/proto.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';

export interface CoreReplay {
  readonly activations: readonly Activation[];
  readonly error: string | undefined;
}

/** One list for each workflow that was created, in that order. */
let told: Activation[][] = [];

interface Creator {
  createWorkflow(options: object): Promise<{ activate(activation: Activation): Promise<unknown> }>;
}

class ObservedWorker extends Worker {
  protected static override async createWorkflowCreator(...args: never[]): Promise<never> {
    const original = Worker as unknown as { createWorkflowCreator(...args: never[]): Promise<Creator> };
    const creator = await original.createWorkflowCreator(...args);
    const createWorkflow = creator.createWorkflow.bind(creator);
    creator.createWorkflow = async (options) => {
      const workflow = await createWorkflow(options);
      const activations: Activation[] = [];
      told.push(activations);
      const activate = workflow.activate.bind(workflow);
      workflow.activate = (activation) => {
        activations.push(structuredCloneOf(activation));
        return activate(activation);
      };
      return workflow;
    };
    return creator as never;
  }
}

/** The sandbox takes jobs off the list, so a copy is kept. */
function structuredCloneOf(activation: Activation): Activation {
  return { ...activation, jobs: [...(activation.jobs ?? [])] };
}

export async function coreReplays(
  code: string,
  histories: readonly { workflowId: string; history: History }[],
): Promise<CoreReplay[]> {
  quietRuntime();
  told = [];
  const errors: (string | undefined)[] = [];
  // Core takes one history after another.
  const results = ObservedWorker.runReplayHistories(
    { workflowBundle: { code } },
    histories.map(({ workflowId, history }) => ({ workflowId, history })),
  );
  for await (const { error } of results) errors.push(error && String(error.message));
  if (told.length !== histories.length) throw new Error(`Core began ${told.length} of ${histories.length} histories.`);
  return errors.map((error, index) => ({ activations: told[index] ?? [], error }));
}
