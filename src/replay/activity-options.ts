/**
 * The options of an activity in one form, whether the candidate just gave them or the server recorded them. The server
 * fills in what was left out; the same defaults are filled in here, so that equal options compare equal.
 *
 * When a step of a mission is taken for lost with its worker, the kit has chosen and no author: a recording that was made with
 * another release of the kit asks for the same.
 */
import { isStepActivity } from '../mission/wire.ts';
import type { JsonObject } from '../shared/json.ts';
import { type Command, type HistoryEvent, type Timestamp, toMs } from './proto.ts';

type Schedule = NonNullable<Command['scheduleActivity']>;
type Scheduled = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;
type RetryPolicy = Schedule['retryPolicy'];

/** The server's defaults for a retry policy: one second, doubling, at most a hundred times the first, without end. */
const RETRY = { initialMs: 1_000, coefficient: 2, maximumFactor: 100 };

/** Times in milliseconds. */
interface ActivityTerms {
  readonly startToCloseMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  readonly initialMs: number;
  readonly maximumMs: number;
  readonly coefficient: number;
  readonly maximumAttempts: number;
  readonly nonRetryable: readonly string[];
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
    issued.heartbeatMs === recorded.heartbeatMs &&
    issued.initialMs === recorded.initialMs &&
    issued.maximumMs === recorded.maximumMs &&
    issued.coefficient === recorded.coefficient &&
    issued.maximumAttempts === recorded.maximumAttempts &&
    issued.nonRetryable.length === recorded.nonRetryable.length &&
    issued.nonRetryable.every((type, index) => type === recorded.nonRetryable[index])
  );
}

function termsOfCommand(schedule: Schedule): ActivityTerms {
  const closeMs = ms(schedule.startToCloseTimeout) ?? ms(schedule.scheduleToCloseTimeout);
  const heartbeatMs = isStepActivity(schedule.activityType ?? '') ? undefined : ms(schedule.heartbeatTimeout);
  return termsOf(closeMs, heartbeatMs, schedule.retryPolicy);
}

function termsOfEvent(scheduled: Scheduled): ActivityTerms {
  const heartbeatMs = isStepActivity(scheduled.activityType?.name ?? '') ? undefined : ms(scheduled.heartbeatTimeout);
  return termsOf(ms(scheduled.startToCloseTimeout), heartbeatMs, scheduled.retryPolicy);
}

function termsOf(
  startToCloseMs: number | undefined,
  heartbeatMs: number | undefined,
  policy: RetryPolicy,
): ActivityTerms {
  const initialMs = ms(policy?.initialInterval) ?? RETRY.initialMs;
  return {
    startToCloseMs,
    heartbeatMs: heartbeatMs === undefined ? undefined : Math.min(heartbeatMs, startToCloseMs ?? heartbeatMs),
    initialMs,
    maximumMs: ms(policy?.maximumInterval) ?? initialMs * RETRY.maximumFactor,
    coefficient: policy?.backoffCoefficient || RETRY.coefficient,
    maximumAttempts: policy?.maximumAttempts ?? 0,
    nonRetryable: policy?.nonRetryableErrorTypes ?? [],
  };
}

function toJson({ startToCloseMs, heartbeatMs, nonRetryable, ...retry }: ActivityTerms): JsonObject {
  return {
    ...(startToCloseMs === undefined ? {} : { startToCloseMs }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    retry: { ...retry, nonRetryable: [...nonRetryable] },
  };
}

/** An absent duration and one of zero mean the same to the server. */
function ms(duration: Timestamp | null | undefined): number | undefined {
  const value = duration ? toMs(duration) : 0;
  return value === 0 ? undefined : value;
}
