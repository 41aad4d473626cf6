/**
 * The differences of two JSON values.
 *
 * Invariants:
 * 1. `diffJson(x, x)` is empty, whatever the rules; it is empty both ways or neither way.
 * 2. Without rules, `applyDifferences(baseline, diffJson(baseline, candidate))` is the candidate.
 * 3. Deterministic: members by key, removed items before the others, items by position. Key order means nothing.
 * 4. Bounded: where a limit is reached, one difference marked `coarse` stands for all below it. Never none.
 * 5. Fails closed: whatever throws on the way counts as a difference.
 */
import type { CompareRule } from '../mission/annotations.ts';
import { canonicalJson, escapePointerToken, type Json, type JsonObject, jsonEquals } from '../shared/json.ts';
import { type Alignment, alignByContent, alignByKey, matchUnordered } from './align.ts';
import { type CompareRules, NO_RULES, ruleAt } from './compare-rules.ts';
import type { Difference } from './difference.ts';
import { scalarsMatch } from './normalise.ts';
import { childPlace, type EnteredPlace, enterPlace, isTuple, jsonTypeOf } from './schema-place.ts';

export interface DiffLimits {
  /** Differences in one object or array; more are told as one. */
  readonly maxDifferences: number;
  /** Levels of nesting that are looked into. */
  readonly maxDepth: number;
  /** Pairs of array items that are compared in one call, all arrays together. */
  readonly maxCells: number;
}

export const DIFF_LIMITS: DiffLimits = { maxDifferences: 1_000, maxDepth: 64, maxCells: 1_000_000 };

/** A pair of items costs more when compare rules have to be followed than when texts are compared. */
const RULED_CELL_COST = 10;

/** Members by which array items know each other again. */
const ID_KEYS = ['id', 'key'] as const;

interface Walk {
  readonly limits: DiffLimits;
  readonly budget: { cells: number };
}

interface Pair {
  readonly baseline: Json;
  readonly candidate: Json;
  /** Pointers to the two values, each into its own side. */
  readonly baselinePointer: string;
  readonly candidatePointer: string;
  readonly rules: CompareRules;
  readonly depth: number;
}

/**
 * What is different in the candidate, as typed differences at JSON Pointers.
 *
 * @param rules how the author wants values compared; exact without them.
 */
export function diffJson(
  baseline: Json,
  candidate: Json,
  rules: CompareRules = NO_RULES,
  limits: DiffLimits = DIFF_LIMITS,
): Difference[] {
  const walk: Walk = { limits, budget: { cells: limits.maxCells } };
  const pair: Pair = { baseline, candidate, baselinePointer: '', candidatePointer: '', rules, depth: 0 };
  try {
    return diffPair(walk, pair);
  } catch {
    return [coarse(pair)];
  }
}

function diffPair(walk: Walk, pair: Pair): Difference[] {
  const { baseline, candidate, candidatePointer: pointer } = pair;
  if (jsonEquals(baseline, candidate)) return [];
  const here = enterPlace(pair.rules, [baseline, candidate]);
  const rule = ruleAt(here);
  if (rule === 'ignore') return [];
  const type = jsonTypeOf(baseline);
  if (type !== jsonTypeOf(candidate)) return [{ pointer, kind: 'type-changed', baseline, candidate }];
  if (type !== 'object' && type !== 'array') {
    return scalarsMatch(baseline, candidate, rule) ? [] : [{ pointer, kind: 'changed', baseline, candidate }];
  }
  if (pair.depth >= walk.limits.maxDepth) return [coarse(pair)];
  const found = type === 'array' ? diffArrays(walk, pair, here, rule) : diffObjects(walk, pair, here);
  return found === undefined || found.length > walk.limits.maxDifferences ? [coarse(pair)] : found;
}

function coarse(pair: Pair): Difference {
  const { baseline, candidate, candidatePointer: pointer } = pair;
  return { pointer, kind: 'changed', baseline, candidate, coarse: true };
}

function diffObjects(walk: Walk, pair: Pair, here: EnteredPlace): Difference[] {
  const baseline = pair.baseline as JsonObject;
  const candidate = pair.candidate as JsonObject;
  const keys = [...new Set([...Object.keys(baseline), ...Object.keys(candidate)])].sort();
  return keys.flatMap((key) => {
    const before = Object.hasOwn(baseline, key) ? baseline[key] : undefined;
    const after = Object.hasOwn(candidate, key) ? candidate[key] : undefined;
    return diffChild(walk, pair, here, { token: key, before, after });
  });
}

interface Child {
  readonly token: string | number;
  /** Where it stands in the baseline, when that is elsewhere. */
  readonly from?: number;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

function diffChild(walk: Walk, pair: Pair, here: EnteredPlace, child: Child): Difference[] {
  const { before, after } = child;
  const baselinePointer = below(pair.baselinePointer, child.from ?? child.token);
  const candidatePointer = below(pair.candidatePointer, child.token);
  const rules = childPlace(here, child.token);
  if (before !== undefined && after !== undefined) {
    const depth = pair.depth + 1;
    return diffPair(walk, { baseline: before, candidate: after, baselinePointer, candidatePointer, rules, depth });
  }
  const value = before === undefined ? after : before;
  if (value === undefined || ruleAt(enterPlace(rules, [value])) === 'ignore') return [];
  return before === undefined
    ? [{ pointer: candidatePointer, kind: 'added', candidate: value }]
    : [{ pointer: baselinePointer, kind: 'removed', baseline: value }];
}

function below(pointer: string, token: string | number): string {
  return `${pointer}/${escapePointerToken(String(token))}`;
}

/** `undefined`: too large to align. */
function diffArrays(
  walk: Walk,
  pair: Pair,
  here: EnteredPlace,
  rule: CompareRule | undefined,
): Difference[] | undefined {
  const baseline = pair.baseline as readonly Json[];
  const candidate = pair.candidate as readonly Json[];
  const alignment = alignArrays(walk, pair, here, rule);
  if (alignment === undefined) return undefined;
  const unordered = rule === 'unordered';
  const moved = unordered ? [] : alignment.moved;
  const removed = alignment.removed.flatMap((index) =>
    diffChild(walk, pair, here, { token: index, before: baseline[index], after: undefined }),
  );
  const movedTo = new Set(moved.map(([, to]) => to));
  const common = [...alignment.pairs, ...alignment.moved].map(([from, to]) => ({ from, to }));
  const standing = [...common, ...alignment.added.map((to) => ({ from: undefined, to }))].sort((a, b) => a.to - b.to);
  const rest = standing.flatMap(({ from, to }) => {
    const before = from === undefined ? undefined : baseline[from];
    const inside = diffChild(walk, pair, here, {
      token: to,
      ...(from !== undefined && { from }),
      before,
      after: candidate[to],
    });
    return movedTo.has(to) && from !== undefined ? [movedItem(pair, from, to), ...inside] : inside;
  });
  return [...removed, ...rest];
}

function movedItem(pair: Pair, from: number, to: number): Difference {
  return {
    pointer: below(pair.candidatePointer, to),
    kind: 'moved',
    from: below(pair.baselinePointer, from),
    candidate: (pair.candidate as readonly Json[])[to] as Json,
  };
}

function alignArrays(walk: Walk, pair: Pair, here: EnteredPlace, rule: CompareRule | undefined): Alignment | undefined {
  const baseline = pair.baseline as readonly Json[];
  const candidate = pair.candidate as readonly Json[];
  if (isTuple(here)) return alignByPosition(baseline.length, candidate.length);
  const keys = identities(baseline, candidate);
  if (keys !== undefined) return alignByKey(keys.baseline, keys.candidate);

  const equal = itemEquality(walk, pair, here);
  const cost = here.alternatives.length === 0 ? 1 : RULED_CELL_COST;
  const maySpend = (cells: number) => {
    walk.budget.cells -= cells * cost;
    return walk.budget.cells >= 0;
  };
  if (rule === 'unordered') return matchItems(baseline, candidate, equal, maySpend);
  const input = { baselineLength: baseline.length, candidateLength: candidate.length, equal, maySpend };
  return alignByContent({ ...input, canPair: () => true });
}

function alignByPosition(baselineLength: number, candidateLength: number): Alignment {
  const common = Math.min(baselineLength, candidateLength);
  const from = (start: number, end: number) => Array.from({ length: end - start }, (_, index) => start + index);
  return {
    pairs: from(0, common).map((index) => [index, index] as const),
    moved: [],
    removed: from(common, baselineLength),
    added: from(common, candidateLength),
  };
}

/** The ids of the items, when every item of both arrays is an object with its own id under the same key. */
function identities(
  baseline: readonly Json[],
  candidate: readonly Json[],
): { baseline: string[]; candidate: string[] } | undefined {
  for (const key of ID_KEYS) {
    const ids = { baseline: idsUnder(baseline, key), candidate: idsUnder(candidate, key) };
    if (ids.baseline !== undefined && ids.candidate !== undefined) {
      return { baseline: ids.baseline, candidate: ids.candidate };
    }
  }
  return undefined;
}

function idsUnder(items: readonly Json[], key: string): string[] | undefined {
  const ids: string[] = [];
  for (const item of items) {
    const id = jsonTypeOf(item) === 'object' ? (item as JsonObject)[key] : undefined;
    if (typeof id !== 'string' && typeof id !== 'number') return undefined;
    ids.push(JSON.stringify(id));
  }
  return new Set(ids).size === ids.length ? ids : undefined;
}

/** Equality of two items by position, each item's text made once. */
function itemEquality(walk: Walk, pair: Pair, here: EnteredPlace): (b: number, c: number) => boolean {
  const baseline = pair.baseline as readonly Json[];
  const candidate = pair.candidate as readonly Json[];
  const texts: [(string | undefined)[], (string | undefined)[]] = [[], []];
  const textOf = (side: 0 | 1, items: readonly Json[], index: number): string => {
    texts[side][index] ??= canonicalJson(items[index] as Json);
    return texts[side][index] as string;
  };
  return (b, c) => {
    if (textOf(0, baseline, b) === textOf(1, candidate, c)) return true;
    if (here.alternatives.length === 0) return false;
    const child: Child = { token: c, from: b, before: baseline[b], after: candidate[c] };
    return diffChild(walk, pair, here, child).length === 0;
  };
}

/** Matches identical items first, which loses nothing, then the rest by the rules. */
function matchItems(
  baseline: readonly Json[],
  candidate: readonly Json[],
  equal: (b: number, c: number) => boolean,
  maySpend: (cells: number) => boolean,
): Alignment | undefined {
  const waiting = new Map<string, number[]>();
  candidate.forEach((item, index) => {
    const text = canonicalJson(item);
    const same = waiting.get(text);
    if (same === undefined) waiting.set(text, [index]);
    else same.push(index);
  });
  const rows = baseline.flatMap((item, index) =>
    waiting.get(canonicalJson(item))?.shift() === undefined ? [index] : [],
  );
  const columns = [...waiting.values()].flat().sort((a, b) => a - b);
  if (rows.length * columns.length > 0 && !maySpend(rows.length * columns.length)) return undefined;
  const rest = matchUnordered(rows.length, columns.length, (row, column) =>
    equal(rows[row] as number, columns[column] as number),
  );
  return {
    pairs: [],
    moved: [],
    removed: rest.removed.map((row) => rows[row] as number),
    added: rest.added.map((column) => columns[column] as number),
  };
}
