/**
 * Where workflow code is made and driven in a worker, outside of its sandbox: no code of the author can reach what is here.
 *
 * The creator of workflows is an internal of the SDK, whose version is pinned; the tests in `test/fleet/` and `test/shadow/`
 * fail when it moves.
 */
import type { coresdk } from '@temporalio/proto';
import type { Worker } from '@temporalio/worker';

export type Activation = coresdk.workflow_activation.IWorkflowActivation;
export type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** What is used of the SDK's own; its types are internal. */
export interface WorkflowCreator {
  createWorkflow(options: NewRun): Promise<DrivenRun>;
  destroy(): Promise<void>;
}

export interface NewRun {
  readonly info: {
    readonly workflowId: string;
    readonly workflowType: string;
    readonly taskQueue: string;
    readonly continuedFromExecutionRunId?: string;
  };
  readonly randomnessSeed: readonly number[];
}

export interface DrivenRun {
  activate(activation: Activation): Promise<Completion>;
  getAndResetSinkCalls(): Promise<readonly SinkCall[]>;
  dispose(): Promise<void>;
}

export interface SinkCall {
  readonly workflowInfo: { readonly workflowId: string };
}

/** What the SDK made of its options. */
export interface CreatorOptions {
  readonly isolateExecutionTimeoutMs?: number | undefined;
}

type Make = (bundle: unknown, options: CreatorOptions, ...given: readonly unknown[]) => Promise<WorkflowCreator>;

/** A worker class like the one given, whose creator of workflows is made by `wrap` out of the SDK's. */
export function withWorkflowCreator(
  Base: typeof Worker,
  wrap: (
    make: (options: CreatorOptions) => Promise<WorkflowCreator>,
    options: CreatorOptions,
  ) => Promise<WorkflowCreator>,
): Pick<typeof Worker, 'create'> {
  const base = Base as unknown as { readonly createWorkflowCreator: Make };
  const createWorkflowCreator: Make = (bundle, options, ...given) =>
    wrap((chosen) => Reflect.apply(base.createWorkflowCreator, Base, [bundle, chosen, ...given]), options);
  return Object.defineProperty(class extends Base {}, 'createWorkflowCreator', { value: createWorkflowCreator });
}
