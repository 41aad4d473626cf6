import { type History, type HistoryEvent, type Job, toNumber } from '../proto.ts';
import { randomnessSeed } from './randomness-seed.ts';

export type Started = NonNullable<HistoryEvent['workflowExecutionStartedEventAttributes']>;

/** How a history says that its run was started. */
export function startedAttributes(history: History | undefined): Started | undefined {
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? undefined;
}

/**
 * The job that starts a run, from its started event. Absent fields are left out: the workflow's side takes proto defaults
 * for them, as it does for what core leaves out.
 */
export function startJob(started: Started, workflowId: string, event: HistoryEvent): Job {
  return {
    initializeWorkflow: {
      identity: started.identity,
      workflowExecutionTimeout: started.workflowExecutionTimeout,
      workflowRunTimeout: started.workflowRunTimeout,
      workflowTaskTimeout: started.workflowTaskTimeout,
      continuedFailure: started.continuedFailure,
      lastCompletionResult: started.lastCompletionResult,
      firstExecutionRunId: started.firstExecutionRunId,
      retryPolicy: started.retryPolicy,
      cronSchedule: started.cronSchedule,
      workflowExecutionExpirationTime: started.workflowExecutionExpirationTime,
      memo: started.memo,
      searchAttributes: started.searchAttributes,
      priority: started.priority,
      originalExecutionRunId: started.originalExecutionRunId,
      workflowType: started.workflowType?.name,
      workflowId,
      arguments: started.input?.payloads,
      randomnessSeed: randomnessSeed(started.originalExecutionRunId ?? ''),
      headers: started.header?.fields,
      parentWorkflowInfo: parentOf(started),
      continuedFromExecutionRunId: started.continuedExecutionRunId,
      continuedInitiator: started.initiator,
      attempt: toNumber(started.attempt),
      cronScheduleToScheduleInterval: started.firstWorkflowTaskBackoff,
      startTime: event.eventTime,
      rootWorkflow: started.rootWorkflowExecution,
    } as NonNullable<Job['initializeWorkflow']>,
  };
}

function parentOf(started: Started) {
  const parent = started.parentWorkflowExecution;
  if (!parent) return undefined;
  return { namespace: started.parentWorkflowNamespace, workflowId: parent.workflowId, runId: parent.runId };
}
