/**
 * The seam to the SDK: workflow code in a V8 context of its own, driven by activations, with no worker and no server.
 *
 * Everything here that reaches into `@temporalio/worker/lib` and `@temporalio/workflow/lib` is internal to the SDK, whose
 * version is pinned exactly; `test/replay/lockstep.test.ts` fails when the seam moves. `ordinary-context.ts` and `ordinary-workflow.ts` are parts of it. The other
 * places that know of internals are `fleet/workflow-creator.ts` and `temporal/run-stacks.ts`.
 */
import type { WorkflowInfo } from '@temporalio/workflow';
import Long from 'long';
import { mapErrorStacks } from '../temporal/run-stacks.ts';
import { type CodeFailure, codeFailure } from './code-failure.ts';
import { handingOverModules } from './module-handover.ts';
import { OrdinaryContextCreator } from './ordinary-context.ts';
import { type Activation, type Command, type Failure, toMs } from './proto.ts';

interface SdkWorkflow {
  readonly activator: SdkActivator;
  activate(activation: Activation): Promise<SdkCompletion>;
  dispose(): Promise<void>;
}

/** The workflow's side of `patched()` and of sinks. */
interface SdkActivator {
  getAndResetSinkCalls(): unknown[];
  readonly knownPresentPatches: Set<string>;
  patchInternal(patchId: string, deprecated: boolean): boolean;
}

interface SdkCompletion {
  readonly successful?: { readonly commands?: Command[] | null } | null;
  readonly failed?: { readonly failure?: Failure | null } | null;
}

interface SdkCreator {
  readonly isSpoiled: boolean;
  createWorkflow(options: object): Promise<SdkWorkflow>;
  destroy(): Promise<void>;
}

/** What this file uses of the SDK's creator; its own types are internal. */
interface SdkCreators {
  create(
    bundle: object,
    timeoutMs: number | undefined,
    activities: { has(name: string): boolean },
  ): Promise<SdkCreator>;
}

/** The code of a bundle, as `bundleWorkflowCode` writes it (with its source map in a comment at the end). */
export interface SandboxBundle {
  readonly code: string;
  /** For a debugger: under which name it sees the script, and where its source map is. */
  readonly inspected?: { readonly filename: string; readonly sourceMapUrl: string } | undefined;
}

/** What one activation led to. `failure` is the workflow task's, not the run's: code that threw something unexpected. */
export type SandboxAnswer =
  | { readonly commands: readonly Command[]; readonly failure?: undefined }
  | { readonly failure: CodeFailure };

/** One run inside a sandbox. */
export interface SandboxRun {
  activate(activation: Activation): Promise<SandboxAnswer>;
  dispose(): Promise<void>;
}

/** A loaded bundle, in which runs are made one after another. */
export interface Sandbox {
  /**
   * @param first the activation that will start the run; it says which workflow and with what seed
   * @param assumedPatches when given, `patched()` is true of patches without a marker too, as for a run that starts today.
   *   Their ids are added to it, and their own markers are not issued: they are no steps.
   */
  start(first: Activation, facts: RunFacts, assumedPatches?: Set<string>): Promise<SandboxRun>;
  /** Whether a run left something behind that would reach the next one. Then it is to be replaced. */
  readonly isSpoiled: boolean;
  destroy(): Promise<void>;
}

export interface RunFacts {
  readonly namespace: string;
  readonly taskQueue: string;
}

const ANY_ACTIVITY = Object.freeze({ has: Object.freeze(() => true) });

/**
 * Loads a bundle.
 *
 * @param taskTimeoutMs how long one activation may compute before it is cut off. Left out where what runs it is watched from
 *   outside: V8 starts a thread of its own for every timed call, which costs more than the call.
 */
export async function createSandbox(bundle: SandboxBundle, taskTimeoutMs?: number): Promise<Sandbox> {
  mapErrorStacks();
  const creators = OrdinaryContextCreator as unknown as SdkCreators;
  const creator = await creators.create(parseBundle(bundle), taskTimeoutMs, ANY_ACTIVITY);
  let isSpoiled = false;
  return {
    async start(first, facts, assumedPatches) {
      const workflow = await creator.createWorkflow(createOptions(first, facts));
      const assumed = assumedPatches && assumePatches(workflow.activator, assumedPatches);
      return {
        activate: async (activation) => withoutMarkers(await activate(workflow, activation), assumed),
        // What code does when it is put away is no part of its run; what it left behind is not for the next one.
        dispose: () =>
          workflow.dispose().catch(() => {
            isSpoiled = true;
          }),
      };
    },
    get isSpoiled() {
      return isSpoiled || creator.isSpoiled;
    },
    destroy: () => creator.destroy(),
  };
}

/** A patch that is asked for and has no marker is taken as present. The set is the run's own, the ids go to the caller's too. */
function assumePatches(activator: SdkActivator, noted: Set<string>): ReadonlySet<string> {
  const assumed = new Set<string>();
  const original = activator.patchInternal.bind(activator);
  activator.patchInternal = (patchId, deprecated) => {
    // Of other kinds it may be the code's own object.
    if (typeof patchId === 'string' && !deprecated && !activator.knownPresentPatches.has(patchId)) {
      activator.knownPresentPatches.add(patchId);
      assumed.add(patchId);
      noted.add(patchId);
    }
    return original(patchId, deprecated);
  };
  return assumed;
}

function withoutMarkers(answer: SandboxAnswer, assumed: ReadonlySet<string> | undefined): SandboxAnswer {
  if (answer.failure || !assumed || assumed.size === 0) return answer;
  return { commands: answer.commands.filter(({ setPatchMarker }) => !assumed.has(setPatchMarker?.patchId ?? '')) };
}

let bundleCount = 0;

function parseBundle({ code, inspected }: SandboxBundle): object {
  const at = code.lastIndexOf('//# sourceMappingURL=data:');
  const base64 = at < 0 ? -1 : code.indexOf('base64,', at);
  const empty = { version: 3, sources: [], names: [], mappings: '' };
  const sourceMap =
    base64 < 0 ? empty : JSON.parse(Buffer.from(code.slice(base64 + 'base64,'.length).trimEnd(), 'base64').toString());
  bundleCount += 1;
  const filename = inspected?.filename ?? `/replay/workflow-bundle-${bundleCount}.js`;
  const comment = inspected === undefined ? '' : `\n//# sourceMappingURL=${inspected.sourceMapUrl}\n`;
  const text = handingOverModules(at < 0 ? code : code.slice(0, at));
  return { code: `${text}${comment}`, sourceMap: frozen(sourceMap), filename };
}

/** Every run gets it. */
function frozen(sourceMap: object): object {
  for (const list of Object.values(sourceMap)) Object.freeze(list);
  return Object.freeze(sourceMap);
}

async function activate(workflow: SdkWorkflow, activation: Activation): Promise<SandboxAnswer> {
  const completion = await workflow.activate(activation);
  workflow.activator.getAndResetSinkCalls();
  if (completion.successful) return { commands: completion.successful.commands ?? [] };
  const failure = completion.failed?.failure;
  return { failure: codeFailure(failure?.message ?? 'unknown failure', failure?.stackTrace) };
}

/** What the SDK's own worker derives from the first activation (`Worker.createWorkflow`). */
function createOptions(first: Activation, facts: RunFacts): object {
  const start = first.jobs?.find((job) => job.initializeWorkflow)?.initializeWorkflow;
  if (!start) throw new Error('The first activation of a run must start it.');
  const startTime = new Date(toMs(start.startTime));
  const info: Partial<WorkflowInfo> = {
    workflowId: start.workflowId ?? '',
    runId: first.runId ?? '',
    workflowType: start.workflowType ?? '',
    searchAttributes: {},
    parent: optional(start.parentWorkflowInfo) as never,
    root: optional(start.rootWorkflow) as never,
    ...facts,
    firstExecutionRunId: start.firstExecutionRunId ?? '',
    continuedFromExecutionRunId: (start.continuedFromExecutionRunId || undefined) as never,
    startTime,
    runStartTime: new Date(toMs(first.timestamp)),
    ...timeoutsOf(start),
    attempt: start.attempt ?? 1,
    cronSchedule: (start.cronSchedule || undefined) as never,
    historyLength: first.historyLength ?? 0,
    historySize: 0,
    continueAsNewSuggested: first.continueAsNewSuggested ?? false,
  };
  const seed = Long.fromValue((start.randomnessSeed as Long | null) ?? Long.UZERO);
  return {
    info: { ...info, originalExecutionRunId: start.originalExecutionRunId || first.runId, unsafe: unsafeInfo(first) },
    randomnessSeed: seed.toBytes(),
    now: Math.floor(toMs(first.timestamp)),
    showStackTraceSources: false,
  };
}

function unsafeInfo(first: Activation): object {
  return { now: Date.now, isReplaying: first.isReplaying ?? true, isReplayingHistoryEvents: first.isReplaying ?? true };
}

type Start = NonNullable<NonNullable<Activation['jobs']>[number]['initializeWorkflow']>;

function timeoutsOf(start: Start): object {
  const ms = (duration: Start['workflowRunTimeout']) => (duration ? toMs(duration) : undefined);
  return {
    executionTimeoutMs: ms(start.workflowExecutionTimeout),
    runTimeoutMs: ms(start.workflowRunTimeout),
    taskTimeoutMs: ms(start.workflowTaskTimeout) ?? 10_000,
  };
}

function optional<Value extends object>(value: Value | null | undefined): object | undefined {
  return value ? { ...value } : undefined;
}
