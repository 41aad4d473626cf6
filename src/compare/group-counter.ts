/**
 * Counting recordings by group, in one pass and in any order.
 *
 * Invariant: the groups depend on what was added, not on the order in which it came.
 */
import { digestOf } from '../shared/digest.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import type { Group } from './report.ts';

/** A text or value longer than this is shown clipped; groups are still told apart by the whole. */
const MAX_VALUE_LENGTH = 240;

interface Counted<Traits> {
  readonly traits: Traits;
  readonly pointers: Map<string, number>;
  count: number;
  example: string;
}

export interface GroupCounter<Traits> {
  /**
   * Counts one recording in a group.
   *
   * @param key what the group is told apart by.
   * @param traits what the group shows; equal keys must have equal traits.
   * @param pointers pointers to count within the group.
   */
  add(recording: string, key: Json, traits: Traits, pointers?: readonly string[]): void;
  /** The groups, greatest first, equal ones by key. */
  groups(): (Traits & Group & { readonly pointers: readonly string[] })[];
}

export function createGroupCounter<Traits extends object>(): GroupCounter<Traits> {
  const counted = new Map<string, Counted<Traits>>();
  return {
    add(recording, key, traits, pointers = []) {
      const text = shortKey(canonicalJson(key));
      const group = counted.get(text) ?? { traits, pointers: new Map<string, number>(), count: 0, example: recording };
      counted.set(text, group);
      group.count += 1;
      if (recording < group.example) group.example = recording;
      for (const pointer of new Set(pointers)) group.pointers.set(pointer, (group.pointers.get(pointer) ?? 0) + 1);
    },
    groups: () =>
      [...counted]
        .sort(([keyA, a], [keyB, b]) => b.count - a.count || byText(keyA, keyB))
        .map(([, { traits, pointers, count, example }]) => ({
          ...traits,
          count,
          example,
          pointers: mostFrequent(pointers),
        })),
  };
}

/**
 * Keeps the first groups and folds the others into one, which says for how many it stands.
 *
 * @param limit groups in all, the folded one included.
 * @param fold makes the folded group's own members.
 */
export function foldGroups<Item extends Group>(
  groups: readonly Item[],
  limit: number,
  fold: (first: Item) => Item,
): Item[] {
  if (groups.length <= limit) return [...groups];
  const [first, ...others] = groups.slice(limit - 1) as [Item, ...Item[]];
  const rest = [first, ...others];
  const example = rest.map((group) => group.example).sort(byText)[0] as string;
  const count = rest.reduce((sum, group) => sum + group.count, 0);
  return [...groups.slice(0, limit - 1), { ...fold(first), count, example, folded: rest.length }];
}

/** A value as a group shows it: whole when it is short, its clipped text when it is long. */
export function clipValue(value: Json | undefined): Json | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length <= MAX_VALUE_LENGTH ? value : clipText(text);
}

/** A text of at most 240 characters, never cut within one. */
export function clipText(text: string): string {
  if (text.length <= MAX_VALUE_LENGTH) return text;
  return `${text.slice(0, MAX_VALUE_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Compares two texts by UTF-16 code units, as canonical JSON orders its keys: the same on every machine. */
export function byText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** A value without one of its members. */
export function without<Value extends object, Key extends keyof Value>(value: Value, member: Key): Omit<Value, Key> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== member)) as Omit<Value, Key>;
}

function shortKey(text: string): string {
  return text.length <= 2 * MAX_VALUE_LENGTH ? text : digestOf(text);
}

function mostFrequent(pointers: ReadonlyMap<string, number>): string[] {
  return [...pointers]
    .sort(([a, countA], [b, countB]) => countB - countA || byText(a, b))
    .slice(0, 20)
    .map(([pointer]) => pointer);
}
