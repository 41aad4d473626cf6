/** News from outside a workflow, as jobs. Each is empty for events of another kind. */
import Long from 'long';
import { type HistoryEvent, type Job, toNumber } from '../proto.ts';

export function signalJob(event: HistoryEvent): readonly Job[] {
  const signalled = event.workflowExecutionSignaledEventAttributes;
  if (!signalled) return [];
  const job = {
    signalName: signalled.signalName,
    input: signalled.input?.payloads,
    identity: signalled.identity,
    headers: signalled.header?.fields,
    originatingEventId: Long.fromNumber(toNumber(event.eventId)),
  };
  return [{ signalWorkflow: job as unknown as NonNullable<Job['signalWorkflow']> }];
}

export function cancelJob(event: HistoryEvent): readonly Job[] {
  const cancelled = event.workflowExecutionCancelRequestedEventAttributes;
  return cancelled ? [{ cancelWorkflow: { reason: cancelled.cause ?? '' } }] : [];
}
