/** Whether the server knows that a worker of ours hosts an artifact: before that it refuses to pin a run to it. */

import { placementOf } from '../routing/placement.ts';
import { MissionError } from '../shared/errors.ts';
import { type DeploymentPlace, describeDeployment, listPollers } from '../temporal/worker-deployments.ts';
import { pause } from './berth.ts';
import type { WantedArtifact } from './plan-fleet.ts';

const LOOK_EVERY_MS = 200;

/**
 * Waits until the version is registered and the worker of this identity polls for it.
 *
 * @throws MissionError `VERSION_NOT_HOSTED` when the signal is given first.
 */
export async function awaitReady(
  place: DeploymentPlace,
  target: WantedArtifact,
  identity: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (await isReady(place, target, identity).catch(() => false)) return;
    await pause(LOOK_EVERY_MS, signal);
  }
  throw new MissionError('VERSION_NOT_HOSTED', `The worker of ${target.mission} ended before the server knew of it.`);
}

async function isReady(place: DeploymentPlace, { mission, artifact }: WantedArtifact, identity: string) {
  const { taskQueue, deployment } = placementOf(mission, artifact);
  const [known, pollers] = await Promise.all([describeDeployment(place, mission), listPollers(place, taskQueue)]);
  const registered = known?.versions.some(({ buildId }) => buildId === deployment.buildId) ?? false;
  return (
    registered &&
    pollers.some((poller) => poller.identity === identity && poller.version?.buildId === deployment.buildId)
  );
}
