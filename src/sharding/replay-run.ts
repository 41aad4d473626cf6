/** The workflow of one replay, which its coordinator runs itself: it hands out shards as long as the coordinator lives, and no longer. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { bundleWorkflows } from '../artifact/bundle-workflows.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { isJsonObject } from '../shared/json.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { installRuntime } from '../temporal/runtime.ts';
import { replayWorkflowId } from './replay-places.ts';
import type { ReplayShardsInput, replayShards } from './replay-workflow.ts';
import { terminateReplay } from './sweep-replays.ts';

export type ReplayTemporal = Pick<TemporalConnection, 'openNative' | 'namespace' | 'codecs' | 'client'>;

/** How a workflow of shards ended; `cancelled` also when somebody else ended it. */
export type ReplayRunEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: MissionError };

export interface ReplayRun {
  /** Never rejects. */
  readonly ended: Promise<ReplayRunEnd>;
  /** Ends it, if it goes on, and whatever runs it here. */
  close(): Promise<void>;
}

/** For the workflow to take note that it was cancelled. */
const CANCEL_MS = 5_000;

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const WORKFLOW_PATH = fileURLToPath(new URL(`./replay-workflow.${EXTENSION}`, import.meta.url));

/** Starts the workflow, and what runs it. @throws MissionError `TEMPORAL_UNAVAILABLE` */
export async function startReplayRun(temporal: ReplayTemporal, input: ReplayShardsInput): Promise<ReplayRun> {
  const workflowId = replayWorkflowId(input.replay);
  await installRuntime({ logger: new DefaultLogger('ERROR', () => undefined), coreLevel: 'ERROR', metrics: false });
  const workflowBundle = await bundleWorkflows({ workflowsPath: WORKFLOW_PATH });
  const connection = await temporal.openNative();
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: workflowId,
    workflowBundle,
    dataConverter: { payloadCodecs: [...temporal.codecs] },
    // The SDK's name for "on the main thread".
    debugMode: true,
  });
  const running = worker.run();
  const close = async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running.catch(() => undefined);
    await connection.close();
  };
  try {
    const handle = await temporal.client.workflow.start<typeof replayShards>('replayShards', {
      workflowId,
      taskQueue: workflowId,
      args: [input],
    });
    const ended = Promise.race([endOf(handle), failed(running)]);
    return {
      ended,
      close: async () => {
        // A workflow that is over stays as it is.
        await handle.cancel().catch(() => undefined);
        await Promise.race([ended, delay(CANCEL_MS, undefined, { ref: false })]);
        await terminateReplay(temporal.client, input.replay, 'its coordinator has ended').catch(() => undefined);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function endOf(handle: WorkflowHandle<typeof replayShards>): Promise<ReplayRunEnd> {
  try {
    await handle.result();
    return { kind: 'completed' };
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure) return { kind: 'cancelled' };
    return { kind: 'failed', error: replayFailed(error) };
  }
}

/** Only when the worker itself fails: it is not stopped before the workflow is over. */
function failed(running: Promise<void>): Promise<ReplayRunEnd> {
  return running.then(
    () => ({ kind: 'cancelled' }),
    (error: unknown) => ({ kind: 'failed', error: replayFailed(error) }),
  );
}

function replayFailed(error: unknown): MissionError {
  const innermost = innermostOf(error);
  const [given] = innermost instanceof ApplicationFailure ? (innermost.details ?? []) : [];
  const remedy = isJsonObject(given) && typeof given['remedy'] === 'string' ? given['remedy'] : undefined;
  return new MissionError('REPLAY_FAILED', `A shard of the replay failed on its worker: ${messageOf(innermost)}`, {
    remedy: `${remedy ?? 'See what the workers say in their logs.'} Then replay again, or without --shards.`,
    cause: error,
  });
}

function innermostOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? innermostOf(error.cause) : error;
}
