/**
 * The options of an activity in one form, whether the candidate just gave them or the server recorded them.
 *
 * When a step of a mission is taken for lost with its worker, the kit has chosen and no author: a recording that was made with
 * another release of the kit asks for the same.
 */
import { isStepActivity } from '../mission/wire.ts';
import { canonicalJson, type JsonObject } from '../shared/json.ts';
import type { Command, HistoryEvent } from './proto.ts';
import { given, ms, priorityToJson, type RetryTerms, retryTerms, retryToJson, shorter } from './server-terms.ts';

type Schedule = NonNullable<Command['scheduleActivity']>;
type Scheduled = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;
type Timeouts = Pick<
  Schedule,
  'startToCloseTimeout' | 'scheduleToCloseTimeout' | 'scheduleToStartTimeout' | 'heartbeatTimeout'
>;

/** Times in milliseconds. */
interface ActivityTerms {
  readonly startToCloseMs: number | undefined;
  readonly scheduleToCloseMs: number | undefined;
  readonly scheduleToStartMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  readonly taskQueue: string;
  readonly priority: JsonObject | undefined;
  readonly retry: RetryTerms;
}

export function optionsOfCommand(schedule: Schedule): JsonObject {
  return toJson(termsOfCommand(schedule));
}

export function optionsOfEvent(scheduled: Scheduled): JsonObject {
  return toJson(termsOfEvent(scheduled));
}

/** Whether {@link optionsOfCommand} and {@link optionsOfEvent} are equal, without making them. */
export function haveSameOptions(schedule: Schedule, scheduled: Scheduled): boolean {
  const [issued, recorded] = [termsOfCommand(schedule), termsOfEvent(scheduled)];
  return (
    issued.startToCloseMs === recorded.startToCloseMs &&
    issued.scheduleToCloseMs === recorded.scheduleToCloseMs &&
    issued.scheduleToStartMs === recorded.scheduleToStartMs &&
    issued.heartbeatMs === recorded.heartbeatMs &&
    issued.taskQueue === recorded.taskQueue &&
    haveSamePriority(issued, recorded) &&
    haveSameRetry(issued.retry, recorded.retry)
  );
}

function haveSamePriority({ priority: one }: ActivityTerms, { priority: other }: ActivityTerms): boolean {
  return one === other || canonicalJson(one ?? null) === canonicalJson(other ?? null);
}

function haveSameRetry(one: RetryTerms, other: RetryTerms): boolean {
  return (
    one.initialMs === other.initialMs &&
    one.maximumMs === other.maximumMs &&
    one.coefficient === other.coefficient &&
    one.maximumAttempts === other.maximumAttempts &&
    one.nonRetryable.length === other.nonRetryable.length &&
    one.nonRetryable.every((type, index) => type === other.nonRetryable[index])
  );
}

function termsOfCommand(schedule: Schedule): ActivityTerms {
  return termsOf(schedule, schedule, schedule.activityType ?? '', schedule.taskQueue ?? '');
}

function termsOfEvent(scheduled: Scheduled): ActivityTerms {
  return termsOf(scheduled, scheduled, scheduled.activityType?.name ?? '', scheduled.taskQueue?.name ?? '');
}

/** The server shortens each of the times to what holds it. What it recorded is as it is. */
function termsOf(
  timeouts: Timeouts,
  { retryPolicy, priority }: Pick<Schedule, 'retryPolicy' | 'priority'>,
  activityType: string,
  taskQueue: string,
): ActivityTerms {
  const scheduleToCloseMs = ms(timeouts.scheduleToCloseTimeout);
  const startToCloseMs = shorter(ms(timeouts.startToCloseTimeout), scheduleToCloseMs);
  const heartbeatMs = isStepActivity(activityType) ? undefined : ms(timeouts.heartbeatTimeout);
  return {
    startToCloseMs,
    scheduleToCloseMs,
    scheduleToStartMs: shorter(ms(timeouts.scheduleToStartTimeout), scheduleToCloseMs),
    heartbeatMs: heartbeatMs === undefined ? undefined : shorter(heartbeatMs, startToCloseMs),
    taskQueue,
    priority: priorityToJson(priority),
    retry: retryTerms(retryPolicy),
  };
}

function toJson({ retry, ...terms }: ActivityTerms): JsonObject {
  return given({ ...terms, retry: retryToJson(retry) });
}
