/** How far a replay is, in words: here, and in its shards on workers. */
import type { TryProgress } from '../release/try-candidate.ts';
import type { ShardProgress } from '../sharding/judge-over-fleet.ts';
import type { Progress } from './progress.ts';
import { counted } from './words.ts';

export interface ReplayProgress {
  readonly onProgress: (now: TryProgress) => void;
  readonly onShards: (now: ShardProgress) => void;
}

/** Draws both on one line: of shards, what is replayed and not read yet counts too. */
export function replayProgress(progress: Progress): ReplayProgress {
  let here: TryProgress | undefined;
  let shards: ShardProgress | undefined;
  const draw = () => {
    if (here === undefined) return;
    const done = isCounting(here) ? Math.max(here.done, shards?.done ?? 0) : here.done;
    // What shards found is counted as they are read, in the order of the cohort.
    const isBeforeFirst = shards !== undefined && here.done === 0;
    const words = [
      ...(shards !== undefined && isCounting(here) ? [shardWords(shards)] : []),
      ...(isBeforeFirst ? [] : [progressWords(here)]),
    ];
    progress.update(done, here.total, words.join(' · '));
  };
  return {
    onProgress: (now) => {
      here = now;
      draw();
    },
    onShards: (now) => {
      shards = now;
      draw();
    },
  };
}

function isCounting({ drawing, hybrids }: TryProgress): boolean {
  return drawing === undefined && hybrids === undefined;
}

function shardWords({ shards, workers }: ShardProgress): string {
  const words = `${shards.done} of ${counted(shards.total, 'shard')}`;
  if (workers > 0) return `${words}, ${counted(workers, 'worker')}`;
  return shards.done === 0 ? `${words}, waiting for a worker` : words;
}

function progressWords({ counts: { outcomes, excluded }, drawing, hybrids }: TryProgress): string {
  if (drawing) return 'asking both versions again';
  if (hybrids !== undefined) return `looking for causes: change ${hybrids} swapped in`;
  const { matched, ...others } = outcomes;
  const words = Object.entries({ ...others, excluded }).filter(([, count]) => count > 0);
  return [`${matched} matched`, ...words.map(([name, count]) => `${count} ${name}`)].join(', ');
}
