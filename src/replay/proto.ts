/** The wire types that the replay engine reads and writes, under short names. */
import proto, { type coresdk, type temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
export type Payload = temporal.api.common.v1.IPayload;
export type Failure = temporal.api.failure.v1.IFailure;
export type Activation = coresdk.workflow_activation.IWorkflowActivation;
export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = coresdk.workflow_commands.IWorkflowCommand;
export type Timestamp = NonNullable<HistoryEvent['eventTime']>;

export const EventType = proto.temporal.api.enums.v1.EventType;
export const ActivityCancellationType = proto.coresdk.workflow_commands.ActivityCancellationType;
export const ChildWorkflowCancellationType = proto.coresdk.child_workflow.ChildWorkflowCancellationType;
export const NexusOperationCancellationType = proto.coresdk.nexus.NexusOperationCancellationType;
export const RetryState = proto.temporal.api.enums.v1.RetryState;
export const TimeoutType = proto.temporal.api.enums.v1.TimeoutType;
export const WorkflowTaskFailedCause = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;

/** An event id, timestamp part or other 64-bit number, whichever form the decoder gave it. */
export function toNumber(value: { toNumber(): number } | number | null | undefined): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'number' ? value : value.toNumber();
}

/** Milliseconds since the epoch, or of a duration; fractions are kept. */
export function toMs(time: Timestamp | null | undefined): number {
  return toNumber(time?.seconds) * 1_000 + (time?.nanos ?? 0) / 1e6;
}
