/** How many runs are in flight on a behaviour. */
import type { Client } from '@temporalio/client';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { runsOf } from '../routing/mission-query.ts';
import { DEPLOYMENT_VERSION_ATTRIBUTE, deploymentVersionText } from '../temporal/run-versioning.ts';
import { deploymentVersionOf } from '../temporal/worker-deployments.ts';

/**
 * Open runs that are pinned to the artifact of a version now: started on it, or moved to it. One question, however many there
 * are; the server's count is a second or so behind.
 */
export async function countOpenRuns(
  { client, registry }: { readonly client: Client; readonly registry: Registry },
  { mission, artifact }: Pick<Version, 'mission' | 'artifact'>,
): Promise<number> {
  const build = deploymentVersionText(deploymentVersionOf(await registry.deployments.nameOf(mission), artifact));
  const query = `${runsOf([mission])} AND ${DEPLOYMENT_VERSION_ATTRIBUTE} = '${build}' AND ExecutionStatus = 'Running'`;
  return (await client.workflow.count(query)).count;
}
