/**
 * What became of a call of a replay that failed: a failure that is its answer, or one that a later call may not have. The latter
 * says nothing of the candidate, so no run is told of it.
 */
import type { CommandView } from '../replay/command-view.ts';
import { formatDuration } from '../shared/duration.ts';
import { messageOf } from '../shared/errors.ts';
import type { Refusal } from './live-meter.ts';

/** What a failed call says of itself. */
export interface CallFailure {
  readonly message: string;
  readonly type: string;
  /** Another call would fail alike: Temporal would not try again either. */
  readonly final: boolean;
  /** How long the next call has to wait, in milliseconds: a provider's `Retry-After`. */
  readonly retryAfterMs: number | undefined;
  /** Its first detail; of a model's failure the HTTP `status` and the `usage`. */
  readonly detail: unknown;
}

/** The members of Temporal's `ApplicationFailure`, of whatever copy of it. */
interface FailureFacts {
  readonly type?: unknown;
  readonly nonRetryable?: unknown;
  readonly nextRetryDelay?: unknown;
  readonly details?: unknown;
}

export function readCallFailure(error: unknown): CallFailure {
  const { type, nonRetryable, nextRetryDelay, details } = (error ?? {}) as FailureFacts;
  const name = error instanceof Error ? error.name : 'Error';
  return {
    message: messageOf(error),
    type: typeof type === 'string' ? type : name,
    final: nonRetryable === true,
    retryAfterMs: typeof nextRetryDelay === 'number' ? nextRetryDelay : undefined,
    detail: Array.isArray(details) ? details[0] : undefined,
  };
}

/** The longest that one question waits for its next call: limits of providers are mostly per minute. */
const PAUSE_MS_MAX = 120_000;
/** What all questions may wait, for each that may be asked at a time. */
const PATIENCE_MS = 600_000;

/** Whether a question may wait for its next call. */
export interface Patience {
  /** Takes a pause of so many milliseconds, or says that it is too long. */
  take(pauseMs: number): boolean;
}

/** @param concurrency questions that may be asked at a time */
export function createPatience(concurrency: number): Patience {
  let leftMs = PATIENCE_MS * concurrency;
  return {
    take(pauseMs) {
      if (pauseMs > PAUSE_MS_MAX || pauseMs > leftMs) return false;
      leftMs -= pauseMs;
      return true;
    },
  };
}

/** Why a question has no answer after so many calls, and what to do about it. */
export function withoutAnswer(view: CommandView, failure: CallFailure, attempts: number): Refusal {
  const { retryAfterMs = 0 } = failure;
  const calls = attempts === 1 ? '1 call' : `${attempts} calls`;
  const later = retryAfterMs > PAUSE_MS_MAX ? `, to be asked again in ${formatDuration(retryAfterMs)}` : '';
  return {
    refused: `${view.kind} "${view.name}" gave no answer in ${calls}: ${problemOf(failure)}${later}`,
    remedy:
      view.kind === 'model'
        ? 'Replay again when the provider answers, or with fewer calls at a time (--policy "live-concurrency<=…").'
        : 'Replay again when the tool answers. Where failing is its answer, it has to throw a failure that is not retryable.',
  };
}

/** Without the provider's words where there is a status: they count tokens and seconds, and reports group by this text. */
function problemOf({ type, message, detail }: CallFailure): string {
  const status = (detail as { readonly status?: unknown } | null | undefined)?.status;
  return typeof status === 'number' ? `${type}, status ${status}` : message;
}
