import Long from 'long';
import type { Command, HistoryEvent, Job } from '../proto.ts';
import type { LocalActivityMarker } from './event-facts.ts';
import { localActivityCancelled } from './failures.ts';
import type { Machine } from './machines.ts';
import { Mismatch } from './mismatch.ts';

type ScheduleLocalActivity = NonNullable<Command['scheduleLocalActivity']>;

/** A local activity: it has no command of its own, only the marker that its result was recorded in. */
export class LocalActivityMachine implements Machine {
  readonly cancelledBeforeSent = false;
  readonly command: Command;
  readonly seq: number;
  readonly schedule: ScheduleLocalActivity;
  resolved = false;

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

  /** Tells the workflow what the marker says. */
  resolve(marker: LocalActivityMarker, event: HistoryEvent): Job {
    this.resolved = true;
    return { resolveActivity: { seq: this.seq, isLocal: true, result: this.#resultOf(marker, event) } };
  }

  #resultOf(marker: LocalActivityMarker, event: HistoryEvent) {
    if (marker.backoff !== undefined) {
      return {
        backoff: {
          attempt: marker.attempt + 1,
          backoffDuration: { seconds: Long.fromNumber(marker.backoff.seconds), nanos: marker.backoff.nanos },
          originalScheduleTime: marker.originalScheduleTime
            ? {
                seconds: Long.fromNumber(marker.originalScheduleTime.seconds),
                nanos: marker.originalScheduleTime.nanos,
              }
            : null,
        },
      };
    }
    const attributes = event.markerRecordedEventAttributes;
    const failure = attributes?.failure;
    if (!failure) return { completed: { result: attributes?.details?.['result']?.payloads?.[0] ?? null } };
    const cancelled = failure.canceledFailureInfo ?? failure.cause?.canceledFailureInfo;
    if (!cancelled) return { failed: { failure } };
    const name = { activityId: this.schedule.activityId ?? '', activityType: this.schedule.activityType ?? '' };
    return { cancelled: { failure: localActivityCancelled(name, failure) } };
  }
}
