/**
 * Which version an open or ended run is on. Pure.
 *
 * A stamp says on which version a run was started, and never changes. Where the run is now, the server knows, as a build id;
 * several versions may be that build (a rollback and what it restores), and then the ledger of interventions says which one
 * was meant.
 */
import type { Intervention } from '../registry/interventions.ts';
import type { Version } from '../registry/versions.ts';
import { buildIdOf } from '../temporal/worker-deployments.ts';

export interface RunVersionFacts {
  readonly mission: string;
  /** By its stamp; `undefined` for a run that was not started by a route. */
  readonly startedOn: number | undefined;
  /** As the server has it; `undefined` before the first workflow task. */
  readonly buildId: string | undefined;
  /** What was done to this workflow id, oldest first. */
  readonly interventions: readonly Pick<Intervention, 'kind' | 'to'>[];
}

/** The number of the version that a run is on; `undefined` when the ledger has no such build. */
export function versionOfRun(
  { startedOn, buildId, interventions }: RunVersionFacts,
  versions: readonly Pick<Version, 'number' | 'artifact'>[],
): number | undefined {
  if (buildId === undefined) return startedOn;
  const onBuild = versions.filter(({ artifact }) => buildIdOf(artifact) === buildId).map(({ number }) => number);
  const movedTo = interventions.findLast(({ to }) => to !== null && onBuild.includes(to))?.to;
  if (typeof movedTo === 'number') return movedTo;
  return startedOn !== undefined && onBuild.includes(startedOn) ? startedOn : onBuild.at(-1);
}
