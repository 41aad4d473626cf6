/** The questions that runs hold for a person: read from the memos that `decide` steps write, so no worker is needed. */
import type { Client } from '@temporalio/client';
import type { DecisionQuestion } from '../mission/wire.ts';
import { MEMO_DECISION_PREFIX, MEMO_STAMP } from '../mission/wire.ts';
import { readQuestion } from '../recording/wire-schema.ts';
import { anyRunsOf } from '../routing/mission-query.ts';
import { missionOfTaskQueue } from '../routing/placement.ts';
import { readStamp } from '../routing/run-stamp.ts';
import type { Json } from '../shared/json.ts';
import { type ListedRun, listRunsWith } from '../temporal/listed-runs.ts';
import { runError } from '../temporal/run-error.ts';

/** An open question of one run. */
export interface OpenDecision extends Omit<DecisionQuestion, 'notes'> {
  readonly workflowId: string;
  readonly runId: string;
  readonly mission: string;
  /** `refund-eligibility@3`; absent for a run that was not started by a route. */
  readonly version?: string;
  /** When its run began, ISO 8601. */
  readonly runStartedAt: string;
}

export interface ListDecisionsOptions {
  readonly client: Client;
  /** @default all */
  readonly mission?: string | undefined;
  /** At most so many questions, of the runs that began first. @default 100 */
  readonly limit?: number;
  /** Told of each open run whose questions cannot be read here. @default the first one is thrown */
  readonly onUnreadable?: (run: UnreadableRun) => void;
}

/** Most often a key is missing: `ENCRYPTION_KEY_MISSING`. */
export interface UnreadableRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly error: Error;
}

/**
 * Lists the open questions, the runs that began first at the top. The server's list is a second or so behind.
 *
 * @throws MissionError `ENCRYPTION_KEY_MISSING` for a run that cannot be read, unless `onUnreadable` is given; `TEMPORAL_UNAVAILABLE`.
 */
export async function listOpenDecisions(options: ListDecisionsOptions): Promise<OpenDecision[]> {
  const { client, mission, limit = 100, onUnreadable } = options;
  const of = anyRunsOf(mission === undefined ? undefined : [mission]);
  let found: OpenDecision[] = [];
  for await (const run of listRunsWith(client, {
    query: `${of} AND ExecutionStatus = 'Running'`,
    memo: isOfQuestions,
  })) {
    if (run.unreadable !== undefined) tell(run, run.unreadable, onUnreadable);
    found.push(...questionsOf(run));
    // The server lists the newest first, and who has waited longest is wanted: all are read, few are kept.
    if (found.length > limit + SPARE) found = oldest(found, limit);
  }
  return oldest(found, limit);
}

const SPARE = 1_000;

function oldest(questions: readonly OpenDecision[], limit: number): OpenDecision[] {
  return questions.toSorted((left, right) => left.runStartedAt.localeCompare(right.runStartedAt)).slice(0, limit);
}

function isOfQuestions(key: string): boolean {
  return key === MEMO_STAMP || key.startsWith(MEMO_DECISION_PREFIX);
}

function tell(
  { workflowId, runId }: ListedRun,
  error: Error,
  onUnreadable: ListDecisionsOptions['onUnreadable'],
): void {
  if (onUnreadable === undefined) throw error;
  onUnreadable({ workflowId, runId, error });
}

/**
 * The open questions of one run, as they are now.
 *
 * @throws MissionError `RUN_UNKNOWN`, `TEMPORAL_UNAVAILABLE`.
 */
export async function openDecisionsOf(client: Client, workflowId: string, runId?: string): Promise<OpenDecision[]> {
  try {
    const run = await client.workflow.getHandle(workflowId, runId).describe();
    return run.status.name === 'RUNNING' ? questionsOf(run) : [];
  } catch (error) {
    throw runError(error, workflowId, 'a look at its questions');
  }
}

interface RunWithMemo {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly taskQueue: string;
  readonly startTime: Date;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
}

/** Pure. A memo entry that is no question is another's business. */
export function questionsOf({ workflowId, runId, type, taskQueue, startTime, memo = {} }: RunWithMemo): OpenDecision[] {
  const version = readStamp(memo)?.version;
  return Object.entries(memo)
    .filter(([key]) => key.startsWith(MEMO_DECISION_PREFIX))
    .flatMap(([, value]) => readQuestion(value as Json | undefined) ?? [])
    .map(({ step, name, question, options, evidence }) => ({
      step,
      name,
      question,
      options,
      evidence,
      workflowId,
      runId,
      mission: missionOfTaskQueue(taskQueue) ?? type,
      ...(version !== undefined && { version }),
      runStartedAt: startTime.toISOString(),
    }));
}
