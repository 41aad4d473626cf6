/** One artifact on one Temporal worker of this process. */
import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';
import type { Artifact } from '../artifact/artifact.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import { loadActivities } from '../artifact/load-activities.ts';
import { ROUTE_ACTIVITY } from '../mission/wire.ts';
import { placementOf } from '../routing/placement.ts';
import { runSinks, stepInterceptors } from '../telemetry/worker-telemetry.ts';
import { limitActivations } from './activation-limit.ts';
import type { RouteActivity } from './route-activity.ts';
import { type EndingRun, runEndingSinks } from './run-ending.ts';
import { shadowInterceptors } from './shadow-activities.ts';
import type { ShadowHost } from './shadow-host.ts';
import { holdShadowsOff } from './shadow-workflows.ts';
import { withWorkflowCreator } from './workflow-creator.ts';

export interface HostOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Shown by the server as the worker's name. */
  readonly identity: string;
  /** A thread of its own for workflow code (about 50 MB), or this process's main thread (about 10 MB). */
  readonly ownThread: boolean;
  /** How long running activities may go on after a stop, in milliseconds. */
  readonly drainMs: number;
  /** What payloads are encoded with: those of the client. */
  readonly codecs: readonly PayloadCodec[];
  /** Told of each run whose workflow just came to its end here; the server knows of it a moment later. */
  readonly onRunEnding?: ((run: EndingRun) => void) | undefined;
  /** Where runs of the mission go that continue as new and want to be routed anew. */
  readonly routeOf: (artifact: Pick<Artifact, 'mission' | 'digest'>) => RouteActivity;
  /** What answers shadow runs. @default nothing: a shadow ends at once */
  readonly shadows?: ShadowHost | undefined;
}

export interface HostedArtifact {
  /** Resolves when the worker has stopped as asked, rejects when it failed. */
  readonly ended: Promise<void>;
  /** Stops polling, lets running activities end within the time given, and resolves when all is over. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Limits of one worker. Many share a process, so each is modest; a busy mission is served by more processes.
 * At least two pollers of workflow tasks are needed: one of them watches the sticky queue.
 */
const LIMITS = {
  maxCachedWorkflows: 200,
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentActivityTaskExecutions: 50,
  maxConcurrentWorkflowTaskPolls: 2,
  maxConcurrentActivityTaskPolls: 2,
  // Three heartbeats fit into the time after which a step is taken for lost (`mission/steps/schedule.ts`); by default, hardly two.
  maxHeartbeatThrottleInterval: 10_000,
} satisfies Partial<WorkerOptions>;

/** The SDK's own limit for workflow code that does not yield, which it would otherwise lift on the main thread. */
const ENDLESS_LOOP_LIMIT = { isolateExecutionTimeout: '5s' };

/**
 * Starts to host an artifact. Nothing of its source is needed.
 *
 * @param deploymentName - of its mission, by the registry
 * @throws MissionError `ARTIFACT_LOAD_FAILED` when its activity code cannot be loaded.
 */
export async function hostArtifact(
  artifact: Artifact,
  deploymentName: string,
  options: HostOptions,
): Promise<HostedArtifact> {
  const [{ Runtime, Worker }, { keepRunStacks }] = await Promise.all([
    import('@temporalio/worker'),
    import('../temporal/run-stacks.ts'),
  ]);
  const { taskQueue, deployment } = placementOf(artifact.mission, artifact.digest, deploymentName);
  const [workflowBundle, activities] = await Promise.all([linkWorkflowBundle(artifact), loadActivities(artifact)]);
  const { definition } = artifact;
  const Host = withWorkflowCreator(Worker, async (make, compiled) => {
    const creator = await (options.ownThread ? make(compiled) : limitActivations(make, compiled));
    return holdShadowsOff(creator, definition, options.shadows);
  });
  if (!options.ownThread) keepRunStacks();
  const worker = await Host.create({
    ...LIMITS,
    connection: options.connection,
    namespace: options.namespace,
    identity: options.identity,
    taskQueue,
    workflowBundle,
    activities: { ...activities, [ROUTE_ACTIVITY]: options.routeOf(artifact) },
    dataConverter: { payloadCodecs: [...options.codecs] },
    interceptors: { activity: [stepInterceptors(artifact.mission), shadowInterceptors(definition, options.shadows)] },
    sinks: {
      ...runSinks(artifact.mission),
      ...(options.onRunEnding !== undefined && runEndingSinks(options.onRunEnding, Runtime.instance().logger)),
    },
    reuseV8Context: true,
    ...ENDLESS_LOOP_LIMIT,
    // The SDK's name for "on the main thread".
    debugMode: !options.ownThread,
    shutdownGraceTime: options.drainMs,
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: deployment,
      defaultVersioningBehavior: 'PINNED',
    },
  });
  return run(worker);
}

function run(worker: Worker): HostedArtifact {
  const ended = worker.run();
  return {
    ended,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended.catch(() => undefined);
    },
  };
}
