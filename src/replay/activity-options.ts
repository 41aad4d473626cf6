/**
 * The options of an activity in one form, whether the candidate just gave them or the server recorded them. The server
 * fills in what was left out; the same defaults are filled in here, so that equal options compare equal.
 */
import type { JsonObject } from '../shared/json.ts';
import { type Command, type HistoryEvent, type Timestamp, toMs } from './proto.ts';

type Schedule = NonNullable<Command['scheduleActivity']>;
type Scheduled = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;
type RetryPolicy = Schedule['retryPolicy'];

/** The server's defaults for a retry policy: one second, doubling, at most a hundred times the first, without end. */
const RETRY = { initialMs: 1_000, coefficient: 2, maximumFactor: 100 };

export function optionsOfCommand(schedule: Schedule): JsonObject {
  const closeMs = ms(schedule.startToCloseTimeout) ?? ms(schedule.scheduleToCloseTimeout);
  return optionsOf(closeMs, ms(schedule.heartbeatTimeout), schedule.retryPolicy);
}

export function optionsOfEvent(scheduled: Scheduled): JsonObject {
  return optionsOf(ms(scheduled.startToCloseTimeout), ms(scheduled.heartbeatTimeout), scheduled.retryPolicy);
}

function optionsOf(
  startToCloseMs: number | undefined,
  heartbeatMs: number | undefined,
  policy: RetryPolicy,
): JsonObject {
  const initialMs = ms(policy?.initialInterval) ?? RETRY.initialMs;
  return {
    ...(startToCloseMs === undefined ? {} : { startToCloseMs }),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs: Math.min(heartbeatMs, startToCloseMs ?? heartbeatMs) }),
    retry: {
      initialMs,
      maximumMs: ms(policy?.maximumInterval) ?? initialMs * RETRY.maximumFactor,
      coefficient: policy?.backoffCoefficient || RETRY.coefficient,
      maximumAttempts: policy?.maximumAttempts ?? 0,
      nonRetryable: [...(policy?.nonRetryableErrorTypes ?? [])],
    },
  };
}

/** An absent duration and one of zero mean the same to the server. */
function ms(duration: Timestamp | null | undefined): number | undefined {
  const value = duration ? toMs(duration) : 0;
  return value === 0 ? undefined : value;
}
