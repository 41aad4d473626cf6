import { payloadToJson } from '../recording/payloads.ts';
import type { Json } from '../shared/json.ts';
import { isLocalActivityMarker } from './lockstep/event-facts.ts';
import type { Failure, HistoryEvent } from './proto.ts';

export interface AnswerOutcome {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'timed-out';
  readonly result: Json;
  readonly failure?: string;
}

/** How an event says that a step ended; `undefined` for events that end nothing (a child that started). */
export function outcomeOf(event: HistoryEvent): AnswerOutcome | undefined {
  const completed = event.activityTaskCompletedEventAttributes ?? event.childWorkflowExecutionCompletedEventAttributes;
  if (completed) return { status: 'completed', result: payloadToJson(completed.result?.payloads?.[0]) };
  const failed = event.activityTaskFailedEventAttributes ?? event.childWorkflowExecutionFailedEventAttributes;
  if (failed) return { status: 'failed', result: null, failure: deepestMessage(failed.failure) };
  if (event.activityTaskTimedOutEventAttributes ?? event.childWorkflowExecutionTimedOutEventAttributes) {
    return { status: 'timed-out', result: null, failure: 'timed out' };
  }
  if (event.activityTaskCanceledEventAttributes ?? event.childWorkflowExecutionCanceledEventAttributes) {
    return { status: 'cancelled', result: null, failure: 'cancelled' };
  }
  return outcomeOfOperation(event) ?? outcomeOfExternal(event) ?? outcomeOfLocal(event);
}

function outcomeOfOperation(event: HistoryEvent): AnswerOutcome | undefined {
  const completed = event.nexusOperationCompletedEventAttributes;
  if (completed) return { status: 'completed', result: payloadToJson(completed.result) };
  const failed = event.nexusOperationFailedEventAttributes;
  if (failed) return { status: 'failed', result: null, failure: deepestMessage(failed.failure) };
  if (event.nexusOperationTimedOutEventAttributes) return { status: 'timed-out', result: null, failure: 'timed out' };
  if (event.nexusOperationCanceledEventAttributes) return { status: 'cancelled', result: null, failure: 'cancelled' };
  return undefined;
}

function outcomeOfLocal(event: HistoryEvent): AnswerOutcome | undefined {
  if (!isLocalActivityMarker(event)) return undefined;
  const { failure, details } = event.markerRecordedEventAttributes ?? {};
  if (failure) return { status: 'failed', result: null, failure: deepestMessage(failure) };
  return { status: 'completed', result: payloadToJson(details?.['result']?.payloads?.[0]) };
}

function outcomeOfExternal(event: HistoryEvent): AnswerOutcome | undefined {
  if (
    event.externalWorkflowExecutionSignaledEventAttributes ??
    event.externalWorkflowExecutionCancelRequestedEventAttributes
  ) {
    return { status: 'completed', result: null };
  }
  if (
    event.signalExternalWorkflowExecutionFailedEventAttributes ??
    event.requestCancelExternalWorkflowExecutionFailedEventAttributes
  ) {
    return { status: 'failed', result: null, failure: 'the other workflow was not reached' };
  }
  return event.childWorkflowExecutionTerminatedEventAttributes
    ? { status: 'failed', result: null, failure: 'terminated' }
    : undefined;
}

function deepestMessage(failure: Failure | null | undefined): string {
  let deepest = failure;
  while (deepest?.cause) deepest = deepest.cause;
  return deepest?.message ?? 'failed';
}
