/**
 * Commands as core and the server take them: what a command leaves out or asks too much of is that of its run, and so it is recorded.
 *
 * 1. No activity may take longer than its run.
 * 2. The next link of a chain gets the memo and search attributes that the run was started with where it is given none, and its
 *    timeouts; it may not take longer than the whole chain may.
 */
import type { Started } from './lockstep/start-job.ts';
import { timestampOf } from './lockstep/task-facts.ts';
import type { Command, Timestamp } from './proto.ts';
import { ms, shorter } from './server-terms.ts';

/** @param started how its run was started */
export function withinRun(command: Command, started: Started): Command {
  const { scheduleActivity: schedule, continueAsNewWorkflowExecution: next } = command;
  if (next) return { ...command, continueAsNewWorkflowExecution: nextOf(next, started) };
  const runTimeoutMs = ms(started.workflowRunTimeout);
  if (!schedule || runTimeoutMs === undefined) return command;
  const { startToCloseTimeout, scheduleToCloseTimeout } = schedule;
  return {
    ...command,
    scheduleActivity: {
      ...schedule,
      startToCloseTimeout: timeout(startToCloseTimeout ? shorter(ms(startToCloseTimeout), runTimeoutMs) : undefined),
      scheduleToCloseTimeout: timeout(shorter(ms(scheduleToCloseTimeout), runTimeoutMs)),
    },
  };
}

type ContinueAsNew = NonNullable<Command['continueAsNewWorkflowExecution']>;

function nextOf(next: ContinueAsNew, started: Started): ContinueAsNew {
  const runTimeoutMs = shorter(
    ms(next.workflowRunTimeout) ?? ms(started.workflowRunTimeout),
    ms(started.workflowExecutionTimeout),
  );
  const taskTimeoutMs = shorter(ms(next.workflowTaskTimeout) ?? ms(started.workflowTaskTimeout), runTimeoutMs);
  return {
    ...next,
    workflowRunTimeout: timeout(runTimeoutMs),
    workflowTaskTimeout: timeout(taskTimeoutMs),
    memo: isEmpty(next.memo) ? (started.memo?.fields ?? null) : (next.memo ?? null),
    searchAttributes: isEmpty(next.searchAttributes?.indexedFields)
      ? (started.searchAttributes ?? null)
      : (next.searchAttributes ?? null),
  };
}

function isEmpty(fields: object | null | undefined): boolean {
  return Object.keys(fields ?? {}).length === 0;
}

function timeout(timeMs: number | undefined): Timestamp | null {
  return timeMs === undefined ? null : timestampOf(timeMs);
}
