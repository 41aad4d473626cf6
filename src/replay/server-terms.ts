/**
 * Terms that activities, children and next links have in common, in one form, whether a candidate just gave them or the server
 * recorded them. The server fills in what was left out; the same defaults are filled in here, so that equal terms compare equal.
 */
import type { Json, JsonObject } from '../shared/json.ts';
import { type Command, type Timestamp, toMs } from './proto.ts';

type RetryPolicy = NonNullable<Command['scheduleActivity']>['retryPolicy'];
type Priority = NonNullable<Command['scheduleActivity']>['priority'];

/** The server's defaults for a retry policy: one second, doubling, at most a hundred times the first, without end. */
const RETRY = { initialMs: 1_000, coefficient: 2, maximumFactor: 100 };

const TASK_TIMEOUT_MAX_MS = 120_000;

/** A retry policy. Times in milliseconds; `maximumAttempts` 0: without end. */
export interface RetryTerms {
  readonly initialMs: number;
  readonly maximumMs: number;
  readonly coefficient: number;
  readonly maximumAttempts: number;
  readonly nonRetryable: readonly string[];
}

export function retryTerms(policy: RetryPolicy): RetryTerms {
  const initialMs = ms(policy?.initialInterval) ?? RETRY.initialMs;
  return {
    initialMs,
    maximumMs: ms(policy?.maximumInterval) ?? initialMs * RETRY.maximumFactor,
    coefficient: policy?.backoffCoefficient || RETRY.coefficient,
    maximumAttempts: policy?.maximumAttempts ?? 0,
    nonRetryable: policy?.nonRetryableErrorTypes ?? [],
  };
}

export function retryToJson({ nonRetryable, ...retry }: RetryTerms): JsonObject {
  return { ...retry, nonRetryable: [...nonRetryable] };
}

/** What was given of a priority; `undefined`: nothing. The weight has the precision in which it is recorded. */
export function priorityToJson(priority: Priority): JsonObject | undefined {
  const { priorityKey, fairnessKey, fairnessWeight } = priority ?? {};
  if (!priorityKey && !fairnessKey && !fairnessWeight) return undefined;
  return {
    ...(priorityKey && { priorityKey }),
    ...(fairnessKey && { fairnessKey }),
    ...(fairnessWeight && { fairnessWeight: Number(Math.fround(fairnessWeight).toPrecision(7)) }),
  };
}

/** An absent duration and one of zero mean the same to the server. */
export function ms(duration: Timestamp | null | undefined): number | undefined {
  const value = duration ? toMs(duration) : 0;
  return value === 0 ? undefined : value;
}

/** The shorter of two times, of which either may be absent. */
export function shorter(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

/** What was issued, without a priority where none was recorded: servers before 1.28 record none. */
export function asRecorded(issued: JsonObject, recorded: JsonObject): JsonObject {
  if ('priority' in recorded || !('priority' in issued)) return issued;
  const { priority: _, ...others } = issued;
  return others;
}

/** Every server gives a workflow task two minutes at most, and no more than its run. */
export function taskTimeoutMs(timeMs: number | undefined, runTimeoutMs: number | undefined): number | undefined {
  return shorter(timeMs === undefined ? undefined : Math.min(timeMs, TASK_TIMEOUT_MAX_MS), runTimeoutMs);
}

/** An object without the members that are absent. */
export function given(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const present = Object.entries(members).filter((member): member is [string, Json] => member[1] !== undefined);
  return Object.fromEntries(present);
}
