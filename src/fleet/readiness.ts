/**
 * Whether the server lets a run be pinned to an artifact that this process hosts.
 *
 * The server decides that by the task queue's own data, which no call of its API shows: a version is listed, and so is its
 * poller, before a start is accepted (server 1.32.0). Only a start tells. So when both are listed, a start is asked for under a
 * workflow id that is taken: the server looks at the pin before it looks at the id, and nothing comes of it either way. Who
 * finds the id free takes it: one run in a namespace, which no worker ever sees (its first task is an hour away), ended at once.
 *
 * It is not deleted: a deletion overtakes the server's list, which would show the run as open for ever.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { READINESS_PROBE } from '../routing/mission-query.ts';
import type { Placement } from '../routing/placement.ts';
import { MissionError } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';
import { describeDeployment, listPollers } from '../temporal/worker-deployments.ts';

/** A worker's place on the server, and whose it is. */
type Target = Placement & { readonly mission: string };

type Place = Pick<TemporalConnection, 'client' | 'connection' | 'namespace'>;

/** Many versions that start at once share a server: who waits longer asks less often. */
const LOOK_AGAIN_MS = { first: 200, growth: 1.3, most: 2_000 };

/** Should ending it fail, the server does so by itself. */
const PROBE_TIMEOUT = '10s';

/**
 * Waits until the version is registered, the worker of this identity polls for it, and a start is accepted.
 *
 * @throws MissionError `VERSION_NOT_HOSTED` when the signal is given first.
 */
export async function awaitReady(place: Place, target: Target, identity: string, signal: AbortSignal): Promise<void> {
  for (let waitMs = LOOK_AGAIN_MS.first; !signal.aborted; waitMs *= LOOK_AGAIN_MS.growth) {
    if (await isReady(place, target, identity).catch(() => false)) return;
    await pause(Math.min(waitMs, LOOK_AGAIN_MS.most), signal);
  }
  throw new MissionError('VERSION_NOT_HOSTED', `The worker of ${target.mission} ended before the server knew of it.`);
}

async function isReady(place: Place, target: Target, identity: string): Promise<boolean> {
  const { taskQueue, deployment } = target;
  // The deployment last: it lists all versions that the mission ever had.
  const polls = (await listPollers(place, taskQueue)).some(
    (poller) => poller.identity === identity && poller.version?.buildId === deployment.buildId,
  );
  if (!polls) return false;
  const known = await describeDeployment(place, deployment.deploymentName);
  const registered = known?.versions.some(({ buildId }) => buildId === deployment.buildId) ?? false;
  return registered && acceptsStart(place, target);
}

/**
 * Whether the server accepts a start that is pinned to the artifact. A server that allows us no starts is believed by what it
 * lists: routers try a refused start again for a moment.
 */
async function acceptsStart({ client }: Place, { taskQueue, deployment }: Target): Promise<boolean> {
  try {
    const run = await client.workflow.start(READINESS_PROBE, {
      workflowId: READINESS_PROBE,
      taskQueue,
      args: [],
      versioningOverride: { pinnedTo: deployment },
      startDelay: '1h',
      workflowExecutionTimeout: PROBE_TIMEOUT,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
    await run.terminate('It asked whether starts are accepted.').catch(() => undefined);
    return true;
  } catch (error) {
    return error instanceof WorkflowExecutionAlreadyStartedError || grpcStatusOf(error) === 'PERMISSION_DENIED';
  }
}
