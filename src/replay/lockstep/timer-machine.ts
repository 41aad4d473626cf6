import { type Command, EventType, type HistoryEvent, type Job } from '../proto.ts';
import { type CancelEffect, type Machine, NOTHING } from './machines.ts';
import { Mismatch } from './mismatch.ts';

export class TimerMachine implements Machine {
  readonly command: Command;
  readonly seq: number;
  startedEvent: HistoryEvent | undefined;
  cancelledBeforeSent = false;
  closed = false;

  constructor(command: Command, seq: number) {
    this.command = command;
    this.seq = seq;
  }

  recorded(event: HistoryEvent): void {
    if (event.timerStartedEventAttributes) this.startedEvent = event;
  }

  progressed(event: HistoryEvent): readonly Job[] {
    const fired = event.timerFiredEventAttributes;
    if (!fired || this.closed) return [];
    if (fired.timerId !== String(this.seq)) {
      throw new Mismatch(
        'replaced',
        `timer ${this.seq} stands where timer ${fired.timerId} was recorded`,
        this.command,
        event,
      );
    }
    this.closed = true;
    return [{ fireTimer: { seq: this.seq } }];
  }

  /** The workflow cancels its own timers at once; it is told nothing. */
  cancel(): CancelEffect {
    if (this.closed) return NOTHING;
    this.closed = true;
    if (this.startedEvent === undefined) {
      this.cancelledBeforeSent = true;
      return NOTHING;
    }
    return {
      jobs: [],
      commands: [{ machine: this, eventType: EventType.EVENT_TYPE_TIMER_CANCELED, command: undefined }],
    };
  }
}
