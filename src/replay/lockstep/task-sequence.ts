/**
 * Where one workflow task's share of a history ends.
 *
 * Owns: grouping events as Temporal's core groups them, so that a replayed workflow sees the activations that the run saw.
 * Invariants
 * 1. A sequence ends with the started event of a workflow task that was completed, or with the history's last event.
 * 2. Tasks that failed or timed out, and heartbeats (tasks that neither saw nor caused anything), end no sequence.
 * Source: `find_end_index_of_next_wft_seq` in sdk-core's `history_update.rs`.
 */
import { EventType, type HistoryEvent, toNumber } from '../proto.ts';
import { idOf, isCommandEvent, isFinalEvent, typeOf } from './event-facts.ts';

export interface SequenceEnd {
  /** Index of the sequence's last event. */
  readonly index: number;
  /** Whether a workflow task ended it, rather than the history running out. */
  readonly complete: boolean;
}

const ABANDONED: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
]);

interface Scan {
  sawCommand: boolean;
  sawCommandOrStart: boolean;
  /** Started events of tasks that count, by id and index. */
  readonly started: { id: number; index: number }[];
}

/**
 * @param from index of the first event of the sequence
 * @param afterEventId events up to this id were handled before and are passed over
 */
export function endOfNextSequence(events: readonly HistoryEvent[], from: number, afterEventId: number): SequenceEnd {
  const scan: Scan = { sawCommand: false, sawCommandOrStart: false, started: [] };
  for (let index = from; index < events.length; index += 1) {
    const event = events[index] as HistoryEvent;
    if (idOf(event) <= afterEventId) continue;
    if (isCommandEvent(event)) scan.sawCommand = true;
    if (scan.sawCommand || typeOf(event) === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
      scan.sawCommandOrStart = true;
    if (isFinalEvent(event)) return { index, complete: true };
    if (typeOf(event) !== EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) continue;
    const end = endAtTask(events, index, scan);
    if (end !== undefined) return { index: end, complete: true };
  }
  return { index: events.length - 1, complete: false };
}

/** The index at which the task started at `index` ends the sequence, if it does. */
function endAtTask(events: readonly HistoryEvent[], index: number, scan: Scan): number | undefined {
  const next = events[index + 1];
  if (next !== undefined && ABANDONED.has(typeOf(next))) return undefined;
  scan.started.push({ id: idOf(events[index] as HistoryEvent), index });
  const afterNext = events[index + 2];
  if (typeOf(next) === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED && afterNext !== undefined) {
    const heartbeat = !scan.sawCommand && typeOf(afterNext) === EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
    return heartbeat ? undefined : (taskBeforeUpdate(afterNext, scan) ?? index);
  }
  return scan.sawCommandOrStart ? index : undefined;
}

/** An accepted update was handled by the task before its sequencing event, though its event stands later. */
function taskBeforeUpdate(event: HistoryEvent, scan: Scan): number | undefined {
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
  if (!accepted) return undefined;
  const sequencingId = toNumber(accepted.acceptedRequestSequencingEventId);
  return scan.started.findLast((task) => task.id < sequencingId)?.index;
}
