import { ActivityCancellationType, type Command, EventType, type HistoryEvent, type Job, toNumber } from '../proto.ts';
import { idOf } from './event-facts.ts';
import { activityCancelled, activityFailed, activityTimedOut } from './failures.ts';
import { type CancelEffect, type Cancellable, type Machine, NOTHING } from './machines.ts';
import { Mismatch } from './mismatch.ts';

type ScheduleActivity = NonNullable<Command['scheduleActivity']>;

export class ActivityMachine implements Machine, Cancellable {
  readonly command: Command;
  readonly seq: number;
  readonly activityId: string;
  readonly activityType: string;
  /** Id of its scheduled event, once that was seen. */
  scheduledEventId: number | undefined;
  cancelledBeforeSent = false;
  /** Whether the workflow was told how it ended. */
  closed = false;
  readonly #cancellation: number;
  #cancelRequested = false;

  constructor(command: Command, schedule: ScheduleActivity) {
    this.command = command;
    this.seq = schedule.seq ?? 0;
    this.activityId = schedule.activityId ?? '';
    this.activityType = schedule.activityType ?? '';
    this.#cancellation = schedule.cancellationType ?? ActivityCancellationType.TRY_CANCEL;
  }

  identify(event: HistoryEvent): void {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) return;
    if (scheduled.activityId === this.activityId && scheduled.activityType?.name === this.activityType) return;
    const recorded = `${scheduled.activityType?.name} (${scheduled.activityId})`;
    const reason = `activity ${this.activityType} (${this.activityId}) stands where ${recorded} was recorded`;
    throw new Mismatch('replaced', reason, this.command, event);
  }

  recorded(event: HistoryEvent): void {
    if (event.activityTaskScheduledEventAttributes) this.scheduledEventId = idOf(event);
  }

  progressed(event: HistoryEvent): readonly Job[] {
    const result = this.#resultOf(event);
    if (result === undefined || this.closed) return [];
    return this.#close(result);
  }

  #resultOf(event: HistoryEvent) {
    const { activityTaskCompletedEventAttributes: completed, activityTaskFailedEventAttributes: failed } = event;
    const { activityTaskTimedOutEventAttributes: timedOut, activityTaskCanceledEventAttributes: cancelled } = event;
    if (completed) return { completed: { result: completed.result?.payloads?.[0] ?? null } };
    if (failed) return { failed: { failure: activityFailed(this, failed) } };
    if (timedOut) return { failed: { failure: activityTimedOut(this, timedOut) } };
    if (cancelled) return { cancelled: { failure: activityCancelled(this, cancelled) } };
    return undefined;
  }

  /** Tells the workflow how it ended; also for answers that no event gives. */
  #close(result: NonNullable<NonNullable<Job['resolveActivity']>['result']>): readonly Job[] {
    this.closed = true;
    return [{ resolveActivity: { seq: this.seq, result, isLocal: false } }];
  }

  isCancelledBy({ activityTaskCancelRequestedEventAttributes: asked }: HistoryEvent): boolean {
    return toNumber(asked?.scheduledEventId) === this.scheduledEventId;
  }

  /** @param command - the workflow's, that cancels it */
  cancel(command: Command): CancelEffect {
    if (this.closed || this.#cancelRequested) return NOTHING;
    if (this.scheduledEventId === undefined) {
      this.cancelledBeforeSent = true;
      return { jobs: this.#closeCancelled(), commands: [] };
    }
    if (this.#cancellation === ActivityCancellationType.ABANDON) return { jobs: this.#closeCancelled(), commands: [] };
    this.#cancelRequested = true;
    const eventType = EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED;
    const commands = [{ machine: this, eventType, command, cancels: this }];
    const waits = this.#cancellation === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
    return { jobs: waits ? [] : this.#closeCancelled(), commands };
  }

  #closeCancelled(): readonly Job[] {
    return this.#close({ cancelled: { failure: activityCancelled(this) } });
  }
}
