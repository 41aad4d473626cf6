/** Where the runs of an artifact live on the Temporal server. Pure. */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { deploymentVersionOf } from '../temporal/worker-deployments.ts';

export interface Placement {
  readonly taskQueue: string;
  readonly deployment: WorkerDeploymentVersion;
}

/** How the task queues of missions begin. */
export const TASK_QUEUE_PREFIX = 'mission/';

/** The task queue that all versions of a mission share; the server tells them apart by build id. */
export function taskQueueOf(mission: string): string {
  return `${TASK_QUEUE_PREFIX}${mission}`;
}

/** The mission of a task queue; `undefined` when it is none of a mission. */
export function missionOfTaskQueue(taskQueue: string): string | undefined {
  return taskQueue.startsWith(TASK_QUEUE_PREFIX) ? taskQueue.slice(TASK_QUEUE_PREFIX.length) : undefined;
}

/**
 * Two versions with the same artifact, such as a rollback and what it restores, have the same placement.
 *
 * @param deploymentName - of the mission, by the registry (`registry/deployments.ts`)
 */
export function placementOf(mission: string, artifact: string, deploymentName: string): Placement {
  return { taskQueue: taskQueueOf(mission), deployment: deploymentVersionOf(deploymentName, artifact) };
}
