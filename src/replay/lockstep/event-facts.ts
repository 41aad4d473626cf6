/** What kinds of events there are, as the driver of a history needs to tell them apart. Source: sdk-core. */
import { EventType, type HistoryEvent, type Payload, toNumber } from '../proto.ts';

/** Events that a workflow's own commands cause; they follow the workflow task that issued them. */
const COMMAND_EVENTS: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
  EventType.EVENT_TYPE_MARKER_RECORDED,
  EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_TIMER_CANCELED,
  EventType.EVENT_TYPE_TIMER_STARTED,
  EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
  EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
  EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
  EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
]);

const FINAL_EVENTS: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
]);

export function typeOf(event: HistoryEvent | undefined): number {
  return event?.eventType ?? EventType.EVENT_TYPE_UNSPECIFIED;
}

export function idOf(event: HistoryEvent): number {
  return toNumber(event.eventId);
}

export function isCommandEvent(event: HistoryEvent): boolean {
  return COMMAND_EVENTS.has(typeOf(event));
}

export function isFinalEvent(event: HistoryEvent): boolean {
  return FINAL_EVENTS.has(typeOf(event));
}

/** `ACTIVITY_TASK_SCHEDULED` */
export function eventName(event: HistoryEvent): string {
  return (EventType[typeOf(event)] ?? `event type ${typeOf(event)}`).replace('EVENT_TYPE_', '');
}

/** The id of the event that began what this event ends or continues; `undefined` when it stands alone. */
export function initiatingEventId(event: HistoryEvent): number | undefined {
  const id = INITIATED_BY.get(typeOf(event))?.(event);
  return id === null || id === undefined ? undefined : toNumber(id);
}

type EventId = Parameters<typeof toNumber>[0];

/** Where each type of event says it: to look for it among the sixty kinds of attributes would take longer than the rest. */
const INITIATED_BY: ReadonlyMap<number, (event: HistoryEvent) => EventId> = new Map([
  [EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, (event) => event.activityTaskStartedEventAttributes?.scheduledEventId],
  [
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    (event) => event.activityTaskCompletedEventAttributes?.scheduledEventId,
  ],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED, (event) => event.activityTaskFailedEventAttributes?.scheduledEventId],
  [
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    (event) => event.activityTaskTimedOutEventAttributes?.scheduledEventId,
  ],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED, (event) => event.activityTaskCanceledEventAttributes?.scheduledEventId],
  [EventType.EVENT_TYPE_TIMER_FIRED, (event) => event.timerFiredEventAttributes?.startedEventId],
  [
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
    (event) => event.startChildWorkflowExecutionFailedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
    (event) => event.childWorkflowExecutionStartedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
    (event) => event.childWorkflowExecutionCompletedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
    (event) => event.childWorkflowExecutionFailedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
    (event) => event.childWorkflowExecutionCanceledEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
    (event) => event.childWorkflowExecutionTimedOutEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
    (event) => event.childWorkflowExecutionTerminatedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED,
    (event) => event.externalWorkflowExecutionSignaledEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
    (event) => event.signalExternalWorkflowExecutionFailedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
    (event) => event.externalWorkflowExecutionCancelRequestedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
    (event) => event.requestCancelExternalWorkflowExecutionFailedEventAttributes?.initiatedEventId,
  ],
  [
    EventType.EVENT_TYPE_NEXUS_OPERATION_STARTED,
    (event) => event.nexusOperationStartedEventAttributes?.scheduledEventId,
  ],
  [
    EventType.EVENT_TYPE_NEXUS_OPERATION_COMPLETED,
    (event) => event.nexusOperationCompletedEventAttributes?.scheduledEventId,
  ],
  [EventType.EVENT_TYPE_NEXUS_OPERATION_FAILED, (event) => event.nexusOperationFailedEventAttributes?.scheduledEventId],
  [
    EventType.EVENT_TYPE_NEXUS_OPERATION_CANCELED,
    (event) => event.nexusOperationCanceledEventAttributes?.scheduledEventId,
  ],
  [
    EventType.EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT,
    (event) => event.nexusOperationTimedOutEventAttributes?.scheduledEventId,
  ],
  [
    EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED,
    (event) => event.nexusOperationCancelRequestCompletedEventAttributes?.scheduledEventId,
  ],
  [
    EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED,
    (event) => event.nexusOperationCancelRequestFailedEventAttributes?.scheduledEventId,
  ],
]);

export interface PatchMarker {
  readonly patchId: string;
  readonly deprecated: boolean;
}

/** The patch of a patch marker, in its JSON form or the older one of plain bytes. */
export function patchMarkerOf(event: HistoryEvent): PatchMarker | undefined {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== 'core_patch') return undefined;
  const json = parseJson(marker.details?.['patch-data']?.payloads?.[0]);
  if (json !== undefined) return { patchId: textOf(json['id']), deprecated: json['deprecated'] === true };
  const id = marker.details?.['patch_id']?.payloads?.[0]?.data;
  const deprecated = marker.details?.['deprecated']?.payloads?.[0]?.data;
  return { patchId: Buffer.from(id ?? []).toString('utf8'), deprecated: (deprecated?.[0] ?? 0) !== 0 };
}

/** What a local activity's marker says of it. Times are milliseconds since the epoch. */
export interface LocalActivityMarker {
  readonly seq: number;
  readonly activityId: string;
  readonly activityType: string;
  readonly attempt: number;
  readonly completeTimeMs: number | undefined;
  readonly originalScheduleTime: { readonly seconds: number; readonly nanos: number } | undefined;
  readonly backoff: { readonly seconds: number; readonly nanos: number } | undefined;
}

export function isLocalActivityMarker(event: HistoryEvent): boolean {
  return event.markerRecordedEventAttributes?.markerName === 'core_local_activity';
}

/** Temporal does not record what a local activity was asked, unless it was told to. */
export function isUnrecordedLocal(event: HistoryEvent): boolean {
  return isLocalActivityMarker(event) && !event.markerRecordedEventAttributes?.details?.['input'];
}

export function localActivityMarkerOf(event: HistoryEvent): LocalActivityMarker | undefined {
  if (!isLocalActivityMarker(event)) return undefined;
  const json = parseJson(event.markerRecordedEventAttributes?.details?.['data']?.payloads?.[0]);
  if (json === undefined) return undefined;
  const time = json['complete_time'] as { seconds: number; nanos: number } | null | undefined;
  return {
    seq: Number(json['seq']),
    activityId: textOf(json['activity_id']),
    activityType: textOf(json['activity_type']),
    attempt: Number(json['attempt'] ?? 1),
    completeTimeMs: time ? time.seconds * 1_000 + time.nanos / 1e6 : undefined,
    originalScheduleTime: (json['original_schedule_time'] as LocalActivityMarker['originalScheduleTime']) ?? undefined,
    backoff: (json['backoff'] as LocalActivityMarker['backoff']) ?? undefined,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parseJson(payload: Payload | null | undefined): Record<string, unknown> | undefined {
  if (!payload?.data || payload.data.length === 0) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(payload.data).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
