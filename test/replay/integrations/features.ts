/** Runs of the features of an integration on a real server, and their histories, with those of their children and later links. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { encodeHistory } from '../../../src/recording/encode-history.ts';
import type { History } from '../../../src/recording/recording.ts';
import type { RecordedRun } from '../plain/record-runs.ts';
import { type AssistantProject, type Hosted, withWorker } from './record.ts';

export interface Feature {
  /** The workflow's type. */
  readonly type: string;
  /** @default one question about order 16 */
  readonly args?: readonly unknown[];
  /** What happens to it from outside, until it ends. */
  readonly drive?: (handle: WorkflowHandle, client: Client) => Promise<unknown>;
}

export interface RecordedFeature {
  /** Its result, or the message of what it failed with. */
  readonly end: unknown;
  /** Its links and its children. Their histories lie in `histories/<type>`, a file for each. */
  readonly runs: readonly RecordedRun[];
}

export const QUESTION = 'Where is my order 16?';

/** Runs each feature. Recorded in parallel, by one worker. */
export function recordFeatures(
  address: string,
  project: AssistantProject,
  features: readonly Feature[],
): Promise<ReadonlyMap<string, RecordedFeature>> {
  return withWorker(address, project, async (hosted) => {
    const recorded = await Promise.all(
      features.map(async (feature) => [nameOf(feature), await recordOne(hosted, project, feature)] as const),
    );
    return new Map(recorded);
  });
}

/** The type, and its arguments where they say which of its ways it takes. */
function nameOf({ type, args = [] }: Feature): string {
  return [type, ...args.slice(1)].join('-');
}

async function recordOne({ client, taskQueue }: Hosted, project: AssistantProject, feature: Feature) {
  const name = nameOf(feature);
  const workflowId = `${taskQueue}-${name}`;
  const handle = await client.workflow.start(feature.type, {
    args: [...(feature.args ?? [QUESTION])],
    taskQueue,
    workflowId,
    workflowExecutionTimeout: '3 minutes',
  });
  const driven = feature.drive?.(handle, client);
  const end: unknown = await handle.result().catch((error: Error) => rootMessage(error));
  await driven;
  const runs = await runsFrom(client, name, workflowId, handle.firstExecutionRunId);
  await project.write(
    Object.fromEntries(
      runs.map(({ history }, index) => [`histories/${name}/${index + 1}.json`, encodeHistory(history)]),
    ),
  );
  return { end, runs };
}

/** Of what the run failed with, below what carried it. */
function rootMessage(error: Error): string {
  if (error instanceof ApplicationFailure || !(error.cause instanceof Error)) return error.message;
  return rootMessage(error.cause);
}

/** A run, the runs that it continued as, and its children. */
async function runsFrom(client: Client, name: string, workflowId: string, runId: string): Promise<RecordedRun[]> {
  const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const following = (history.events ?? []).flatMap((event) => {
    const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
    return [...(next ? [{ workflowId, runId: next }] : []), ...(child ? [child] : [])];
  });
  const later = await Promise.all(
    following.map((one) => runsFrom(client, name, one.workflowId ?? '', one.runId ?? '')),
  );
  return [{ name, workflowId, runId, history }, ...later.flat()];
}
