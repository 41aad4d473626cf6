/** Where the runs of an artifact live on the Temporal server. Pure. */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { deploymentVersionOf } from '../temporal/worker-deployments.ts';

export interface Placement {
  readonly taskQueue: string;
  readonly deployment: WorkerDeploymentVersion;
}

/** The task queue that all versions of a mission share; the server tells them apart by build id. */
export function taskQueueOf(mission: string): string {
  return `mission/${mission}`;
}

/**
 * Two versions with the same artifact, such as a rollback and what it restores, have the same placement.
 *
 * @param deploymentName - of the mission, by the registry (`registry/deployments.ts`)
 */
export function placementOf(mission: string, artifact: string, deploymentName: string): Placement {
  return { taskQueue: taskQueueOf(mission), deployment: deploymentVersionOf(deploymentName, artifact) };
}
