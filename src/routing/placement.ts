/** Where the runs of an artifact live on the Temporal server. Pure. */
import { shortDigest } from '../shared/digest.ts';

export interface Placement {
  readonly taskQueue: string;
  /** Temporal's worker deployment is the mission, its build id the artifact (DESIGN.md, decision 1). */
  readonly deploymentName: string;
  readonly buildId: string;
}

/** The task queue that all versions of a mission share; the server tells them apart by build id. */
export function taskQueueOf(mission: string): string {
  return `mission/${mission}`;
}

/** Two versions with the same artifact, such as a rollback and what it restores, have the same placement. */
export function placementOf(mission: string, artifact: string): Placement {
  return { taskQueue: taskQueueOf(mission), deploymentName: mission, buildId: shortDigest(artifact) };
}
