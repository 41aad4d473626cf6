/** What a provider's error means for the run: try again, try again later, or never. */
import type { ApplicationFailure } from '@temporalio/common';
import { isJsonObject } from '../shared/json.ts';
import { activityFailure } from './failure.ts';
import type { Scrubber } from './secrets.ts';

/** Client errors that the same request may survive: timeout, conflict, too early, rate limit. */
const RETRYABLE_STATUS = new Set([408, 409, 425, 429]);
const BODY_EXCERPT = 500;
const RETRY_AFTER_MAX_MS = 3_600_000;

interface ProviderError {
  readonly message: string;
  readonly status?: number;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Turns whatever a provider threw into a failure for Temporal. Only its message, status and an excerpt of the body are
 * kept, scrubbed: an AI SDK error also holds the request and the headers.
 */
export function modelFailure(error: unknown, model: string, scrubber: Scrubber, nowMs: number): ApplicationFailure {
  const { message, status, body, headers } = readError(error);
  const said = scrubber.text(message);
  const details = {
    model,
    ...(status === undefined ? {} : { status }),
    ...(body === undefined ? {} : { body: scrubber.text(body).slice(0, BODY_EXCERPT) }),
  };
  if (status !== undefined && status >= 400 && status < 500 && !RETRYABLE_STATUS.has(status)) {
    const text = `The provider of model "${model}" refused the request with status ${status}: ${said}`;
    return activityFailure('MODEL_REQUEST_REJECTED', text, { details });
  }
  const retryAfterMs = readRetryAfterMs(headers, nowMs);
  const what = status === undefined ? 'did not answer' : `answered with status ${status}`;
  return activityFailure('MODEL_UNAVAILABLE', `The provider of model "${model}" ${what}: ${said}`, {
    details,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function readError(error: unknown): ProviderError {
  if (typeof error !== 'object' || error === null) return { message: String(error), headers: {} };
  const { message, statusCode, responseBody, responseHeaders } = error as Record<string, unknown>;
  return {
    message: typeof message === 'string' ? message : 'unknown error',
    ...(typeof statusCode === 'number' ? { status: statusCode } : {}),
    ...(typeof responseBody === 'string' ? { body: responseBody } : {}),
    headers: isJsonObject(responseHeaders) ? (responseHeaders as Record<string, string>) : {},
  };
}

/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date; at most an hour. */
function readRetryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? Math.min(Math.ceil(ms), RETRY_AFTER_MAX_MS) : undefined;
}
