/**
 * Shadow runs on their way between the server and the author's workflow code, outside of the sandbox: no code of the author
 * can reach what is here. Real runs pass untouched.
 *
 * Invariants
 * 1. A command by which a shadow would reach something else (a child, another run, another queue, another service) ends it.
 * 2. A step that has no answer ends it too, before the author's code hears of it: nothing is compared that follows from it.
 * 3. A step that may not run waits for the real run as long as it takes: its own timeouts and retries do not count.
 * 4. The code sees the id and the randomness of the real run, so that what it derives from them is the same.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { coresdk, temporal } from '@temporalio/proto';
import type { MissionDefinition } from '../mission/definition.ts';
import { isShadowRun, SHADOW_UNANSWERED } from '../mission/wire.ts';
import type { ShadowFacts, ShadowHost } from './shadow-host.ts';
import { shadowSource } from './shadow-source.ts';
import type { Activation, Completion, DrivenRun, NewRun, WorkflowCreator } from './workflow-creator.ts';

type Command = coresdk.workflow_commands.IWorkflowCommand;
type Failure = temporal.api.failure.v1.IFailure;

/** A creator like the one given, with shadow runs held off the world. */
export function holdShadowsOff(
  creator: WorkflowCreator,
  candidate: MissionDefinition,
  host: ShadowHost | undefined,
): WorkflowCreator {
  return {
    createWorkflow: async (run) =>
      isShadowRun(run.info.workflowId) ? shadowWorkflow(creator, run, candidate, host) : creator.createWorkflow(run),
    destroy: () => creator.destroy(),
  };
}

async function shadowWorkflow(
  creator: WorkflowCreator,
  run: NewRun,
  candidate: MissionDefinition,
  host: ShadowHost | undefined,
): Promise<DrivenRun> {
  const facts = await host?.find(run.info.workflowId);
  const inner = await creator.createWorkflow(facts === undefined ? run : asPrimary(run, facts));
  return {
    async activate(activation) {
      const unanswered = facts === undefined ? unknownShadow() : unansweredIn(activation);
      if (unanswered !== undefined) return endWith(activation, unanswered);
      const completion = await inner.activate(activation);
      const forbidden = completion.successful?.commands?.map((command) => reachesOut(command, run)).find(Boolean);
      if (forbidden !== undefined) return endWith(activation, failureOf(forbidden.step, forbidden.reason));
      for (const command of completion.successful?.commands ?? []) waitAsLongAsItTakes(command, candidate, facts);
      return completion;
    },
    async getAndResetSinkCalls() {
      const { workflowId } = run.info;
      const calls = await inner.getAndResetSinkCalls();
      return calls.map((call) => ({ ...call, workflowInfo: { ...call.workflowInfo, workflowId } }));
    },
    dispose: () => inner.dispose(),
  };
}

/** Later links have a seed of their own in either run. */
function asPrimary(run: NewRun, { workflowId, seed }: ShadowFacts): NewRun {
  const isFirst = run.info.continuedFromExecutionRunId === undefined;
  return { ...run, info: { ...run.info, workflowId }, ...(isFirst && { randomnessSeed: seed }) };
}

/** The failure of a step without an answer, among what the run is told. */
function unansweredIn({ jobs }: Activation): Failure | undefined {
  for (const { resolveActivity } of jobs ?? []) {
    let failure = resolveActivity?.result?.failed?.failure;
    while (failure && failure.applicationFailureInfo?.type !== SHADOW_UNANSWERED) failure = failure.cause;
    if (failure) return failure;
  }
  return undefined;
}

function unknownShadow(): Failure {
  return failureOf('', 'this worker knows of no real run beside it');
}

/** In the form of `unansweredFailure`, as the server keeps it. */
function failureOf(step: string, reason: string): Failure {
  const details = { payloads: [defaultPayloadConverter.toPayload({ step, reason })] };
  return {
    message: reason,
    source: 'mission-runtime',
    applicationFailureInfo: { type: SHADOW_UNANSWERED, nonRetryable: true, details },
  };
}

function endWith({ runId }: Activation, failure: Failure): Completion {
  return { runId: runId ?? '', successful: { commands: [{ failWorkflowExecution: { failure } }] } };
}

/** What a command would reach besides the run itself. */
function reachesOut(
  command: Command,
  { info }: NewRun,
): { readonly step: string; readonly reason: string } | undefined {
  const child = command.startChildWorkflowExecution;
  if (child) return { step: child.workflowType ?? '', reason: 'a shadow starts no child workflows' };
  const signal = command.signalExternalWorkflowExecution;
  if (signal) return { step: signal.signalName ?? '', reason: 'a shadow signals no other runs' };
  if (command.requestCancelExternalWorkflowExecution) {
    return { step: 'cancel', reason: 'a shadow cancels no other runs' };
  }
  const nexus = command.scheduleNexusOperation;
  if (nexus) return { step: nexus.operation ?? '', reason: 'a shadow calls no other services' };
  const activity = command.scheduleActivity;
  if (activity?.taskQueue && activity.taskQueue !== info.taskQueue) {
    return {
      step: activity.activityId ?? '',
      reason: `a shadow sends nothing to the task queue ${activity.taskQueue}`,
    };
  }
  const next = command.continueAsNewWorkflowExecution;
  const stays = (name: string | null | undefined, own: string) => !name || name === own;
  if (next && !(stays(next.workflowType, info.workflowType) && stays(next.taskQueue, info.taskQueue))) {
    return { step: 'continue-as-new', reason: 'a shadow goes on as nothing else' };
  }
  return undefined;
}

/** An attempt is short, so that a worker that died is noticed; there may be any number of them. */
const ATTEMPT_MS = 60_000;

function waitAsLongAsItTakes(command: Command, candidate: MissionDefinition, facts: ShadowFacts | undefined): void {
  const activity = command.scheduleActivity;
  if (!activity || facts === undefined) return;
  if (shadowSource(activity.activityType ?? '', candidate, facts.definition) === 'live') return;
  Object.assign(activity, {
    startToCloseTimeout: msToTs(ATTEMPT_MS),
    scheduleToCloseTimeout: null,
    scheduleToStartTimeout: null,
    heartbeatTimeout: null,
    retryPolicy: { initialInterval: msToTs(1_000), backoffCoefficient: 1, maximumAttempts: 0 },
  });
}
