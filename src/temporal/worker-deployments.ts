/**
 * Temporal's Worker Deployments as missions use them: a deployment per mission, a build id per artifact (DESIGN.md,
 * decision 1). So two versions with the same artifact are one build id, and their runs share workers.
 */
import type { Connection } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import { shortDigest } from '../shared/digest.ts';
import { grpcStatusOf } from './grpc-status.ts';

type Summary = temporal.api.deployment.v1.WorkerDeploymentInfo.IWorkerDeploymentVersionSummary;
type Timestamp = temporal.api.taskqueue.v1.IPollerInfo['lastAccessTime'];

/** Where the calls go; a `TemporalConnection` is one. */
export interface DeploymentPlace {
  readonly connection: Connection;
  readonly namespace: string;
}

/** A version of a deployment, as the server has it. */
export interface DeployedVersion extends WorkerDeploymentVersion {
  readonly status: 'inactive' | 'current' | 'ramping' | 'draining' | 'drained' | 'unknown';
}

export interface Deployment {
  readonly deploymentName: string;
  /** The build id that runs without an override land on, when one is set. */
  readonly currentBuildId: string | undefined;
  readonly versions: readonly DeployedVersion[];
}

/** A worker that polls a task queue, or did within the last minutes. */
export interface Poller {
  readonly identity: string;
  /** Absent for workers without versioning. */
  readonly version: WorkerDeploymentVersion | undefined;
  readonly lastPolledAt: Date;
}

/**
 * A poll is held open for a minute, so a living worker can look this old. The server lists pollers for five minutes,
 * gone ones among them.
 */
export const POLLER_FRESH_MS = 75_000;

/** The build id of an artifact. */
export function buildIdOf(artifactDigest: string): string {
  return shortDigest(artifactDigest);
}

/** The deployment version that hosts an artifact, under the deployment's name that the registry keeps for its mission. */
export function deploymentVersionOf(deploymentName: string, artifactDigest: string): WorkerDeploymentVersion {
  return { deploymentName, buildId: buildIdOf(artifactDigest) };
}

/** A deployment; `undefined` until one of its versions has polled for the first time. */
export async function describeDeployment(
  place: DeploymentPlace,
  deploymentName: string,
): Promise<Deployment | undefined> {
  const { namespace } = place;
  const request = { namespace, deploymentName };
  const response = await unlessNotFound(place.connection.workflowService.describeWorkerDeployment(request));
  const info = response?.workerDeploymentInfo;
  if (info === null || info === undefined) return undefined;
  return {
    deploymentName,
    currentBuildId: info.routingConfig?.currentDeploymentVersion?.buildId ?? undefined,
    versions: (info.versionSummaries ?? []).map((summary) => deployedVersion(deploymentName, summary)),
  };
}

/** The workers of a task queue, for workflow tasks, most recent first. */
export async function listPollers(place: DeploymentPlace, taskQueue: string): Promise<readonly Poller[]> {
  const { pollers } = await place.connection.workflowService.describeTaskQueue({
    namespace: place.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  const found = pollers.map((poller) => ({
    identity: poller.identity ?? '',
    version: versionOf(poller.deploymentOptions),
    lastPolledAt: dateOf(poller.lastAccessTime),
  }));
  return found.sort((left, right) => right.lastPolledAt.getTime() - left.lastPolledAt.getTime());
}

/** Build ids of a deployment that a living worker hosts, judged by when each polled last. Pure. */
export function hostedBuildIds(pollers: readonly Poller[], deploymentName: string, now: Date): readonly string[] {
  const fresh = pollers.filter(({ lastPolledAt }) => now.getTime() - lastPolledAt.getTime() <= POLLER_FRESH_MS);
  const versions = fresh.flatMap(({ version }) =>
    version?.deploymentName === deploymentName ? [version.buildId] : [],
  );
  return [...new Set(versions)].sort();
}

/**
 * Makes a version the one that runs without an override land on (DESIGN.md, decision 7). It may have no worker at the
 * moment: such runs wait, they are not lost.
 *
 * @returns whether the server knows the version; it does once a worker of it has polled.
 */
export async function setCurrentVersion(place: DeploymentPlace, version: WorkerDeploymentVersion): Promise<boolean> {
  const { namespace } = place;
  const options = { identity: IDENTITY, ignoreMissingTaskQueues: true, allowNoPollers: true };
  const request = { namespace, deploymentName: version.deploymentName, buildId: version.buildId, ...options };
  if (!(await isKnown(place, version))) return false;
  await place.connection.workflowService.setWorkerDeploymentCurrentVersion(request);
  return true;
}

/**
 * Removes a version from the server, to stay under its limit of versions per deployment.
 *
 * @returns `deleted`; `unknown` when the server has no such version; `refused` while it polls, drains or takes new runs.
 */
export async function deleteVersion(
  place: DeploymentPlace,
  version: WorkerDeploymentVersion,
): Promise<'deleted' | 'unknown' | 'refused'> {
  const request = { namespace: place.namespace, deploymentVersion: version, identity: IDENTITY };
  if (!(await isKnown(place, version))) return 'unknown';
  try {
    await place.connection.workflowService.deleteWorkerDeploymentVersion(request);
    return 'deleted';
  } catch (error) {
    if (grpcStatusOf(error) === 'FAILED_PRECONDITION') return 'refused';
    throw error;
  }
}

const IDENTITY = 'mission-runtime';

async function isKnown(place: DeploymentPlace, version: WorkerDeploymentVersion): Promise<boolean> {
  const deployment = await describeDeployment(place, version.deploymentName);
  return deployment?.versions.some(({ buildId }) => buildId === version.buildId) ?? false;
}

function deployedVersion(deploymentName: string, summary: Summary): DeployedVersion {
  return { deploymentName, buildId: summary.deploymentVersion?.buildId ?? '', status: statusOf(summary.status) };
}

function statusOf(status: Summary['status']): DeployedVersion['status'] {
  const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;
  switch (status) {
    // Made by a call, before its first worker.
    case Status.WORKER_DEPLOYMENT_VERSION_STATUS_CREATED:
    case Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE:
      return 'inactive';
    case Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT:
      return 'current';
    case Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING:
      return 'ramping';
    case Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING:
      return 'draining';
    case Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED:
      return 'drained';
    default:
      return 'unknown';
  }
}

function versionOf(options: temporal.api.deployment.v1.IWorkerDeploymentOptions | null | undefined) {
  if (!options?.deploymentName || !options.buildId) return undefined;
  return { deploymentName: options.deploymentName, buildId: options.buildId };
}

function dateOf(time: Timestamp): Date {
  return new Date(Number(time?.seconds ?? 0) * 1_000);
}

async function unlessNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (grpcStatusOf(error) === 'NOT_FOUND') return undefined;
    throw error;
  }
}
