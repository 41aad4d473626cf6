import Long from 'long';
import { ActivityMachine } from './lockstep/activity-machine.ts';
import { ChildMachine } from './lockstep/child-machine.ts';
import type { Machine } from './lockstep/machines.ts';

/** Gives a machine the event that the server would have written for its command, so that it knows that it was sent. */
export function markAsSent(machine: Machine, id: number): void {
  const eventId = Long.fromNumber(id);
  if (machine instanceof ActivityMachine) {
    const { activityId, activityType } = machine;
    const scheduled = { activityId, activityType: { name: activityType } };
    machine.recorded({ eventId, activityTaskScheduledEventAttributes: scheduled });
  } else if (machine instanceof ChildMachine) {
    const { workflowId, workflowType } = machine.start;
    const initiated = { workflowId: workflowId ?? '', workflowType: { name: workflowType ?? '' } };
    machine.recorded({ eventId, startChildWorkflowExecutionInitiatedEventAttributes: initiated });
  } else {
    machine.recorded({ eventId });
  }
}
