import type { Command, HistoryEvent } from '../proto.ts';

/** How a candidate's command and the recorded event fail to fit. */
export type MismatchKind = 'missing' | 'extra' | 'replaced' | 'different';

/**
 * Ends the lockstep. Thrown inside the driver and caught by whoever drives it; it never leaves the room.
 *
 * - `missing`: the history has an event for which the candidate issued no command.
 * - `extra`: the candidate issued a command that the history does not have at that point.
 * - `replaced`: both have one, of another kind, type or id. These three are what Temporal calls nondeterminism.
 * - `different`: the same command with another payload. Temporal does not look at it.
 */
export class Mismatch extends Error {
  readonly kind: MismatchKind;
  readonly command: Command | undefined;
  readonly event: HistoryEvent | undefined;

  constructor(kind: MismatchKind, reason: string, command: Command | undefined, event: HistoryEvent | undefined) {
    super(reason);
    this.kind = kind;
    this.command = command;
    this.event = event;
  }
}
