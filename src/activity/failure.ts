import { ApplicationFailure } from '@temporalio/common';
import { ERROR_CODES, type ErrorCode } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';

export interface ActivityFailureOptions {
  /** Facts for machines; they enter the history, so never secrets. */
  readonly details?: JsonObject;
  /** How long Temporal waits before the next attempt, in milliseconds; its retry policy decides when absent. */
  readonly retryAfterMs?: number;
}

/** The failure of an activity: `type` is one of our error codes, and the code's line in the table says whether a retry can help. */
export function activityFailure(
  code: ErrorCode,
  message: string,
  options: ActivityFailureOptions = {},
): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: code,
    nonRetryable: !ERROR_CODES[code].retryable,
    ...(options.details === undefined ? {} : { details: [options.details] }),
    ...(options.retryAfterMs === undefined ? {} : { nextRetryDelay: options.retryAfterMs }),
  });
}
