/** Signals to, and cancellations of, other workflows. */
import type { Command, HistoryEvent, Job } from '../proto.ts';
import { externalFailure } from './failures.ts';
import { type CancelEffect, type Machine, NOTHING } from './machines.ts';

const UNKNOWN = { type: 'Unspecified', reason: 'unknown' };

/** By the server's cause: the type that core gives the failure, and its words. */
const SIGNAL_FAILURES: readonly { readonly type: string; readonly reason: string }[] = [
  UNKNOWN,
  { type: 'ExternalWorkflowExecutionNotFound', reason: 'it was not found' },
  { type: 'NamespaceNotFound', reason: 'it was not found' },
  { type: 'SignalCountLimitExceeded', reason: 'The per-workflow signal limit was exceeded' },
];

const CANCEL_FAILURES: typeof SIGNAL_FAILURES = [
  UNKNOWN,
  { type: 'ExternalWorkflowExecutionNotFound', reason: 'not found' },
  { type: 'NamespaceNotFound', reason: 'not found' },
];

export class SignalExternalMachine implements Machine {
  readonly command: Command;
  readonly seq: number;
  cancelledBeforeSent = false;
  closed = false;
  initiated = false;

  constructor(command: Command, seq: number) {
    this.command = command;
    this.seq = seq;
  }

  recorded(): void {
    this.initiated = true;
  }

  progressed(event: HistoryEvent): readonly Job[] {
    if (this.closed) return [];
    if (event.externalWorkflowExecutionSignaledEventAttributes) return this.#close({});
    const failed = event.signalExternalWorkflowExecutionFailedEventAttributes;
    if (!failed) return [];
    const { type, reason } = SIGNAL_FAILURES[failed.cause ?? 0] ?? UNKNOWN;
    return this.#close({ failure: externalFailure(`Unable to signal external workflow because ${reason}`, type) });
  }

  #close(outcome: object): readonly Job[] {
    this.closed = true;
    return [{ resolveSignalExternalWorkflow: { seq: this.seq, ...outcome } }];
  }

  /** Only a signal that was not sent yet can be cancelled. */
  cancel(): CancelEffect {
    if (this.closed || this.initiated) return NOTHING;
    this.cancelledBeforeSent = true;
    const failure = { message: 'Signal was cancelled before being sent', canceledFailureInfo: {} };
    return { jobs: this.#close({ failure }), commands: [] };
  }
}

export class CancelExternalMachine implements Machine {
  readonly command: Command;
  readonly cancelledBeforeSent = false;
  readonly seq: number;
  closed = false;

  constructor(command: Command, seq: number) {
    this.command = command;
    this.seq = seq;
  }

  recorded(): void {}

  progressed(event: HistoryEvent): readonly Job[] {
    if (this.closed) return [];
    const failed = event.requestCancelExternalWorkflowExecutionFailedEventAttributes;
    if (!failed && !event.externalWorkflowExecutionCancelRequestedEventAttributes) return [];
    this.closed = true;
    const { type, reason } = CANCEL_FAILURES[failed?.cause ?? 0] ?? UNKNOWN;
    const failure = failed
      ? {
          failure: externalFailure(`Unable to cancel external workflow because ${reason}`, type),
        }
      : {};
    return [{ resolveRequestCancelExternalWorkflow: { seq: this.seq, ...failure } }];
  }
}
