/** The versions that made a run: by its stamp where that is right, by its builds and the ledger where it was moved or never stamped. */
import { versionOfRun } from '../fleet/run-version.ts';
import { missionOfDeployment } from '../registry/deployments.ts';
import type { Registry } from '../registry/registry.ts';
import { parseVersionRef } from '../shared/version-ref.ts';
import { buildIdOf } from '../temporal/worker-deployments.ts';
import { stampOf } from './build-recording.ts';
import { deployedBuilds } from './deployed-builds.ts';
import { startedOf } from './history-events.ts';
import type { History } from './recording.ts';

/** A version that took decisions of a run. */
export interface Maker {
  readonly mission: string;
  readonly version: number;
  readonly artifact: string;
}

/** What of a registry is asked. */
export type MakerLedger = Pick<Registry, 'versions' | 'interventions' | 'deployments'>;

/**
 * In the order in which they took over; the last one is the one that the recording counts for. Its history replays there, if
 * the move was checked; if not, the self-check finds it.
 *
 * @returns none for a run of plain Temporal, or of a registry that is not this one
 */
export async function findMakers(registry: MakerLedger, histories: readonly History[]): Promise<readonly Maker[]> {
  const [first] = histories;
  const stamp = first === undefined ? undefined : stampOf(first);
  const builds = deployedBuilds(histories);
  const mission = stamp?.mission ?? madeBy(builds);
  if (first === undefined || mission === undefined) return [];
  const startedOn = stamp === undefined ? undefined : parseVersionRef(stamp.version).number;
  const stamped = stamp === undefined ? [] : [{ mission, version: startedOn ?? 0, artifact: stamp.artifact }];
  const deployment = await registry.deployments.nameOf(mission);
  const own = builds.filter(({ deploymentName }) => deploymentName === deployment);
  if (own.length === builds.length && isOnly(own, stamped)) return stamped;
  const { workflowId } = startedOf(first);
  const [versions, interventions] = await Promise.all([
    registry.versions.list(mission),
    registry.interventions.list({ mission, workflowIds: [workflowId ?? ''] }),
  ]);
  return own.flatMap(({ buildId }) => {
    const number = versionOfRun({ mission, startedOn, buildId, interventions }, versions);
    const artifact = versions.find((version) => version.number === number)?.artifact;
    return number === undefined || artifact === undefined ? [] : [{ mission, version: number, artifact }];
  });
}

/** The mission of the build that took part last: of a run without a stamp. */
function madeBy(builds: readonly { readonly deploymentName: string }[]): string | undefined {
  const last = builds.at(-1);
  return last && missionOfDeployment(last.deploymentName);
}

/** Whether no build but that of the stamp took part: then nothing need be looked up. */
function isOnly(builds: readonly { readonly buildId: string }[], [stamped]: readonly Maker[]): boolean {
  if (stamped === undefined) return false;
  const buildId = buildIdOf(stamped.artifact);
  return builds.every((build) => build.buildId === buildId);
}
