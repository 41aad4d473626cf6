/** What cannot be sharded, and what to do instead. */
import type { Registry } from '../registry/registry.ts';
import type { CohortJob } from '../release/judge-recordings.ts';
import { asksAnew } from '../release/live-session.ts';
import { MissionError } from '../shared/errors.ts';
import { ownRelease } from './replay-places.ts';

/** @throws MissionError `USAGE` */
export function refuseEmbedded({ kind, place }: Pick<Registry, 'kind' | 'place'>): void {
  if (kind === 'postgres') return;
  throw refusal(
    `The registry in ${place} is embedded: one process has it, and workers elsewhere cannot read recordings from it.`,
    'Move it to PostgreSQL (docs/registry.md) and set DATABASE_URL, or replay without --shards.',
  );
}

/** @throws MissionError `USAGE` */
export function refuseUnshardable(
  registry: Pick<Registry, 'kind' | 'place'>,
  { policy, isStored }: Pick<CohortJob, 'policy' | 'isStored'>,
): void {
  refuseEmbedded(registry);
  if (asksAnew(policy)) {
    throw refusal(
      'Live answers have one budget and are given in one process: they cannot be sharded.',
      'Leave out --shards, or the answers model=live and read=live.',
    );
  }
  if (!isStored) {
    throw refusal(
      'Regression cases are files of this machine: workers elsewhere cannot read them.',
      'Replay them without --shards.',
    );
  }
}

function refusal(message: string, remedy: string): MissionError {
  return new MissionError('USAGE', message, { remedy });
}

/** @throws MissionError `REPLAY_NOT_HOSTED` */
export async function requireReplayHosts({
  replayHosts,
  place,
}: Pick<Registry, 'replayHosts' | 'place'>): Promise<void> {
  const release = ownRelease();
  const hosts = await replayHosts.live();
  if (hosts.some((host) => host.release === release)) return;
  const others = [...new Set(hosts.map((host) => host.release))].sort();
  const aside = others.length === 0 ? '' : ` Those that live are of release ${others.join(', ')}.`;
  throw new MissionError('REPLAY_NOT_HOSTED', `No worker of release ${release} takes shards of replays.${aside}`, {
    remedy: `Start one on the registry at ${place}: mission worker, or mission worker --no-host --replay-processes 4. Or replay without --shards.`,
    details: { release, others },
  });
}
