/**
 * Which results a report keeps whole.
 *
 * Invariants:
 * 1. Of each kind of result the first {@link DETAIL_PER_GROUP} by recording id are kept, in whatever order they come.
 * 2. Never more than that many per kind are held in memory on the way.
 */
import { byText } from './group-counter.ts';
import type { ReplayResult } from './outcome.ts';
import { effectChanges } from './report-groups.ts';

/** Results of one kind that a report keeps whole. */
export const DETAIL_PER_GROUP = 50;

export interface DetailKeeper {
  add(result: ReplayResult): void;
  find(recording: string): ReplayResult | undefined;
}

export function createDetailKeeper(limit: number = DETAIL_PER_GROUP): DetailKeeper {
  const kept = new Map<string, ReplayResult>();
  const groups = new Map<string, string[]>();
  return {
    add(result) {
      if (result.outcome === 'matched') return;
      const { id } = result.recording;
      const key = kindOf(result);
      const ids = groups.get(key) ?? [];
      groups.set(key, ids);
      if (ids.length >= limit && byText(id, ids.at(-1) ?? '') > 0) return;
      ids.push(id);
      ids.sort(byText);
      kept.set(id, result);
      if (ids.length > limit) kept.delete(ids.pop() as string);
    },
    find: (recording) => kept.get(recording),
  };
}

/** Results of one kind tell a person the same story: same outcome, same first divergence, same fields and writes. */
function kindOf(result: ReplayResult): string {
  return JSON.stringify([
    result.outcome,
    result.divergence?.step ?? null,
    result.divergence?.kind ?? null,
    result.endDifferences.slice(0, 8).map((difference) => difference.pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')),
    effectChanges(result).map(({ tool, kind }) => `${kind} ${tool}`),
    result.unanswered?.step ?? null,
    result.failure?.step ?? null,
  ]);
}
