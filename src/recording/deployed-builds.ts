/**
 * Which builds took the decisions of a run, as its history has it: the server notes deployment and build with every workflow
 * task. A run has one, unless it was moved, or went on as another version when it continued itself.
 */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { History } from './recording.ts';

/** In the order in which they took over: a build that a run came back to is there again. */
export function deployedBuilds(histories: readonly History[]): readonly WorkerDeploymentVersion[] {
  const found: WorkerDeploymentVersion[] = [];
  for (const { events } of histories) {
    for (const { workflowTaskCompletedEventAttributes: task } of events ?? []) {
      const { deploymentName, buildId } = task?.deploymentVersion ?? {};
      if (!deploymentName || !buildId) continue;
      const last = found.at(-1);
      if (last?.deploymentName !== deploymentName || last.buildId !== buildId) found.push({ deploymentName, buildId });
    }
  }
  return found;
}
