/**
 * Which builds took the decisions of a run, as its history has it: the server notes deployment and build with every workflow
 * task. A run has one, unless it was moved, or went on as another version when it continued itself.
 */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { History } from './recording.ts';

/** In the order of their first decision, each once. */
export function deployedBuilds(histories: readonly History[]): readonly WorkerDeploymentVersion[] {
  const found = new Map<string, WorkerDeploymentVersion>();
  for (const { events } of histories) {
    for (const { workflowTaskCompletedEventAttributes: task } of events ?? []) {
      const { deploymentName, buildId } = task?.deploymentVersion ?? {};
      if (deploymentName && buildId) found.set(`${deploymentName}:${buildId}`, { deploymentName, buildId });
    }
  }
  return [...found.values()];
}
