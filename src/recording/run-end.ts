import type { temporal } from '@temporalio/proto';
import type { Json } from '../shared/json.ts';
import { failureMessage } from './failure-message.ts';
import { startedOf } from './history-events.ts';
import { argumentsToJson, payloadsToJson, payloadToJson } from './payloads.ts';
import { EventType } from './proto.ts';
import type { History } from './recording.ts';
import type { RunEnd, RunFailure } from './trace.ts';

export type Failure = temporal.api.failure.v1.IFailure;

const ENDS_WITHOUT_RESULT: ReadonlyMap<number, 'cancelled' | 'terminated' | 'timed-out'> = new Map([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, 'cancelled'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, 'terminated'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, 'timed-out'],
]);

/** How the run of a history ended; `open` when its last event does not end it. */
export function runEndOf(history: History): RunEnd {
  const last = history.events?.at(-1);
  const completed = last?.workflowExecutionCompletedEventAttributes;
  if (completed) return { status: 'completed', result: payloadToJson(completed.result?.payloads?.[0]) };
  const failed = last?.workflowExecutionFailedEventAttributes;
  if (failed) return { status: 'failed', failure: runFailure(failed.failure) };
  const continued = last?.workflowExecutionContinuedAsNewEventAttributes;
  if (continued) {
    const { workflowType, input } = continued;
    const handedOn = { workflowType: workflowType?.name ?? '', input: argumentsToJson(input) };
    return { status: 'continued-as-new', handedOn };
  }
  return { status: ENDS_WITHOUT_RESULT.get(last?.eventType ?? 0) ?? 'open' };
}

/** What the run was started with: no argument is `null`, one is itself, more are an array. */
export function inputOf(history: History): Json {
  return argumentsToJson(startedOf(history).input);
}

/** The failure at the bottom of a chain of causes: the wrappers (`Activity task failed`) say nothing about why. */
export function rootFailure(failure: Failure | null | undefined): { message: string; type: string } {
  let root = failure ?? {};
  while (isWrapper(root) && root.cause) root = root.cause;
  return { message: failureMessage(root), type: failureType(root) };
}

/** The failure of a run. */
export function runFailure(failure: Failure | null | undefined): RunFailure {
  const root = rootFailure(failure);
  if (!failure || isWrapper(failure)) return root;
  const { applicationFailureInfo: info, cause } = failure;
  const details = payloadsToJson(info?.details);
  return {
    ...root,
    ...(details.length > 0 && { details }),
    ...(info?.nonRetryable && { nonRetryable: true }),
    ...(cause && { cause: runFailure(cause) }),
  };
}

function isWrapper(failure: Failure): boolean {
  return Boolean(failure.activityFailureInfo ?? failure.childWorkflowExecutionFailureInfo);
}

function failureType(failure: Failure): string {
  if (failure.applicationFailureInfo) return failure.applicationFailureInfo.type || 'Error';
  if (failure.timeoutFailureInfo) return 'Timeout';
  if (failure.canceledFailureInfo) return 'Cancelled';
  if (failure.terminatedFailureInfo) return 'Terminated';
  if (failure.serverFailureInfo) return 'Server';
  if (failure.activityFailureInfo) return 'Activity';
  return failure.childWorkflowExecutionFailureInfo ? 'ChildWorkflow' : 'Error';
}
