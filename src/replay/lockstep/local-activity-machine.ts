import Long from 'long';
import {
  ActivityCancellationType,
  type Command,
  type Failure,
  type HistoryEvent,
  type Job,
  type Timestamp,
} from '../proto.ts';
import type { LocalActivityMarker } from './event-facts.ts';
import { localActivityCancelled, localActivityTimedOut } from './failures.ts';
import type { Machine } from './machines.ts';
import { Mismatch } from './mismatch.ts';

type ScheduleLocalActivity = NonNullable<Command['scheduleLocalActivity']>;
type Result = NonNullable<NonNullable<Job['resolveActivity']>['result']>;
type MarkerTime = NonNullable<LocalActivityMarker['backoff']>;

/** A local activity: it has no command of its own, only the marker that its result was recorded in. */
export class LocalActivityMachine implements Machine {
  readonly cancelledBeforeSent = false;
  readonly command: Command;
  readonly seq: number;
  readonly schedule: ScheduleLocalActivity;
  resolved = false;
  /** Whether a worker runs it, where no marker says how it ended. */
  isRun = false;

  constructor(command: Command, schedule: ScheduleLocalActivity) {
    this.command = command;
    this.schedule = schedule;
    this.seq = schedule.seq ?? 0;
  }

  recorded(): void {}

  progressed(): readonly Job[] {
    return [];
  }

  /** @throws Mismatch when the marker is of another activity. */
  verify(marker: LocalActivityMarker, event: HistoryEvent): void {
    const { activityId, activityType } = this.schedule;
    if (marker.activityType === activityType && marker.activityId === activityId) return;
    const reason = `local activity ${activityType} (${activityId}) stands where ${marker.activityType} (${marker.activityId}) was recorded`;
    throw new Mismatch('replaced', reason, this.command, event);
  }

  /**
   * Tells the workflow what the marker says.
   *
   * @param asReplayed - as core tells it when it replays, rather than as the run was told
   */
  resolve(marker: LocalActivityMarker, event: HistoryEvent, asReplayed = false): Job {
    this.resolved = true;
    const result = marker.backoff === undefined ? this.#resultOf(event, asReplayed) : backoffOf(marker, marker.backoff);
    return { resolveActivity: { seq: this.seq, isLocal: true, result } };
  }

  /** Given up beyond what was recorded: the run is told at once, unless it waits for the activity to end. */
  giveUp(): readonly Job[] {
    const waits = this.schedule.cancellationType === ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
    if (this.resolved || !this.isRun || waits) return [];
    this.resolved = true;
    const result = this.#cancelled({ message: 'Activity cancelled', canceledFailureInfo: {} });
    return [{ resolveActivity: { seq: this.seq, isLocal: true, result } }];
  }

  #resultOf({ markerRecordedEventAttributes: attributes }: HistoryEvent, asReplayed: boolean): Result {
    const failure = attributes?.failure;
    if (!failure) return { completed: { result: attributes?.details?.['result']?.payloads?.[0] ?? null } };
    if (failure.canceledFailureInfo ?? failure.cause?.canceledFailureInfo) return this.#cancelled(failure);
    const isWrapped = !asReplayed && ranOutOfTime(failure);
    return { failed: { failure: isWrapped ? localActivityTimedOut(this.#name, failure) : failure } };
  }

  #cancelled(failure: Failure): Result {
    return { cancelled: { failure: localActivityCancelled(this.#name, failure) } };
  }

  get #name() {
    return { activityId: this.schedule.activityId ?? '', activityType: this.schedule.activityType ?? '' };
  }
}

/** By the worker's clock: such a failure has no source, one that the activity threw has the SDK's name there. */
function ranOutOfTime({ timeoutFailureInfo, source }: Failure): boolean {
  return Boolean(timeoutFailureInfo) && !source;
}

function backoffOf({ attempt, originalScheduleTime }: LocalActivityMarker, backoff: MarkerTime): Result {
  return {
    backoff: {
      attempt: attempt + 1,
      backoffDuration: timeOf(backoff),
      originalScheduleTime: originalScheduleTime ? timeOf(originalScheduleTime) : null,
    },
  };
}

function timeOf({ seconds, nanos }: MarkerTime): Timestamp {
  return { seconds: Long.fromNumber(seconds), nanos };
}
