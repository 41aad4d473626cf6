/** Whether runs may be moved from one version to another at all, and on what ground. */
import { awaitHosted, type HostingStatus, whyNot } from '../fleet/require-hosted.ts';
import type { Version } from '../registry/versions.ts';
import { taskQueueOf } from '../routing/placement.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { buildIdOf, hostedBuildIds, listPollers } from '../temporal/worker-deployments.ts';
import type { MoveRunsOptions } from './move-runs.ts';

export interface MovePlan {
  /** The name of the mission's worker deployment. */
  readonly deployment: string;
  readonly from: Version;
  readonly to: Version;
  /** Why no run needs a check; absent when each does. */
  readonly ground: 'forced' | 'same-artifact' | undefined;
}

/**
 * What is to be moved where, once nothing stands against it. A target that sleeps is woken, where a process lives that can host it.
 *
 * @throws MissionError `USAGE`, `VERSION_UNKNOWN`, `VERSION_NOT_HOSTED`.
 */
export async function planMove(options: MoveRunsOptions): Promise<MovePlan> {
  const { registry, from, to, dryRun = false, unchecked = false, reason } = options;
  if (from.mission !== to.mission || from.number === to.number) {
    throw new MissionError('USAGE', `Runs of ${formatVersionRef(from)} cannot be moved to ${formatVersionRef(to)}.`, {
      remedy: 'Name two versions of one mission: mission move --from @2 --to @5.',
    });
  }
  if (!dryRun && reason.trim() === '') {
    throw new MissionError('USAGE', `Moving the open runs of ${formatVersionRef(from)} needs a reason.`, {
      remedy: 'Say why: --reason "…". Look first with --dry-run.',
    });
  }
  const [source, target] = await Promise.all([
    registry.versions.get(from.mission, from.number),
    registry.versions.get(to.mission, to.number),
  ]);
  const deployment = await registry.deployments.nameOf(target.mission);
  await requireTarget(options, target, deployment);
  const same = source.artifact === target.artifact ? 'same-artifact' : undefined;
  return { deployment, from: source, to: target, ground: same ?? (unchecked ? 'forced' : undefined) };
}

/** A dry run wakes nothing: it is enough that somebody could. */
async function requireTarget(options: MoveRunsOptions, target: Version, deployment: string): Promise<void> {
  const { registry, temporal, from, dryRun = false, by, hosting, signal, now = () => new Date() } = options;
  const isHosted = async () => {
    const pollers = await listPollers(temporal, taskQueueOf(target.mission));
    return hostedBuildIds(pollers, deployment, now()).includes(buildIdOf(target.artifact));
  };
  if (await isHosted()) return;
  const live = await registry.workers.live(target.mission);
  if (live.length === 0) throw notHosted(target);
  if (dryRun) return;
  const reason = `open runs of ${formatVersionRef(from)} are moved there`;
  const status = await awaitHosted(registry, [target], { by, reason }, { signal, ...hosting });
  signal?.throwIfAborted();
  if (status.missing.length > 0 || !(await isHosted())) throw notHosted(target, status);
}

function notHosted(target: Version, status?: HostingStatus): MissionError {
  const name = formatVersionRef(target);
  const why = status === undefined || status.missing.length === 0 ? '' : ` (${whyNot(status)})`;
  return new MissionError(
    'VERSION_NOT_HOSTED',
    `No worker hosts ${name}${why}, so runs that are moved there would wait.`,
    {
      remedy: `Nothing was moved. Start a worker: mission worker --mission ${target.mission}, and repeat when ${name} is ready. Where one starts slowly: --wait 2m.`,
      details: { mission: target.mission, version: name },
    },
  );
}
