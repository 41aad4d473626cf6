/** The fast half of a comparison: a command and its event that carry the same bytes ask the same. */
import { haveSameOptions } from './activity-options.ts';
import type { Command, HistoryEvent, Payload } from './proto.ts';

/** `true`: surely the same. `false`: not decided here; compare the views. */
export function carrySameBytes(command: Command, event: HistoryEvent): boolean {
  const { scheduleActivity: schedule, completeWorkflowExecution: completed } = command;
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (schedule && scheduled) {
    return samePayloads(schedule.arguments, scheduled.input?.payloads) && haveSameOptions(schedule, scheduled);
  }
  const ended = event.workflowExecutionCompletedEventAttributes;
  if (completed && ended) return samePayloads(completed.result ? [completed.result] : [], ended.result?.payloads);
  return false;
}

type Payloads = readonly Payload[] | null | undefined;

function samePayloads(left: Payloads, right: Payloads): boolean {
  const [one, other] = [left ?? [], right ?? []];
  return one.length === other.length && one.every((payload, index) => samePayload(payload, other[index] as Payload));
}

function samePayload(left: Payload, right: Payload): boolean {
  return sameBytes(left.data, right.data) && sameMetadata(left.metadata ?? {}, right.metadata ?? {});
}

type Metadata = NonNullable<Payload['metadata']>;

/** A converter of the author's own may keep what the data mean in any entry. */
function sameMetadata(left: Metadata, right: Metadata): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => sameBytes(left[key], right[key]));
}

/** Absent, or empty, which a decoder may write as a list: an argument that is `undefined` has no data. */
function sameBytes(left: Uint8Array | null | undefined, right: Uint8Array | null | undefined): boolean {
  if (!left?.length || !right?.length) return (left?.length ?? 0) === (right?.length ?? 0);
  return Buffer.compare(left, right) === 0;
}
