/** Histories of runs that go on while they are read. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { decodePayloads } from '../recording/decode-payloads.ts';
import { EventType } from '../recording/proto.ts';
import type { History } from '../recording/recording.ts';
import { runEndOf } from '../recording/run-end.ts';

type RunRef = { readonly workflowId: string; readonly runId: string };

/** A workflow task that a worker has begun ends within its time limit, by default 10 seconds. */
const LOOKS_MAX = 60;
const LOOK_EVERY_MS = 200;

/** The history once no workflow task is under way. */
export async function settledHistory(client: Client, run: RunRef): Promise<History> {
  for (let look = 1; ; look += 1) {
    const history = await fetchOpenHistory(client, run);
    if (!lastTaskIsUnderWay(history) || look === LOOKS_MAX) return history;
    await delay(LOOK_EVERY_MS);
  }
}

export function hasEnded(history: History): boolean {
  return runEndOf(history).status !== 'open';
}

/** Not validated: a run that no worker took on yet has a history too. */
export async function fetchOpenHistory(client: Client, { workflowId, runId }: RunRef): Promise<History> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return decodePayloads(history, client.options.loadedDataConverter.payloadCodecs, workflowId);
}

/** Workflow tasks that were completed: the decisions that the run has taken. */
export function decisionsIn({ events }: History): number {
  return (events ?? []).filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED).length;
}

function lastTaskIsUnderWay({ events }: History): boolean {
  return events?.findLast(({ eventType }) => TASK_EVENTS.has(eventType ?? 0))?.eventType === STARTED;
}

const STARTED = EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED;
const TASK_EVENTS: ReadonlySet<number> = new Set([
  STARTED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
]);

/** The build that completed the last workflow task. */
export function lastBuildId({ events }: History): string | undefined {
  const completed = events?.findLast(({ workflowTaskCompletedEventAttributes: task }) => Boolean(task));
  return completed?.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId ?? undefined;
}
