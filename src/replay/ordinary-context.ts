/**
 * The SDK's reused V8 context, made as an ordinary one, with a cheaper way in.
 *
 * The SDK makes its contexts around an object of the host: V8 then asks Node for every global that code inside reads
 * (`Object`, `Promise`, `globalThis.…`), and optimises none of these reads. An ordinary context has globals of its own.
 */
import vm from 'node:vm';
import { ReusableVMWorkflow, ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import { type Crossing, defineCrossing, newGlobals, type RunGlobals } from './context-crossing.ts';
import { useNativeText } from './native-text.ts';
import { removeOwnTurns } from './own-turns.ts';
import { useVirtualClock } from './virtual-clock.ts';

type CreatorArguments = ConstructorParameters<typeof ReusableVMWorkflowCreator>;
type CreateOptions = Parameters<ReusableVMWorkflowCreator['createWorkflow']>[0];
type RunArguments = ConstructorParameters<typeof ReusableVMWorkflow>;
type WorkflowModule = RunArguments[3];

/** What the SDK's creator keeps to itself and its bundle puts among the globals. */
interface SdkInside {
  readonly pristineObj: PropertyDescriptorMap;
}
interface SdkGlobals {
  readonly __TEMPORAL__: { readonly api: WorkflowModule };
  readonly __TEMPORAL_ACTIVATOR__: RunArguments[2];
}

export class OrdinaryContextCreator extends ReusableVMWorkflowCreator {
  readonly #crossing: Crossing;
  readonly #api: WorkflowModule;

  constructor(...given: CreatorArguments) {
    const { createContext } = vm;
    let crossing: Crossing | undefined;
    vm.createContext = (_, options) => {
      const context = createContext(vm.constants.DONT_CONTEXTIFY, options);
      useVirtualClock(context);
      removeOwnTurns(context);
      crossing = defineCrossing(context);
      return context;
    };
    try {
      super(...given);
    } finally {
      vm.createContext = createContext;
    }
    if (crossing === undefined) throw new Error('The SDK made no context.');
    this.#crossing = crossing;
    crossing.keep((this as unknown as SdkInside).pristineObj);
    this.#api = this.#globals.__TEMPORAL__.api;
    useNativeText(this.context, this.workflowBundle.code);
  }

  /** A run left something behind that reaches the next one. */
  get isSpoiled(): boolean {
    return this.#crossing.isSpoiled;
  }

  get #globals(): SdkGlobals {
    return this.context as unknown as SdkGlobals;
  }

  /** As the SDK's own, but for the way in. */
  override async createWorkflow(options: CreateOptions): Promise<ReusableVMWorkflow> {
    const run = newGlobals();
    const workflowModule = this.#moduleOf(run);
    try {
      workflowModule.initRuntime({
        ...options,
        sourceMap: this.workflowBundle.sourceMap,
        getTimeOfDay: () => BigInt(this.#globals.__TEMPORAL_ACTIVATOR__.now) * 1_000_000n,
        registeredActivityNames: this.registeredActivityNames,
        stackTracesEnabled: globalHandlers.promiseHookInstalled,
        ...(this.patchActivationCallback && { patchActivationCallback: this.patchActivationCallback }),
      });
    } catch (error) {
      this.#crossing.leave(run);
      throw error;
    }
    const { runId } = options.info;
    const workflow = new ReusableVMWorkflow(runId, this.context, this.#globals.__TEMPORAL_ACTIVATOR__, workflowModule);
    ReusableVMWorkflowCreator.workflowByRunId.set(runId, workflow);
    return workflow;
  }

  /** The functions of the workflow's side that a run is driven by. */
  #moduleOf(run: RunGlobals): WorkflowModule {
    const into =
      <Name extends keyof WorkflowModule>(name: Name) =>
      (...args: unknown[]) =>
        this.#crossing.call(run, this.#api[name], args, this.isolateExecutionTimeoutMs);
    return {
      initRuntime: into('initRuntime'),
      initialize: into('initialize'),
      activate: into('activate'),
      tryUnblockConditions: into('tryUnblockConditions'),
      concludeActivation: into('concludeActivation'),
      dispose: () => {
        try {
          into('dispose')();
        } finally {
          this.#crossing.leave(run);
        }
      },
    } as unknown as WorkflowModule;
  }
}
