import { type Command, EventType, type HistoryEvent, type Job, toNumber } from '../proto.ts';
import { idOf } from './event-facts.ts';
import { type CancelEffect, type Cancellable, type Machine, NOTHING } from './machines.ts';
import { Mismatch } from './mismatch.ts';

export class TimerMachine implements Machine, Cancellable {
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

  isCancelledBy({ timerCanceledEventAttributes: cancelled }: HistoryEvent): boolean {
    const { startedEvent } = this;
    return startedEvent !== undefined && toNumber(cancelled?.startedEventId) === idOf(startedEvent);
  }

  /**
   * The workflow cancels its own timers at once; it is told nothing.
   *
   * @param command - the workflow's, that cancels it
   */
  cancel(command: Command): CancelEffect {
    if (this.closed) return NOTHING;
    this.closed = true;
    if (this.startedEvent === undefined) {
      this.cancelledBeforeSent = true;
      return NOTHING;
    }
    const eventType = EventType.EVENT_TYPE_TIMER_CANCELED;
    return { jobs: [], commands: [{ machine: this, eventType, command, cancels: this }] };
  }
}
