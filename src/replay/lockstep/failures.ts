import Long from 'long';
/** Failures as Temporal's core words them when it tells a workflow how an activity or child ended. */
import { type Failure, type HistoryEvent, RetryState, TimeoutType } from '../proto.ts';

interface ActivityName {
  readonly activityId: string;
  readonly activityType: string;
}

type ActivityEnd = NonNullable<HistoryEvent['activityTaskFailedEventAttributes']>;

function activityInfo(
  activity: ActivityName,
  end: Partial<ActivityEnd>,
  retryState: number | null | undefined,
): Failure {
  return {
    activityFailureInfo: {
      identity: end.identity ?? '',
      activityType: { name: activity.activityType },
      activityId: activity.activityId,
      retryState: retryState ?? RetryState.RETRY_STATE_UNSPECIFIED,
      startedEventId: end.startedEventId ?? null,
      scheduledEventId: end.scheduledEventId ?? null,
    },
  };
}

export function activityFailed(activity: ActivityName, end: ActivityEnd): Failure {
  return {
    message: 'Activity task failed',
    cause: end.failure ?? null,
    ...activityInfo(activity, end, end.retryState),
  };
}

export function activityTimedOut(
  activity: ActivityName,
  end: NonNullable<HistoryEvent['activityTaskTimedOutEventAttributes']>,
): Failure {
  const { failure, retryState, startedEventId, scheduledEventId } = end;
  const ids = { startedEventId: startedEventId ?? null, scheduledEventId: scheduledEventId ?? null };
  return { message: 'Activity task timed out', cause: failure ?? null, ...activityInfo(activity, ids, retryState) };
}

export function activityCancelled(
  activity: ActivityName,
  end?: NonNullable<HistoryEvent['activityTaskCanceledEventAttributes']>,
): Failure {
  const ids = {
    identity: end?.identity ?? null,
    startedEventId: end?.startedEventId ?? null,
    scheduledEventId: end?.scheduledEventId ?? null,
  };
  return {
    message: 'Activity cancelled',
    cause: { canceledFailureInfo: { details: end?.details ?? null } },
    ...activityInfo(activity, ids, RetryState.RETRY_STATE_CANCEL_REQUESTED),
  };
}

/** A local activity's own failure; a cancellation is wrapped, as core wraps it. */
export function localActivityCancelled(activity: ActivityName, cause: Failure): Failure {
  if (!cause.canceledFailureInfo) return cause;
  return {
    message: 'Local Activity cancelled',
    cause,
    ...activityInfo(activity, {}, RetryState.RETRY_STATE_CANCEL_REQUESTED),
  };
}

/** A local activity that ran out of time, as the run is told when that happens. */
export function localActivityTimedOut(activity: ActivityName, cause: Failure): Failure {
  return {
    message: 'Local Activity timed out',
    cause,
    ...activityInfo(activity, {}, RetryState.RETRY_STATE_CANCEL_REQUESTED),
  };
}

export interface ChildName {
  readonly namespace: string;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly runId: string;
  readonly initiatedEventId: number;
  readonly startedEventId: number;
}

function childInfo(child: ChildName, retryState: number | null | undefined): Failure {
  return {
    childWorkflowExecutionFailureInfo: {
      namespace: child.namespace,
      workflowType: { name: child.workflowType },
      workflowExecution: { workflowId: child.workflowId, runId: child.runId },
      initiatedEventId: longOf(child.initiatedEventId),
      startedEventId: longOf(child.startedEventId),
      retryState: retryState ?? RetryState.RETRY_STATE_UNSPECIFIED,
    },
  };
}

export function childFailed(
  child: ChildName,
  cause: Failure | null | undefined,
  retryState: number | null | undefined,
): Failure {
  return { message: 'Child Workflow execution failed', cause: cause ?? null, ...childInfo(child, retryState) };
}

export function childTimedOut(child: ChildName, retryState: number | null | undefined): Failure {
  const timeout: Failure = {
    message: 'Timed out',
    timeoutFailureInfo: { timeoutType: TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE },
  };
  return { message: 'Child Workflow execution timed out', cause: timeout, ...childInfo(child, retryState) };
}

export function childTerminated(child: ChildName): Failure {
  const cause: Failure = { message: 'Terminated', terminatedFailureInfo: {} };
  return {
    message: 'Child Workflow execution terminated',
    cause,
    ...childInfo(child, RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE),
  };
}

export function childCancelled(child: ChildName, message = 'Child Workflow execution cancelled'): Failure {
  return {
    message,
    cause: { canceledFailureInfo: {} },
    ...childInfo(child, RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE),
  };
}

export interface NexusName {
  readonly endpoint: string;
  readonly service: string;
  readonly operation: string;
  readonly token: string;
  readonly scheduledEventId: number;
}

export function nexusCancelled(name: NexusName, message = 'Nexus operation cancelled after starting'): Failure {
  const { endpoint, service, operation, token, scheduledEventId } = name;
  return {
    message,
    cause: { canceledFailureInfo: {} },
    nexusOperationExecutionFailureInfo: {
      scheduledEventId: longOf(scheduledEventId),
      endpoint,
      service,
      operation,
      operationToken: token,
    },
  };
}

export function externalFailure(message: string, type: string): Failure {
  return { message, applicationFailureInfo: { type } };
}

function longOf(id: number): Long {
  return Long.fromNumber(id);
}
