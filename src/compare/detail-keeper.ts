/**
 * Which results a report keeps whole.
 *
 * Invariants:
 * 1. Of each kind of result the first {@link DETAIL_PER_GROUP} by recording id are kept, in whatever order they come.
 * 2. Results of very different size are of different kinds, and of each size so many are kept as take some megabytes. Where there
 *    are more, kinds take turns: the first of each, then the second. A place that was lost in this order is never won back, so
 *    nothing depends on the order of arrival.
 * 3. Never more than these are held in memory on the way.
 */
import { digestOf } from '../shared/digest.ts';
import { byText } from './group-counter.ts';
import type { ReplayResult } from './outcome.ts';
import { effectChanges } from './report-groups.ts';

/** Results of one kind that a report keeps whole. */
export const DETAIL_PER_GROUP = 50;

/** Results by the characters of their JSON, and how many of that size are kept: 16 MB or so of each. */
const SIZES: readonly { readonly below: number; readonly most: number }[] = [
  { below: 16 * 1024, most: 1_000 },
  { below: 64 * 1024, most: 250 },
  { below: Number.POSITIVE_INFINITY, most: 50 },
];

export interface DetailKeeper {
  add(result: ReplayResult): void;
  find(recording: string): ReplayResult | undefined;
}

export function createDetailKeeper(limit: number = DETAIL_PER_GROUP): DetailKeeper {
  const kept = new Map<string, ReplayResult>();
  const shelves = SIZES.map(({ most }) => createShelf(most, limit, kept));
  return {
    add(result) {
      if (result.outcome === 'matched') return;
      const size = JSON.stringify({ ...result, durationMs: 0 }).length;
      shelves[SIZES.findIndex(({ below }) => size < below)]?.add(result);
    },
    find: (recording) => kept.get(recording),
  };
}

/** Ids of one kind, in order. */
interface Kind {
  readonly digest: string;
  readonly ids: string[];
}

/** Results of one size. */
function createShelf(most: number, perKind: number, kept: Map<string, ReplayResult>) {
  const kinds = new Map<string, Kind>();
  let count = 0;

  const dropLast = (kind: Kind) => {
    const id = kind.ids.pop();
    if (id !== undefined) kept.delete(id);
    if (kind.ids.length === 0) kinds.delete(kind.digest);
    count -= 1;
  };

  return {
    add(result: ReplayResult): void {
      const { id } = result.recording;
      const digest = digestOf(kindOf(result));
      const kind = kinds.get(digest) ?? { digest, ids: [] };
      if (kind.ids.length >= perKind && byText(id, kind.ids.at(-1) ?? '') > 0) return;
      kinds.set(digest, kind);
      kind.ids.push(id);
      kind.ids.sort(byText);
      kept.set(id, result);
      count += 1;
      if (kind.ids.length > perKind) dropLast(kind);
      else if (count > most) dropLast(lastInTurn([...kinds.values()]));
    },
  };
}

/** The kind whose last result comes last when all take turns. */
function lastInTurn(kinds: readonly Kind[]): Kind {
  return kinds.reduce((last, kind) => {
    const later = kind.ids.length - last.ids.length || byText(kind.digest, last.digest);
    return later > 0 ? kind : last;
  });
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
