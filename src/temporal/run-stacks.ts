/**
 * Stack traces of workflow code: source-mapped ones of errors, and where a run's promises were made, which `__stack_trace`
 * queries tell.
 *
 * The SDK's own hooks read the source map for every promise, those of the host included, which costs a run about as much as its
 * code. Here a promise costs the capture of its frames; they are read when somebody asks. What is told is the same
 * (`test/temporal/run-stacks.test.ts` compares). Internal to the SDK, whose version is pinned, are its handlers, one for each thread,
 * and the store of stacks in each run.
 */
import { promiseHooks } from 'node:v8';
import { cutoffStackTrace } from '@temporalio/common';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

/** One frame, as `__enhanced_stack_trace` tells it. */
interface Place {
  readonly file_path?: string | undefined;
  readonly function_name?: string | undefined;
}

interface SdkHandlers {
  installed: boolean;
  promiseHookInstalled: boolean;
  currentStackTrace: Place[] | undefined;
  overridePrepareStackTrace(): void;
}

interface SdkRun {
  readonly info: { readonly runId: string };
  readonly promiseStackStore: {
    readonly promiseToStack: Map<object, RunStack>;
    readonly childToParent: Map<object, Set<object>>;
  };
}

/** A promise of a workflow's realm. */
type RunPromise = Promise<unknown> & { runId?: string };

interface Realm {
  /** The run whose turn it is. */
  readonly run: () => SdkRun | undefined;
  readonly errors: ErrorConstructor;
}

const handlers = globalHandlers as unknown as SdkHandlers;

/**
 * Errors of workflow code show their sources on this thread. The SDK installs nothing further here then.
 */
export function mapErrorStacks(): void {
  if (handlers.installed) return;
  handlers.installed = true;
  handlers.overridePrepareStackTrace();
}

/** From here on runs of this thread remember where their promises were made, so that they can be asked for stack traces. */
export function keepRunStacks(): void {
  mapErrorStacks();
  if (handlers.promiseHookInstalled) return;
  handlers.promiseHookInstalled = true;
  takeFramesRaw();
  promiseHooks.createHook({ init: onMade, settled: onSettled });
}

/** Set while frames are taken as they are. */
let isRaw = false;

function takeFramesRaw(): void {
  const format = Error.prepareStackTrace?.bind(Error);
  Error.prepareStackTrace = (error, frames) => (isRaw ? frames : format?.(error, frames));
}

const realms = new WeakMap<object, Realm>();

/** The realm of a promise, or nothing for one that is not of a workflow. */
function realmOf(promise: RunPromise): Realm | undefined {
  // The host's own, which are most; and in a process that is locked down they would not tell which function made them.
  if (isOfHost(promise)) return undefined;
  const makeFunction = promise.constructor.constructor as FunctionConstructor;
  const known = realms.get(makeFunction);
  if (known !== undefined) return known;
  const run = makeFunction('return globalThis.__TEMPORAL_ACTIVATOR__') as Realm['run'];
  const realm = { run, errors: makeFunction('return Error')() as ErrorConstructor };
  realms.set(makeFunction, realm);
  return realm;
}

const isOfHost = (promise: object): boolean => promise instanceof Promise;

/** The promise of `Promise.all` or its like, while it makes others for itself: those are taken for it. */
let aggregate: RunPromise | undefined;

function onMade(made: RunPromise, parent: RunPromise | undefined): void {
  const realm = realmOf(made);
  const run = realm?.run();
  if (realm === undefined || run === undefined) return;
  made.runId = run.info.runId;
  const frames = framesAbove(realm);
  const { promiseToStack, childToParent } = run.promiseStackStore;
  const isOfAggregate = aggregate !== undefined && isBuiltIn(frames[0], THEN) && isBuiltIn(frames[1], AGGREGATORS);
  const promise = (isOfAggregate ? aggregate : undefined) ?? made;
  if (!isOfAggregate) aggregate = isBuiltIn(frames[0], AGGREGATORS) ? made : undefined;
  if (promise === parent) return;
  if (!isOfAggregate) promiseToStack.set(promise, new RunStack(frames));
  const parents = childToParent.get(promise) ?? new Set();
  if (parent) parents.add(parent);
  childToParent.set(promise, parents);
}

function onSettled(promise: RunPromise): void {
  const store = realmOf(promise)?.run()?.promiseStackStore;
  store?.childToParent.delete(promise);
  store?.promiseToStack.delete(promise);
}

/** The frames that led to a promise, the innermost first. */
function framesAbove({ errors }: Realm): readonly NodeJS.CallSite[] {
  const holder: { stack?: unknown } = {};
  isRaw = true;
  try {
    errors.captureStackTrace(holder, onMade);
    const frames = Array.isArray(holder.stack) ? (holder.stack as NodeJS.CallSite[]) : [];
    return frames[0]?.getFunctionName() === 'initAll' ? frames.slice(1) : frames;
  } finally {
    isRaw = false;
  }
}

const THEN = new Set(['then']);
const AGGREGATORS = new Set(['race', 'all', 'allSettled', 'any']);

/** Whether a frame is of a method of promises, which are in no file. */
function isBuiltIn(frame: NodeJS.CallSite | undefined, names: ReadonlySet<string>): boolean {
  return frame !== undefined && !frame.getFileName() && names.has(frame.getFunctionName() ?? '');
}

/** Where a promise was made; its sources are looked up when it is read. */
class RunStack {
  readonly #frames: readonly NodeJS.CallSite[];
  #read: { readonly formatted: string; readonly structured: readonly Place[] } | undefined;

  constructor(frames: readonly NodeJS.CallSite[]) {
    this.#frames = frames;
  }

  get formatted(): string {
    return this.#reading().formatted;
  }

  get structured(): readonly Place[] {
    return this.#reading().structured;
  }

  #reading() {
    this.#read ??= readFrames(this.#frames);
    return this.#read;
  }
}

/** Of the workflow's side, and so no `Error` of the host: the SDK's formatter maps its frames to their sources. */
const OF_A_RUN = Object.create(null, { toString: { value: () => 'Error' } }) as Error;

function readFrames(frames: readonly NodeJS.CallSite[]) {
  handlers.currentStackTrace = undefined;
  const text = String(Error.prepareStackTrace?.(OF_A_RUN, [...frames]));
  const places = handlers.currentStackTrace ?? [];
  const end = places.findIndex(isDriver);
  return {
    formatted: cutoffStackTrace(text.replace(/^Error\n/, '')),
    structured: end < 0 ? places : places.slice(0, end),
  };
}

/** Where the SDK called the author's code. */
function isDriver({ function_name: name = '', file_path: path = '' }: Place): boolean {
  return (
    (/^Activator\.\S+NextHandler$/.test(name) && /[\\/]workflow[\\/](?:src|lib)[\\/]internals\.[jt]s$/.test(path)) ||
    (/Script\.runInContext/.test(name) && /^node:vm|vm\.js$/.test(path))
  );
}
