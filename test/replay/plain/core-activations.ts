/** What Temporal's own core makes of a history: its activations and the official verdict, seen through the SDK's seam. */
import { Worker } from '@temporalio/worker';
import type { Activation, History } from '../../../src/replay/proto.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';

export interface CoreReplay {
  readonly activations: readonly Activation[];
  readonly error: string | undefined;
}

let current: Activation[] = [];

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
      const activate = workflow.activate.bind(workflow);
      workflow.activate = (activation) => {
        current.push(structuredCloneOf(activation));
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
  const replays: CoreReplay[] = [];
  for (const { workflowId, history } of histories) {
    current = [];
    const results = ObservedWorker.runReplayHistories({ workflowBundle: { code } }, [{ workflowId, history }]);
    for await (const result of results) {
      const error = result.error === undefined ? undefined : String(result.error.message);
      replays.push({ activations: current, error });
    }
  }
  return replays;
}
