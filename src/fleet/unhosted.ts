/** What has to be hosted and is not, by any process. Pure. */
import type { LiveWorker } from '../registry/workers.ts';
import type { HostingReason, WantedArtifact } from './plan-fleet.ts';

/** What is kept warm for what may come is missed by nobody. */
const WARMTH: readonly HostingReason[] = ['rollback', 'recent'];

/**
 * Mission → how many of its artifacts must have a worker now, and have none that is ready. Missions of which none is missing
 * are there with 0.
 *
 * @param live - all processes that live
 */
export function countUnhosted(
  wanted: readonly WantedArtifact[],
  live: readonly Pick<LiveWorker, 'hosted'>[],
): ReadonlyMap<string, number> {
  const ready = new Set(
    live.flatMap(({ hosted }) => hosted.filter(({ state }) => state === 'ready').map(({ artifact }) => artifact)),
  );
  const counts = new Map<string, number>();
  for (const { mission, artifact, reasons } of wanted) {
    const isMissed = !reasons.every((reason) => WARMTH.includes(reason)) && !ready.has(artifact);
    counts.set(mission, (counts.get(mission) ?? 0) + (isMissed ? 1 : 0));
  }
  return counts;
}
