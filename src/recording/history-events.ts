/** Small readings of history events that every stage of this room needs. */
import type Long from 'long';
import { EventType, eventTypeEnum } from './proto.ts';
import type { History, HistoryEvent } from './recording.ts';

/** A 64-bit number of a message; ids and times stay far below 2^53. */
export function numberOf(value: Long | number | string | null | undefined): number {
  if (typeof value === 'number') return value;
  if (value === null || value === undefined) return 0;
  return typeof value === 'string' ? Number(value) : value.toNumber();
}

interface SecondsNanos {
  readonly seconds?: Long | number | null;
  readonly nanos?: number | null;
}

/** A timestamp or duration in milliseconds, with fractions. */
export function millisecondsOf(value: SecondsNanos | null | undefined): number {
  return numberOf(value?.seconds) * 1_000 + (value?.nanos ?? 0) / 1_000_000;
}

/** When an event was written, in milliseconds since 1970. */
export function eventTimeMs(event: HistoryEvent): number {
  return millisecondsOf(event.eventTime);
}

/** `2026-01-31T12:00:00.123Z` */
export function eventTimeIso(event: HistoryEvent): string {
  return new Date(Math.floor(eventTimeMs(event))).toISOString();
}

/** `ActivityTaskScheduled`, or the number of a type that this version does not know. */
export function eventTypeName(event: HistoryEvent): string {
  const name = eventTypeEnum.valuesById[event.eventType ?? 0];
  if (name === undefined) return `event type ${event.eventType}`;
  return name
    .replace(/^EVENT_TYPE_/, '')
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export type StartedAttributes = NonNullable<HistoryEvent['workflowExecutionStartedEventAttributes']>;

/** The attributes of a history's first event. */
export function startedOf(history: History): StartedAttributes {
  return history.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
}

/** The run that a history is of: the reset's new run, else the run that it was started as. */
export function runIdOf(history: History): string {
  const started = startedOf(history);
  const reset = (history.events ?? []).findLast((event) => isReset(event));
  return reset?.workflowTaskFailedEventAttributes?.newRunId || started.originalExecutionRunId || '';
}

/** The run that a reset started from, when there was one. */
export function resetBaseOf(history: History): string | undefined {
  const reset = (history.events ?? []).findLast((event) => isReset(event));
  return reset?.workflowTaskFailedEventAttributes?.baseRunId || undefined;
}

function isReset(event: HistoryEvent): boolean {
  return (
    event.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED &&
    (event.workflowTaskFailedEventAttributes?.newRunId ?? '') !== ''
  );
}
