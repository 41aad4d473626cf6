/** What goes wrong with a run that is there or not, in our words. */
import {
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { CancelledFailure, TerminatedFailure, TimeoutFailure, WorkflowNotFoundError } from '@temporalio/common';
import { isMissionError, MissionError, messageOf } from '../shared/errors.ts';
import { grpcStatusOf } from './grpc-status.ts';

/** How a run ended that has no result. */
export type RunFailure = 'failed' | 'cancelled' | 'terminated' | 'timed-out';

/**
 * The error of a call on a run.
 *
 * @param asked - what was asked of it, for the message: `the update "pause"`
 * @returns MissionError `RUN_UNKNOWN` when there is no such run, or it is over; `RUN_FAILED` when it ended without a result;
 *   `RUN_REFUSED` when it does not do what was asked; `TEMPORAL_UNAVAILABLE` for everything else.
 */
export function runError(error: unknown, workflowId: string, asked: string): MissionError {
  if (isMissionError(error)) return error;
  const options = { cause: error, details: { workflowId } };
  if (error instanceof WorkflowNotFoundError || grpcStatusOf(error) === 'NOT_FOUND') {
    return new MissionError('RUN_UNKNOWN', `There is no open run "${workflowId}" for ${asked}: ${messageOf(error)}.`, {
      ...options,
      remedy: 'Check the workflow id and the namespace. A run that is over takes no signals, updates or decisions.',
    });
  }
  if (error instanceof WorkflowFailedError) return failed(error, workflowId);
  if (isRefusal(error)) {
    return new MissionError('RUN_REFUSED', `Run "${workflowId}" refused ${asked}: ${innermost(error)}`, {
      ...options,
      remedy: 'Nothing was changed in the run. Ask for what it takes in the state it is in.',
    });
  }
  const isLate =
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || grpcStatusOf(error) === 'DEADLINE_EXCEEDED';
  return new MissionError(
    'TEMPORAL_UNAVAILABLE',
    isLate
      ? `Run "${workflowId}" did not answer ${asked} in time: no worker may host its version.`
      : `${asked} did not reach run "${workflowId}" (${grpcStatusOf(error) ?? 'no answer'}): ${messageOf(error)}`,
    {
      ...options,
      remedy: isLate
        ? 'Start a worker: mission worker. What was asked may still be done; look before you ask again.'
        : 'Check the address and that the server is up.',
    },
  );
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof WorkflowUpdateFailedError ||
    error instanceof QueryNotRegisteredError ||
    error instanceof QueryRejectedError ||
    grpcStatusOf(error) === 'INVALID_ARGUMENT'
  );
}

function failed(error: WorkflowFailedError, workflowId: string): MissionError {
  const status = failureOf(error.cause);
  const words = {
    failed: 'failed',
    cancelled: 'was cancelled',
    terminated: 'was terminated',
    'timed-out': 'timed out',
  };
  return new MissionError('RUN_FAILED', `Run "${workflowId}" ${words[status]}: ${innermost(error)}`, {
    remedy: `It has no result. See why: mission trace ${workflowId}.`,
    cause: error,
    details: { workflowId, status },
  });
}

function failureOf(cause: unknown): RunFailure {
  if (cause instanceof CancelledFailure) return 'cancelled';
  if (cause instanceof TerminatedFailure) return 'terminated';
  return cause instanceof TimeoutFailure ? 'timed-out' : 'failed';
}

function innermost(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined || cause === null ? messageOf(error) : innermost(cause);
}
