/**
 * One small machine per thing that a workflow has under way. A machine knows which recorded events belong to it, and what
 * the workflow is told when they come.
 *
 * Invariants
 * 1. A machine tells the workflow at most once how its thing ended.
 * 2. What is cancelled before its command was sent leaves no command and no event.
 * Source: the `*_state_machine.rs` files of sdk-core; the same transitions, reduced to what a replay can reach.
 */
import type { Command, HistoryEvent, Job } from '../proto.ts';

/** A command that waits for its event. */
export interface QueuedCommand {
  readonly machine: Machine;
  readonly eventType: number;
  readonly command: Command;
  /** Of a cancellation: what is cancelled. */
  readonly cancels?: Cancellable;
}

/** Something under way that its workflow can cancel. */
export interface Cancellable {
  /** Whether an event that records a cancellation is of this very thing. Temporal does not look at it. */
  isCancelledBy(event: HistoryEvent): boolean;
}

export interface Machine {
  /** Left out of the comparison: cancelled in the same workflow task that issued it. */
  readonly cancelledBeforeSent: boolean;
  /** Whether the workflow was told how it ended; absent for what nothing comes back for. */
  readonly closed?: boolean;
  /** Looks whether the event is of this very thing, by id and type. @throws Mismatch when it is another one's. */
  identify?(event: HistoryEvent): void;
  /** Takes the event that its command caused. */
  recorded(event: HistoryEvent): void;
  /** Takes a later event that refers to it; the jobs tell the workflow. */
  progressed(event: HistoryEvent): readonly Job[];
}

/** What cancelling something leads to. */
export interface CancelEffect {
  readonly jobs: readonly Job[];
  readonly commands: readonly QueuedCommand[];
}

export const NOTHING: CancelEffect = { jobs: [], commands: [] };

/** A command that is recorded and then done with: markers, memo and search attributes, the run's end, updates. */
export class PlainMachine implements Machine {
  readonly cancelledBeforeSent = false;

  recorded(): void {}

  progressed(): readonly Job[] {
    return [];
  }
}
