/**
 * One run in an ordinary context, as the SDK's host side sees it.
 *
 * 1. Whatever is asked of the run happens in its turn; the SDK asks its activator without going in.
 * 2. What goes in and comes out is copied, and what is too much does not come out.
 */
import type { ReusableVMWorkflow } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import type { Crossing, RunGlobals } from './context-crossing.ts';
import { createOutputMeter, OutputExceeded } from './output-limit.ts';
import { copyInto, copyOutOf } from './realm-copies.ts';

type RunArguments = ConstructorParameters<typeof ReusableVMWorkflow>;
export type WorkflowActivator = RunArguments[2];
export type WorkflowModule = RunArguments[3];
type Completion = ReturnType<WorkflowModule['concludeActivation']>;

/** Where a run is, and how to get in. */
export interface RunInContext {
  readonly crossing: Crossing;
  readonly globals: RunGlobals;
  /** What the bundle gives to whoever drives its runs. */
  readonly api: WorkflowModule;
  /** How long one call may compute. */
  readonly timeoutMs: number | undefined;
}

/** The functions that a run is driven by. */
export function crossingModule({ crossing, globals, api, timeoutMs }: RunInContext): WorkflowModule {
  const meter = createOutputMeter();
  const call = (name: keyof WorkflowModule, args: readonly unknown[]): unknown =>
    crossing.call(globals, api[name], args, timeoutMs);
  return {
    initRuntime: (options) => void call('initRuntime', [options]),
    initialize: (job) => void call('initialize', [copyInto(job)]),
    activate: (activation, batchIndex) => void call('activate', [copyInto(activation), batchIndex]),
    tryUnblockConditions: () => call('tryUnblockConditions', []) as number,
    concludeActivation(): Completion {
      meter.nextTask();
      const completion = call('concludeActivation', []) as Completion;
      return within(
        () => copyOutOf(completion, meter.count),
        (message) => ({ failed: { failure: { message } } }),
      );
    },
    dispose() {
      try {
        call('dispose', []);
      } finally {
        crossing.leave(globals);
      }
    },
    destroy: () => api.destroy(),
  };
}

/** @param otherwise what is given back instead of too much */
function within<Value>(copy: () => Value, otherwise: (tooMuch: string) => Value): Value {
  try {
    return copy();
  } catch (error) {
    if (error instanceof OutputExceeded) return otherwise(error.message);
    throw error;
  }
}

/** What is handed to these are messages, and what this one gives back. */
const TAKE_MESSAGES: ReadonlySet<PropertyKey> = new Set(['notifyHasPatch', 'addKnownFlags']);
const GIVES_MESSAGE = 'errorToFailure';

/** An activator that is asked in its run's turn. */
export function crossingActivator(
  activator: WorkflowActivator,
  { crossing, globals }: RunInContext,
): WorkflowActivator {
  return new Proxy({} as WorkflowActivator, {
    get(_, key) {
      crossing.enter(globals);
      const member = Reflect.get(activator, key) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        crossing.enter(globals);
        const result: unknown = Reflect.apply(member, activator, TAKE_MESSAGES.has(key) ? copyInto(args) : args);
        if (key !== GIVES_MESSAGE) return result;
        return within(
          () => copyOutOf(result, createOutputMeter().count),
          (message) => ({ message }),
        );
      };
    },
    set(_, key, value) {
      crossing.enter(globals);
      return Reflect.set(activator, key, value);
    },
  });
}
