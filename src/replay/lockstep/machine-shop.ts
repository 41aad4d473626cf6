/** The machines of one run: what is under way, by the number that the workflow gave it. */
import { type Command, EventType, type HistoryEvent, type Job } from '../proto.ts';
import { ActivityMachine } from './activity-machine.ts';
import { ChildMachine } from './child-machine.ts';
import { CancelExternalMachine, SignalExternalMachine } from './external-machines.ts';
import { LocalActivityMachine } from './local-activity-machine.ts';
import { type CancelEffect, type Machine, NOTHING, PlainMachine, type QueuedCommand } from './machines.ts';
import { NexusMachine } from './nexus-machine.ts';
import { TimerMachine } from './timer-machine.ts';

/** What taking one command leads to: commands to send, jobs to give at once. */
export interface Taken {
  readonly commands: readonly QueuedCommand[];
  readonly jobs: readonly Job[];
}

const PLAIN_EVENTS: readonly (readonly [keyof Command, number])[] = [
  ['upsertWorkflowSearchAttributes', EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES],
  ['modifyWorkflowProperties', EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED],
  ['completeWorkflowExecution', EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED],
  ['failWorkflowExecution', EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED],
  ['cancelWorkflowExecution', EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED],
  ['continueAsNewWorkflowExecution', EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW],
];

export class MachineShop {
  readonly activities = new Map<number, ActivityMachine>();
  readonly localActivities = new Map<number, LocalActivityMachine>();
  readonly timers = new Map<number, TimerMachine>();
  readonly children = new Map<number, ChildMachine>();
  readonly operations = new Map<number, NexusMachine>();
  readonly signals = new Map<number, SignalExternalMachine>();
  readonly cancels = new Map<number, CancelExternalMachine>();
  readonly #byEventId = new Map<number, Machine>();

  /** The machine whose command caused the event with this id. */
  ofEvent(eventId: number): Machine | undefined {
    return this.#byEventId.get(eventId);
  }

  remember(eventId: number, machine: Machine): void {
    this.#byEventId.set(eventId, machine);
  }

  take(command: Command): Taken {
    return (
      this.#takeWork(command) ??
      this.#takeCancel(command) ??
      this.#takeCancelElsewhere(command) ??
      takePlain(command) ?? { commands: [], jobs: [] }
    );
  }

  #takeWork(command: Command): Taken | undefined {
    const { scheduleActivity, scheduleLocalActivity, startTimer, startChildWorkflowExecution } = command;
    if (scheduleActivity) {
      const machine = keep(this.activities, new ActivityMachine(command, scheduleActivity));
      return queued(machine, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, command);
    }
    if (scheduleLocalActivity) {
      keep(this.localActivities, new LocalActivityMachine(command, scheduleLocalActivity));
      return { commands: [], jobs: [] };
    }
    if (startTimer) {
      const machine = keep(this.timers, new TimerMachine(command, startTimer.seq ?? 0));
      return queued(machine, EventType.EVENT_TYPE_TIMER_STARTED, command);
    }
    if (startChildWorkflowExecution) {
      const machine = keep(this.children, new ChildMachine(command, startChildWorkflowExecution));
      return queued(machine, EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, command);
    }
    return this.#takeElsewhere(command);
  }

  #takeElsewhere(command: Command): Taken | undefined {
    const { signalExternalWorkflowExecution: signal, requestCancelExternalWorkflowExecution: cancel } = command;
    const { scheduleNexusOperation: nexus } = command;
    if (nexus) {
      const machine = keep(this.operations, new NexusMachine(command, nexus));
      return queued(machine, EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED, command);
    }
    if (signal) {
      const machine = keep(this.signals, new SignalExternalMachine(command, signal.seq ?? 0));
      return queued(machine, EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, command);
    }
    if (cancel) {
      const machine = keep(this.cancels, new CancelExternalMachine(command, cancel.seq ?? 0));
      return queued(machine, EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, command);
    }
    return undefined;
  }

  #takeCancel(command: Command): CancelEffect | undefined {
    const { cancelTimer, requestCancelActivity } = command;
    if (cancelTimer) return this.timers.get(cancelTimer.seq ?? 0)?.cancel(command) ?? NOTHING;
    if (requestCancelActivity) return this.activities.get(requestCancelActivity.seq ?? 0)?.cancel(command) ?? NOTHING;
    return undefined;
  }

  #takeCancelElsewhere(command: Command): CancelEffect | undefined {
    const { cancelChildWorkflowExecution, cancelSignalWorkflow, requestCancelNexusOperation: operation } = command;
    if (cancelSignalWorkflow) return this.signals.get(cancelSignalWorkflow.seq ?? 0)?.cancel() ?? NOTHING;
    if (cancelChildWorkflowExecution) {
      return this.children.get(cancelChildWorkflowExecution.childWorkflowSeq ?? 0)?.cancel(command) ?? NOTHING;
    }
    return operation ? (this.operations.get(operation.seq ?? 0)?.cancel(command) ?? NOTHING) : undefined;
  }

  /** Gives a later event to the machine that it belongs to. */
  progress(event: HistoryEvent, initiatedBy: number): readonly Job[] {
    return this.#byEventId.get(initiatedBy)?.progressed(event) ?? [];
  }
}

function keep<Kept extends { readonly seq: number }>(group: Map<number, Kept>, machine: Kept): Kept {
  group.set(machine.seq, machine);
  return machine;
}

function queued(machine: Machine, eventType: number, command: Command): Taken {
  return { commands: [{ machine, eventType, command }], jobs: [] };
}

/** Commands that nothing comes back for. Patch markers and update responses included. */
function takePlain(command: Command): Taken | undefined {
  for (const [name, eventType] of PLAIN_EVENTS) {
    if (command[name]) return queued(new PlainMachine(), eventType, command);
  }
  if (command.setPatchMarker) return queued(new PlainMachine(), EventType.EVENT_TYPE_MARKER_RECORDED, command);
  return undefined;
}
