/** The steps that one event begins and another ends: activities, timers, children, signals to others, Nexus operations. */
import { MODEL_ACTIVITY, toolOfActivity } from '../mission/wire.ts';
import type { Json } from '../shared/json.ts';
import { millisecondsOf, numberOf } from './history-events.ts';
import type { LinkTrace, StepEnd, StepStart } from './link-trace.ts';
import { argumentsToJson, type payloadsToJson, payloadToJson } from './payloads.ts';
import { EventType as E } from './proto.ts';
import type { HistoryEvent } from './recording.ts';
import { type Failure, rootFailure } from './run-end.ts';
import { readContext, readModelAnswer } from './wire-schema.ts';

type Begin = (event: HistoryEvent) => StepStart;

const BEGINS: ReadonlyMap<number, Begin> = new Map<number, Begin>([
  [E.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, activityStart],
  [
    E.EVENT_TYPE_TIMER_STARTED,
    ({ timerStartedEventAttributes: timer }) => ({
      kind: 'wait',
      name: 'timer',
      request: { durationMs: millisecondsOf(timer?.startToFireTimeout) },
    }),
  ],
  [
    E.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => ({
      kind: 'child',
      name: child?.workflowType?.name ?? '',
      request: argumentsToJson(child?.input),
    }),
  ],
  [
    E.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    ({ signalExternalWorkflowExecutionInitiatedEventAttributes: signal }) => ({
      kind: 'signal',
      name: signal?.signalName ?? '',
      request: { to: signal?.workflowExecution?.workflowId ?? '', input: argumentsToJson(signal?.input) },
    }),
  ],
  [
    E.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    ({ requestCancelExternalWorkflowExecutionInitiatedEventAttributes: cancel }) => ({
      kind: 'signal',
      name: 'cancel',
      request: { to: cancel?.workflowExecution?.workflowId ?? '' },
    }),
  ],
  [
    E.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
    ({ nexusOperationScheduledEventAttributes: nexus }) => ({
      kind: 'activity',
      name: `${nexus?.service ?? ''}.${nexus?.operation ?? ''}`,
      request: payloadToJson(nexus?.input),
    }),
  ],
]);

interface Ending {
  /** The event that began the step. */
  readonly of: unknown;
  readonly status: StepEnd['status'];
  readonly result?: Json;
  readonly failure?: Failure | null | undefined;
}

type End = (event: HistoryEvent) => Ending;

const ENDS: ReadonlyMap<number, End> = new Map<number, End>([
  [
    E.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    ({ activityTaskCompletedEventAttributes: a }) => ({
      of: a?.scheduledEventId,
      status: 'completed',
      result: payloadToJson(a?.result?.payloads?.[0]),
    }),
  ],
  [
    E.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    ({ activityTaskFailedEventAttributes: a }) => ({ of: a?.scheduledEventId, status: 'failed', failure: a?.failure }),
  ],
  [
    E.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    ({ activityTaskTimedOutEventAttributes: a }) => ({
      of: a?.scheduledEventId,
      status: 'timed-out',
      failure: a?.failure,
    }),
  ],
  [
    E.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    ({ activityTaskCanceledEventAttributes: a }) => ({ of: a?.scheduledEventId, status: 'cancelled' }),
  ],
  [E.EVENT_TYPE_TIMER_FIRED, ({ timerFiredEventAttributes: a }) => ({ of: a?.startedEventId, status: 'completed' })],
  [
    E.EVENT_TYPE_TIMER_CANCELED,
    ({ timerCanceledEventAttributes: a }) => ({ of: a?.startedEventId, status: 'cancelled' }),
  ],
  [
    E.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
    ({ childWorkflowExecutionCompletedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'completed',
      result: payloadToJson(a?.result?.payloads?.[0]),
    }),
  ],
  [
    E.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
    ({ childWorkflowExecutionFailedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'failed',
      failure: a?.failure,
    }),
  ],
  [
    E.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
    ({ childWorkflowExecutionCanceledEventAttributes: a }) => ({ of: a?.initiatedEventId, status: 'cancelled' }),
  ],
  [
    E.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
    ({ childWorkflowExecutionTimedOutEventAttributes: a }) => ({ of: a?.initiatedEventId, status: 'timed-out' }),
  ],
  [
    E.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
    ({ childWorkflowExecutionTerminatedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'failed',
      failure: { message: 'The child workflow was terminated.' },
    }),
  ],
  [
    E.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
    ({ startChildWorkflowExecutionFailedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'failed',
      failure: { message: 'The child workflow could not be started: its id or namespace was refused.' },
    }),
  ],
  [
    E.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED,
    ({ externalWorkflowExecutionSignaledEventAttributes: a }) => ({ of: a?.initiatedEventId, status: 'completed' }),
  ],
  [
    E.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
    ({ signalExternalWorkflowExecutionFailedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'failed',
      failure: { message: 'The signal could not be delivered.' },
    }),
  ],
  [
    E.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
    ({ externalWorkflowExecutionCancelRequestedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'completed',
    }),
  ],
  [
    E.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
    ({ requestCancelExternalWorkflowExecutionFailedEventAttributes: a }) => ({
      of: a?.initiatedEventId,
      status: 'failed',
      failure: { message: 'The cancellation could not be requested.' },
    }),
  ],
  [
    E.EVENT_TYPE_NEXUS_OPERATION_COMPLETED,
    ({ nexusOperationCompletedEventAttributes: a }) => ({
      of: a?.scheduledEventId,
      status: 'completed',
      result: payloadToJson(a?.result),
    }),
  ],
  [
    E.EVENT_TYPE_NEXUS_OPERATION_FAILED,
    ({ nexusOperationFailedEventAttributes: a }) => ({
      of: a?.scheduledEventId,
      status: 'failed',
      failure: a?.failure,
    }),
  ],
  [
    E.EVENT_TYPE_NEXUS_OPERATION_CANCELED,
    ({ nexusOperationCanceledEventAttributes: a }) => ({ of: a?.scheduledEventId, status: 'cancelled' }),
  ],
  [
    E.EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT,
    ({ nexusOperationTimedOutEventAttributes: a }) => ({
      of: a?.scheduledEventId,
      status: 'timed-out',
      failure: a?.failure,
    }),
  ],
]);

/** Takes an event that begins or ends a command's step. */
export function traceCommand(trace: LinkTrace, event: HistoryEvent): void {
  const type = event.eventType ?? 0;
  const begin = BEGINS.get(type);
  if (begin !== undefined) trace.begin(event, begin(event));
  const end = ENDS.get(type);
  if (end !== undefined) endStep(trace, event, end(event));
  if (type === E.EVENT_TYPE_ACTIVITY_TASK_STARTED) noteAttempts(trace, event);
}

function endStep(trace: LinkTrace, event: HistoryEvent, { of, status, result, failure }: Ending): void {
  const step = trace.at(numberOf(of as Parameters<typeof numberOf>[0]));
  trace.end(step, event, {
    status,
    ...(result !== undefined && { result }),
    ...(failure && { failure: rootFailure(failure).message }),
  });
  const answer = step?.kind === 'model' ? readModelAnswer(result) : undefined;
  if (step === undefined || answer === undefined) return;
  if (answer.reasoning !== undefined) step.reasoning = answer.reasoning;
  if (answer.usage !== undefined) step.usage = answer.usage as NonNullable<typeof step.usage>;
}

function noteAttempts(trace: LinkTrace, { activityTaskStartedEventAttributes: started }: HistoryEvent): void {
  const step = trace.at(numberOf(started?.scheduledEventId));
  if (step !== undefined) step.attempts = started?.attempt ?? 1;
}

/** A step of the kit says what it is in its second argument; any other activity is a plain one. */
function activityStart({ activityTaskScheduledEventAttributes: activity }: HistoryEvent): StepStart {
  const type = activity?.activityType?.name ?? '';
  const tool = toolOfActivity(type);
  const context = type === MODEL_ACTIVITY || tool !== undefined ? contextOf(activity?.input) : undefined;
  if (context === undefined) return { kind: 'activity', name: type, request: argumentsToJson(activity?.input) };
  const request = payloadToJson(activity?.input?.payloads?.[0]);
  return {
    id: context.step,
    kind: context.kind,
    name: tool ?? promptOf(request) ?? type,
    request,
    ...(context.effect !== undefined && { effect: context.effect }),
    ...(context.notes !== undefined && { notes: context.notes }),
  };
}

function contextOf(input: Parameters<typeof payloadsToJson>[0]): ReturnType<typeof readContext> {
  return readContext(payloadToJson(input?.payloads?.[1]));
}

function promptOf(request: Json): string | undefined {
  if (typeof request !== 'object' || request === null || !('prompt' in request)) return undefined;
  return typeof request['prompt'] === 'string' ? request['prompt'] : undefined;
}
