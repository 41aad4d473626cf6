/**
 * Which build a process was told to be by whatever runs it, in variables that Temporal's Worker Controller sets for every pod.
 *
 * Our build ids are digests of what is hosted, so they cannot be chosen: what was assigned has to be what the version is. A
 * worker that went on under another name would leave the controller waiting, and its version without a worker.
 */
import type { Registry } from '../registry/registry.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { deploymentVersionOf } from '../temporal/worker-deployments.ts';

/**
 * Refuses to host something else than what was assigned. Nothing is assigned when neither variable is set.
 *
 * @param refs - what this process was told to host; `undefined` for whatever the registry asks for
 * @throws MissionError `CONFIG_INVALID` saying what is hosted and what was assigned; `VERSION_UNKNOWN`, `MISSION_UNKNOWN`.
 */
export async function checkAssignedBuild(
  registry: Pick<Registry, 'versions' | 'deployments'>,
  refs: readonly VersionRef[] | undefined,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const deploymentName = env['TEMPORAL_DEPLOYMENT_NAME'] || undefined;
  const buildId = env['TEMPORAL_WORKER_BUILD_ID'] || undefined;
  if (deploymentName === undefined && buildId === undefined) return;
  if (refs === undefined) throw noVersionNamed(deploymentName, buildId);
  for (const ref of refs) {
    const { artifact } = await registry.versions.get(ref.mission, ref.number);
    const own = deploymentVersionOf(await registry.deployments.nameOf(ref.mission), artifact);
    const name = formatVersionRef(ref);
    if (deploymentName !== undefined && deploymentName !== own.deploymentName) {
      throw otherDeployment(name, ref.mission, own.deploymentName, deploymentName);
    }
    if (buildId !== undefined && buildId !== own.buildId) throw otherBuild(name, own.buildId, buildId);
  }
}

function noVersionNamed(deploymentName: string | undefined, buildId: string | undefined): MissionError {
  const variable = buildId === undefined ? 'TEMPORAL_DEPLOYMENT_NAME' : 'TEMPORAL_WORKER_BUILD_ID';
  return new MissionError(
    'CONFIG_INVALID',
    `${variable} says that this process is ${[deploymentName, buildId].filter(Boolean).join(':')}, and it was not told to host one version.`,
    { remedy: 'Name the version: mission worker --version <mission>@<number>. Or take the variable away.' },
  );
}

function otherDeployment(name: string, mission: string, own: string, assigned: string): MissionError {
  return new MissionError(
    'CONFIG_INVALID',
    `${name} belongs to the worker deployment "${own}", and TEMPORAL_DEPLOYMENT_NAME is "${assigned}".`,
    {
      remedy: `The registry keeps the name since ${mission} was first published. Let the resource's namespace and name make "${own}"; for another prefix, publish a new mission with MISSION_DEPLOYMENT_PREFIX.`,
      details: { version: name, own, assigned },
    },
  );
}

function otherBuild(name: string, own: string, assigned: string): MissionError {
  return new MissionError(
    'CONFIG_INVALID',
    `The build id of ${name} is ${own}, and TEMPORAL_WORKER_BUILD_ID is ${assigned}.`,
    {
      remedy: `Set unsafeCustomBuildID to ${own} in the WorkerDeployment, or host the version that has ${assigned}: mission show <version> prints the build id.`,
      details: { version: name, own, assigned },
    },
  );
}
