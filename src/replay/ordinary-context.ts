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
import { awaitModules } from './module-handover.ts';
import { useNativeText } from './native-text.ts';
import { crossingActivator, crossingModule, type WorkflowActivator, type WorkflowModule } from './ordinary-workflow.ts';
import { removeOwnTurns } from './own-turns.ts';
import { useVirtualClock } from './virtual-clock.ts';

type CreatorArguments = ConstructorParameters<typeof ReusableVMWorkflowCreator>;
type CreateOptions = Parameters<ReusableVMWorkflowCreator['createWorkflow']>[0];

/** What the SDK's creator keeps to itself and its bundle puts among the globals. */
interface SdkInside {
  readonly pristineObj: PropertyDescriptorMap;
}
interface SdkGlobals {
  readonly __TEMPORAL__: { readonly api: WorkflowModule };
  readonly __TEMPORAL_ACTIVATOR__: WorkflowActivator | undefined;
}

/** For bundles that hand over their modules (`module-handover.ts`). */
export class OrdinaryContextCreator extends ReusableVMWorkflowCreator {
  readonly #views = new WeakMap<RunGlobals, SdkGlobals>();
  readonly #crossing: Crossing;
  readonly #api: WorkflowModule;

  constructor(...given: CreatorArguments) {
    const { createContext } = vm;
    let made: { readonly crossing: Crossing; readonly modules: ReturnType<typeof awaitModules> } | undefined;
    vm.createContext = (_, options) => {
      const context = createContext(vm.constants.DONT_CONTEXTIFY, options);
      const takeBackDraws = useVirtualClock(context);
      removeOwnTurns(context);
      made = { crossing: defineCrossing(context, takeBackDraws), modules: awaitModules(context) };
      return context;
    };
    try {
      super(...given);
    } finally {
      vm.createContext = createContext;
    }
    if (made === undefined) throw new Error('The SDK made no context.');
    this.#crossing = made.crossing;
    this.#api = this.#globals.__TEMPORAL__.api;
    const { pristineObj } = this as unknown as SdkInside;
    const modules = made.modules(pristineObj);
    useNativeText(this.context, Object.keys(modules?.factories ?? {}));
    this.#crossing.begin(pristineObj, modules);
  }

  /** A run left something behind that reaches the next one. */
  get isSpoiled(): boolean {
    return this.#crossing.isSpoiled;
  }

  /**
   * Through this the SDK's cache of modules finds out whose they are. Code that hides its activator still has them for itself: a run's is known since its
   * first module was asked for, before any code of its own.
   */
  override get context(): ReusableVMWorkflowCreator['context'] {
    const run = #crossing in this ? this.#crossing.current() : undefined;
    return run === undefined ? super.context : (this.#viewOf(run) as unknown as ReusableVMWorkflowCreator['context']);
  }

  #viewOf(run: RunGlobals): SdkGlobals {
    const known = this.#views.get(run);
    if (known !== undefined) return known;
    const { __TEMPORAL__, __TEMPORAL_ACTIVATOR__ } = this.#globals;
    const view = { __TEMPORAL__, __TEMPORAL_ACTIVATOR__ };
    if (__TEMPORAL_ACTIVATOR__ !== undefined) this.#views.set(run, view);
    return view;
  }

  get #globals(): SdkGlobals {
    return super.context as unknown as SdkGlobals;
  }

  /** As the SDK's own, but for the way in. */
  override async createWorkflow(options: CreateOptions): Promise<ReusableVMWorkflow> {
    const globals = newGlobals();
    const run = { crossing: this.#crossing, globals, api: this.#api, timeoutMs: this.isolateExecutionTimeoutMs };
    const workflowModule = crossingModule(run);
    try {
      workflowModule.initRuntime({
        ...options,
        sourceMap: this.workflowBundle.sourceMap,
        getTimeOfDay: () => BigInt(this.#viewOf(globals).__TEMPORAL_ACTIVATOR__?.now ?? 0) * 1_000_000n,
        registeredActivityNames: this.registeredActivityNames,
        stackTracesEnabled: globalHandlers.promiseHookInstalled,
        ...(this.patchActivationCallback && { patchActivationCallback: this.patchActivationCallback }),
      });
    } catch (error) {
      const told = hostError(error);
      this.#crossing.leave(globals);
      throw told;
    }
    const { runId } = options.info;
    const { __TEMPORAL_ACTIVATOR__: own } = this.#viewOf(globals);
    if (own === undefined) throw new Error('The SDK made no activator.');
    const workflow = new ReusableVMWorkflow(runId, super.context, crossingActivator(own, run), workflowModule);
    ReusableVMWorkflowCreator.workflowByRunId.set(runId, workflow);
    return workflow;
  }
}

/** Code that is asked for what it threw has to be asked in its turn. */
function hostError(thrown: unknown): unknown {
  if (thrown instanceof Error) return thrown;
  try {
    return String(thrown);
  } catch {
    return 'something that cannot be shown was thrown';
  }
}
