import { payloadToJson } from '../recording/payloads.ts';
import { rootFailure } from '../recording/run-end.ts';
import type { Failure, Job, Payload } from '../replay/proto.ts';
import { argumentsView } from '../replay/view-parts.ts';
import type { Told } from './moment.ts';

/** Steps of a run by what their commands are numbered with. */
export interface StepNumbers {
  stepOf(
    kind: 'activity' | 'timer' | 'child' | 'operation' | 'signal' | 'cancel',
    seq: number | null | undefined,
  ): string;
}

/** A job of an activation in words. `undefined` for what says nothing to a reader. */
export function toldIn(job: Job, steps: StepNumbers): Told | undefined {
  return fromWork(job, steps) ?? fromOutside(job);
}

function fromWork(job: Job, steps: StepNumbers): Told | undefined {
  const { resolveActivity, fireTimer, resolveChildWorkflowExecution: child } = job;
  if (fireTimer) return { kind: 'timer', step: steps.stepOf('timer', fireTimer.seq) };
  if (resolveActivity) return answered(steps.stepOf('activity', resolveActivity.seq), resolveActivity.result);
  if (child) return answered(steps.stepOf('child', child.seq), child.result);
  const { resolveChildWorkflowExecutionStart: start } = job;
  if (start) return startOfChild(steps.stepOf('child', start.seq), start);
  const { resolveNexusOperation: ended, resolveNexusOperationStart: begun } = job;
  if (ended) return answered(steps.stepOf('operation', ended.seq), outcomeOfOperation(ended.result));
  if (begun) return { kind: 'other', name: `${steps.stepOf('operation', begun.seq)} started` };
  const { resolveSignalExternalWorkflow: signal, resolveRequestCancelExternalWorkflow: cancel } = job;
  if (signal) return answered(steps.stepOf('signal', signal.seq), outcomeOfExternal(signal));
  return cancel ? answered(steps.stepOf('cancel', cancel.seq), outcomeOfExternal(cancel)) : undefined;
}

interface Outcome {
  readonly completed?: { readonly result?: Payload | null } | null;
  readonly failed?: { readonly failure?: Failure | null } | null;
  readonly cancelled?: { readonly failure?: Failure | null } | null;
  readonly backoff?: unknown;
}

type OperationResult = NonNullable<Job['resolveNexusOperation']>['result'];

function outcomeOfOperation(result: OperationResult): Outcome {
  const { completed, failed, cancelled, timedOut } = result ?? {};
  if (completed) return { completed: { result: completed } };
  if (cancelled) return { cancelled: { failure: cancelled } };
  return { failed: { failure: failed ?? timedOut ?? null } };
}

function outcomeOfExternal({ failure }: { readonly failure?: Failure | null }): Outcome {
  return failure ? { failed: { failure } } : { completed: {} };
}

function answered(step: string, outcome: Outcome | null | undefined): Told {
  if (outcome?.backoff) return { kind: 'other', name: `${step} will be tried again` };
  if (outcome?.completed)
    return { kind: 'answer', step, status: 'completed', result: payloadToJson(outcome.completed.result) };
  const failure = outcome?.failed?.failure ?? outcome?.cancelled?.failure;
  const { message, type } = rootFailure(failure);
  const ended = type === 'Timeout' ? 'timed-out' : 'failed';
  const status = outcome?.cancelled ? 'cancelled' : ended;
  return { kind: 'answer', step, status, result: null, failure: message };
}

type ChildStart = NonNullable<Job['resolveChildWorkflowExecutionStart']>;

function startOfChild(step: string, { succeeded, cancelled, failed }: ChildStart): Told {
  if (succeeded) return { kind: 'other', name: `${step} started` };
  const failure = cancelled ? 'cancelled before it started' : `could not be started (cause ${failed?.cause ?? 0})`;
  return { kind: 'answer', step, status: cancelled ? 'cancelled' : 'failed', result: null, failure };
}

function fromOutside(job: Job): Told | undefined {
  const { initializeWorkflow: start, signalWorkflow: signal, doUpdate: update, cancelWorkflow: cancel } = job;
  if (start) return { kind: 'start', workflowType: start.workflowType ?? '', input: argumentsView(start.arguments) };
  if (signal) return { kind: 'signal', name: signal.signalName ?? '', input: argumentsView(signal.input) };
  if (update) return { kind: 'update', name: update.name ?? '', input: argumentsView(update.input) };
  if (cancel) return { kind: 'cancel', reason: cancel.reason ?? '' };
  if (job.notifyHasPatch) return { kind: 'patch', name: job.notifyHasPatch.patchId ?? '' };
  return job.updateRandomSeed ? { kind: 'other', name: 'the random seed of a reset' } : undefined;
}
