/** Taking shards of replays beside hosted missions: what `worker` does unless it is told not to. */
import { availableParallelism } from 'node:os';
import type { Registry } from '../registry/registry.ts';
import type { ReplayHost, ReplayHostEvent } from '../sharding/replay-host.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import type { Call } from './command.ts';

export interface ReplayMissionsOptions {
  readonly call: Pick<Call<unknown>, 'output'>;
  readonly registry: Registry;
  readonly temporal: TemporalConnection;
  readonly processes: number;
}

/**
 * How many processes replays get here.
 *
 * @param given - `--replay-processes`. @default one where there is another processor for runs, none in a process of one version
 * @throws MissionError `USAGE` when some are asked for, and nobody else can use the registry.
 */
export function replayProcessesOf(
  given: number | undefined,
  { isEmbedded, isOfOneVersion }: { readonly isEmbedded: boolean; readonly isOfOneVersion: boolean },
): number {
  if (isEmbedded) {
    if (given === undefined || given === 0) return 0;
    throw new MissionError(
      'USAGE',
      'The registry is embedded in the project: nobody else could give shards to this process.',
      {
        remedy: 'Set DATABASE_URL to a PostgreSQL (docs/registry.md), or leave out --replay-processes.',
      },
    );
  }
  return given ?? (isOfOneVersion || availableParallelism() < 2 ? 0 : 1);
}

/** Starts to take shards; tells what becomes of them, line by line. `undefined` when there are no processes for it. */
export async function replayMissions(options: ReplayMissionsOptions): Promise<ReplayHost | undefined> {
  const { call, registry, temporal, processes } = options;
  if (processes === 0) return undefined;
  const { startReplayHost } = await import('../sharding/replay-host.ts');
  return startReplayHost({ registry, temporal, processes, onEvent: (event) => tell(call, event) });
}

function tell({ output }: ReplayMissionsOptions['call'], event: ReplayHostEvent): void {
  const at = new Date().toISOString();
  const facts: Json = {
    at,
    event: `replay-${event.kind}`,
    ...('shard' in event && { replay: event.replay, shard: event.shard }),
    ...('error' in event && { error: event.error.message }),
  };
  const mark = 'error' in event ? output.palette.red('✗') : output.palette.cyan('·');
  output.line(facts, `${output.palette.dim(at.slice(11, 19))} ${mark} ${wordsOf(event)}`);
}

function wordsOf(event: ReplayHostEvent): string {
  switch (event.kind) {
    case 'taken':
      return `shard ${event.shard + 1} of replay ${event.replay.slice(0, 8)} begins`;
    case 'done':
      return `shard ${event.shard + 1} of replay ${event.replay.slice(0, 8)} is done`;
    case 'failed':
      return `shard ${event.shard + 1} of replay ${event.replay.slice(0, 8)} failed: ${event.error.message}`;
    case 'blind':
      return `shards of replays cannot be taken: ${event.error.message}`;
  }
}
