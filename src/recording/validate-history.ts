/**
 * Whether a decoded message is a history that can be replayed. Temporal's replayer answers a broken one with a native panic
 * or by hanging for minutes, so nothing reaches it that does not pass here.
 *
 * 1. The first event is `WorkflowExecutionStarted` with a workflow type and a run id.
 * 2. Event ids are 1, 2, 3, …; every event has a time, a known type and that type's attributes.
 * 3. What refers to an earlier event refers to one of the right type; a workflow task goes scheduled → started → closed,
 *    one at a time.
 * 4. Nothing follows the event that ends the run; a run that has not ended has at least begun a workflow task.
 */

import Long from 'long';
import { historyInvalid } from './history-error.ts';
import { eventTypeName } from './history-events.ts';
import { EventType, eventType, eventTypeEnum, fieldsOf } from './proto.ts';
import type { History, HistoryEvent } from './recording.ts';

const CLOSING: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
]);

/** Whether an event ends its run. */
function isClosing(event: HistoryEvent): boolean {
  return CLOSING.has(event.eventType ?? 0);
}

/** `activityTaskScheduledEventAttributes` by event type. */
const ATTRIBUTES: ReadonlyMap<number, string> = attributesByType();

function attributesByType(): ReadonlyMap<number, string> {
  const fields = new Map(fieldsOf(eventType).map(({ name }) => [name.toLowerCase(), name]));
  const entries = Object.entries(eventTypeEnum.values).map(([name, number]): [number, string | undefined] => {
    const key = `${name.replace('EVENT_TYPE_', '').replaceAll('_', '').toLowerCase()}eventattributes`;
    return [number, fields.get(key)];
  });
  return new Map(entries.filter((entry): entry is [number, string] => entry[1] !== undefined));
}

/** The member of an event that holds its attributes; `undefined` for a type that is not known. */
export function attributesNameOf(type: number): string | undefined {
  return ATTRIBUTES.get(type);
}

/** Which event types a reference may name, by the name of the reference, within these kinds of events. */
const REFERENCES: readonly { readonly prefix: string; readonly member: string; readonly to: readonly number[] }[] = [
  { prefix: 'workflowTask', member: 'scheduledEventId', to: [EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED] },
  { prefix: 'workflowTask', member: 'startedEventId', to: [EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED] },
  { prefix: 'activityTask', member: 'scheduledEventId', to: [EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED] },
  { prefix: 'activityTask', member: 'startedEventId', to: [EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED] },
  { prefix: 'timer', member: 'startedEventId', to: [EventType.EVENT_TYPE_TIMER_STARTED] },
  {
    prefix: 'childWorkflowExecution',
    member: 'initiatedEventId',
    to: [EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED],
  },
  {
    prefix: 'childWorkflowExecution',
    member: 'startedEventId',
    to: [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED],
  },
  { prefix: '', member: 'workflowTaskCompletedEventId', to: [EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED] },
];

/**
 * @param where the file or run, for messages.
 * @returns the same history.
 * @throws MissionError `HISTORY_INVALID` naming the event and the remedy.
 */
export function validateHistory(history: History, where: string): History {
  const events = history.events ?? [];
  checkStart(events[0], where);
  const state = { ended: false, begun: false, task: 'none' as 'none' | 'scheduled' | 'started' };
  for (const [index, event] of events.entries()) {
    checkEvent(event, index, where);
    checkReferences(event, events, where);
    if (state.ended) throw eventInvalid(event, 'it follows the event that ended the run', where);
    state.ended = isClosing(event);
    state.task = nextTaskState(event, state.task, where);
    state.begun ||= state.task === 'started';
  }
  if (!state.ended && !state.begun) {
    throw historyInvalid(where, `the history is cut off after event ${events.length}: no workflow task was begun.`);
  }
  return history;
}

function checkStart(first: HistoryEvent | undefined, where: string): void {
  if (first === undefined) throw historyInvalid(where, 'the history has no events.');
  const started = first.workflowExecutionStartedEventAttributes;
  if (first.eventType !== EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED || !started) {
    throw historyInvalid(
      where,
      `event 1 must be WorkflowExecutionStarted with its attributes, but is ${eventTypeName(first)}.`,
      { event: 1 },
    );
  }
  if (!started.workflowType?.name) {
    throw historyInvalid(where, 'event 1 (WorkflowExecutionStarted) has no workflow type.', { event: 1 });
  }
  if (!started.originalExecutionRunId) {
    throw historyInvalid(where, 'event 1 (WorkflowExecutionStarted) has no run id (originalExecutionRunId).', {
      event: 1,
    });
  }
}

function checkEvent(event: HistoryEvent, index: number, where: string): void {
  const id = eventNumber(event.eventId ?? 0);
  if (id !== index + 1) {
    throw historyInvalid(where, `event ${index + 1} has the id ${id}: ids must be 1, 2, 3, … without gaps.`, {
      event: index + 1,
    });
  }
  const attributes = ATTRIBUTES.get(event.eventType ?? 0);
  if (attributes === undefined) {
    if (event.workerMayIgnore === true) return;
    throw historyInvalid(where, `event ${id} has ${eventTypeName(event)}, which this version does not know.`, {
      event: id,
      remedy: 'Update mission-runtime to a version whose Temporal SDK knows this event, then try again.',
    });
  }
  if (!event[attributes as keyof HistoryEvent]) throw eventInvalid(event, `it has no ${attributes}`, where);
  if (!event.eventTime) throw eventInvalid(event, 'it has no eventTime', where);
}

function checkReferences(event: HistoryEvent, events: readonly HistoryEvent[], where: string): void {
  const name = ATTRIBUTES.get(event.eventType ?? 0);
  if (name === undefined) return;
  const attributes = event[name as keyof HistoryEvent] as Readonly<Record<string, unknown>>;
  for (const { prefix, member, to } of REFERENCES) {
    if (!name.startsWith(prefix) || !Object.hasOwn(attributes, member)) continue;
    const target = eventNumber(attributes[member]);
    // Zero stands for "none": a child that failed to start, an activity that was cancelled before it began.
    if (target === 0) continue;
    const referred = target < eventNumber(event.eventId) ? events[target - 1] : undefined;
    if (referred === undefined || !to.includes(referred.eventType ?? 0)) {
      throw eventInvalid(event, `${member} is ${target}, which is not such an event before it`, where);
    }
  }
}

/** What `Number` makes of it, without writing a Long as text first. */
function eventNumber(value: unknown): number {
  return Long.isLong(value) ? value.toNumber() : Number(value);
}

type TaskState = 'none' | 'scheduled' | 'started';

interface TaskMove {
  readonly from: readonly TaskState[];
  readonly to: TaskState;
}

const TASK_MOVES: ReadonlyMap<number, TaskMove> = new Map<number, TaskMove>([
  [EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, { from: ['none'], to: 'scheduled' }],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, { from: ['scheduled'], to: 'started' }],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, { from: ['started'], to: 'none' }],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, { from: ['scheduled', 'started'], to: 'none' }],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, { from: ['scheduled', 'started'], to: 'none' }],
]);

function nextTaskState(event: HistoryEvent, state: TaskState, where: string): TaskState {
  const move = TASK_MOVES.get(event.eventType ?? 0);
  if (move === undefined) return state;
  if (move.from.includes(state)) return move.to;
  const found = state === 'none' ? 'no workflow task is open' : `a workflow task is ${state}`;
  throw eventInvalid(event, `it does not follow from what came before: ${found}`, where);
}

function eventInvalid(event: HistoryEvent, problem: string, where: string): Error {
  const id = eventNumber(event.eventId ?? 0);
  return historyInvalid(where, `event ${id} (${eventTypeName(event)}): ${problem}.`, { event: id });
}
