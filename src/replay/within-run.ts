/**
 * Commands as core and the server take them: what a command leaves out or asks too much of is that of its run, and so it is recorded.
 *
 * 1. No activity may take longer than its run.
 * 2. The next link of a chain gets what it is not given: the memo that the run was started with, the search attributes that the run
 *    has by then, its timeouts. It may not take longer than the whole chain may.
 */
import type { Started } from './lockstep/start-job.ts';
import { timestampOf } from './lockstep/task-facts.ts';
import type { Command, Payload, Timestamp } from './proto.ts';
import { ms, shorter, taskTimeoutMs } from './server-terms.ts';

export class WithinRun {
  readonly #started: Started;
  /** Search attributes that the run gave itself. */
  readonly #upserted: Record<string, Payload> = {};

  /** @param started how the run was started */
  constructor(started: Started) {
    this.#started = started;
  }

  /** To be given every command of the run, in the order in which they are issued. */
  take(command: Command): Command {
    const {
      scheduleActivity: schedule,
      continueAsNewWorkflowExecution: next,
      upsertWorkflowSearchAttributes: upsert,
    } = command;
    Object.assign(this.#upserted, upsert?.searchAttributes?.indexedFields);
    if (next) return { ...command, continueAsNewWorkflowExecution: this.#nextOf(next) };
    if (!schedule) return command;
    const limited = activityOf(schedule, this.#started);
    return limited === schedule ? command : { ...command, scheduleActivity: limited };
  }

  #nextOf(next: ContinueAsNew): ContinueAsNew {
    const started = this.#started;
    const indexedFields = { ...started.searchAttributes?.indexedFields, ...this.#upserted };
    const attributes = Object.keys(indexedFields).length === 0 ? null : { indexedFields };
    return { ...nextOf(next, started), searchAttributes: next.searchAttributes ?? attributes };
  }
}

type ScheduleActivity = NonNullable<Command['scheduleActivity']>;

function activityOf(schedule: ScheduleActivity, started: Started): ScheduleActivity {
  const runTimeoutMs = ms(started.workflowRunTimeout);
  if (runTimeoutMs === undefined) return schedule;
  const { startToCloseTimeout, scheduleToCloseTimeout } = schedule;
  return {
    ...schedule,
    startToCloseTimeout: timeout(startToCloseTimeout ? shorter(ms(startToCloseTimeout), runTimeoutMs) : undefined),
    scheduleToCloseTimeout: timeout(shorter(ms(scheduleToCloseTimeout), runTimeoutMs)),
  };
}

type ContinueAsNew = NonNullable<Command['continueAsNewWorkflowExecution']>;

function nextOf(next: ContinueAsNew, started: Started): ContinueAsNew {
  const runTimeoutMs = shorter(
    ms(next.workflowRunTimeout) ?? ms(started.workflowRunTimeout),
    ms(started.workflowExecutionTimeout),
  );
  const taskMs = ms(next.workflowTaskTimeout) ?? ms(started.workflowTaskTimeout);
  return {
    ...next,
    workflowRunTimeout: timeout(runTimeoutMs),
    workflowTaskTimeout: timeout(taskTimeoutMs(taskMs, runTimeoutMs)),
    memo: isEmpty(next.memo) ? (started.memo?.fields ?? null) : (next.memo ?? null),
  };
}

function isEmpty(fields: object | null | undefined): boolean {
  return Object.keys(fields ?? {}).length === 0;
}

function timeout(timeMs: number | undefined): Timestamp | null {
  return timeMs === undefined ? null : timestampOf(timeMs);
}
