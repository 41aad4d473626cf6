/** `mission replay --shards`: the workers of the fleet replay, this process counts. */
import type { Registry } from '../registry/registry.ts';
import type { JudgeCohort } from '../release/judge-recordings.ts';
import type { ShardProgress } from '../sharding/judge-over-fleet.ts';
import type { Call } from './command.ts';
import { readCount } from './read-values.ts';

/** How many shards; `auto`: by the size of the cohort. */
export type ShardCount = number | 'auto';

/** The value of `--shards`. */
export function readShards(text: string): ShardCount {
  return text === 'auto' ? 'auto' : readCount(text);
}

/**
 * Where a replay is to take place: `undefined` when in this process.
 *
 * @throws MissionError `USAGE` when nobody else can use the registry, `TEMPORAL_UNAVAILABLE`.
 */
export async function shardedJudge(
  { context, output, io }: Pick<Call<unknown>, 'context' | 'output' | 'io'>,
  registry: Registry,
  shards: ShardCount | undefined,
  onProgress: (progress: ShardProgress) => void,
): Promise<JudgeCohort | undefined> {
  if (shards === undefined) return undefined;
  const [{ judgeOverFleet }, { refuseEmbedded }] = await Promise.all([
    import('../sharding/judge-over-fleet.ts'),
    import('../sharding/shardable.ts'),
  ]);
  refuseEmbedded(registry);
  const temporal = await context.temporal();
  const tell = () => output.note('The shards that are not done are cancelled on the workers; the report is partial.');
  io.signal.addEventListener('abort', tell, { once: true });
  return judgeOverFleet({ registry, temporal, shards: shards === 'auto' ? undefined : shards, onProgress });
}
