/**
 * Counting recordings by group, in one pass, in any order, and in bounded memory.
 *
 * Invariants
 * 1. The groups depend on what was added, not on the order in which it came.
 * 2. Whatever is not in a group of its own is in `others`: all counts add up.
 * 3. Groups that many recordings are in are the last to be lost among others. Held are those that a recording with a small
 *    digest is in; of many recordings one is sure to have one.
 * 4. Of more groups than can be told apart, those are whose own digest begins with enough zeros (Wegman's adaptive sampling);
 *    how many that takes is settled by the groups that there are.
 */
import { digestOf } from '../shared/digest.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import type { Group } from './report.ts';

export interface GroupLimits {
  /** Groups that are shown with what they have; others are counted together. */
  readonly held: number;
  /** Groups that are told apart; each takes some hundred bytes. */
  readonly told: number;
}

/** A text or value longer than this is shown clipped; groups are still told apart by the whole. */
const MAX_VALUE_LENGTH = 240;

const LIMITS: GroupLimits = { held: 1_000, told: 200_000 };

/** Additions that are in no group of their own. */
export interface OtherGroups {
  readonly count: number;
  readonly example: string;
  /** How many groups they would be, where that many could be told apart; else about so many. */
  readonly groups: number;
}

export interface CountedGroups<Traits> {
  /** Greatest first, equal ones by key. */
  readonly groups: readonly (Traits & Group)[];
  readonly others?: OtherGroups;
}

export interface GroupCounter<Traits> {
  /**
   * Counts one recording in a group.
   *
   * @param key what the group is told apart by.
   * @param traits what the group shows; equal keys must have equal traits.
   */
  add(recording: string, key: Json, traits: Traits): void;
  /** Counts what is in no group that anybody could name. */
  addOthers(recording: string, count: number): void;
  finish(): CountedGroups<Traits>;
}

interface Counted {
  count: number;
  example: string;
  /** Of the recordings in it, the least digest. */
  rank: string;
}

interface Held<Traits> {
  readonly group: Counted;
  readonly key: string;
  readonly traits: Traits;
}

export function createGroupCounter<Traits extends object>(limits: GroupLimits = LIMITS): GroupCounter<Traits> {
  const told = new Map<string, Counted>();
  const held = new Map<string, Held<Traits>>();
  const unnamed = createOthers();
  let unnameable = 0;
  /** Groups of this level and above are told apart: of all groups, one in 2 to the power of it. */
  let thinning = 0;
  let crowded = 2 * limits.held;

  const thin = () => {
    thinning += 1;
    for (const [digest, { count, example }] of told) {
      if (levelOf(digest) >= thinning) continue;
      told.delete(digest);
      held.delete(digest);
      unnamed.add(example, count);
    }
  };

  return {
    add(recording, key, traits) {
      const text = canonicalJson(key);
      const digest = tellingDigest(text);
      if (levelOf(digest) < thinning) return unnamed.add(recording, 1);
      const group = counted(told, digest, recording);
      if (!held.has(digest)) held.set(digest, { group, key: shortKey(text), traits });
      if (held.size >= crowded) {
        release(held, limits.held);
        crowded = 2 * held.size;
      }
      while (told.size > limits.told) thin();
    },
    addOthers(recording, count) {
      unnamed.add(recording, count);
      unnameable += count;
    },
    finish() {
      const shown = leastRanks(held).slice(0, limits.held);
      const others = createOthers(unnamed.all());
      const isShown = new Set(shown.map(([digest]) => digest));
      for (const [digest, { count, example }] of told) if (!isShown.has(digest)) others.add(example, count);
      const { count, example } = others.all();
      const groups = Math.min(count, told.size * 2 ** thinning - shown.length + unnameable);
      return { groups: sorted(shown.map(([, one]) => one)), ...(count > 0 && { others: { count, example, groups } }) };
    },
  };
}

/** The group, with this recording in it. */
function counted(told: Map<string, Counted>, digest: string, recording: string): Counted {
  const rank = tellingDigest(recording);
  const group = told.get(digest) ?? { count: 0, example: recording, rank };
  told.set(digest, group);
  group.count += 1;
  if (recording < group.example) group.example = recording;
  if (rank < group.rank) group.rank = rank;
  return group;
}

/**
 * Leaves of each level those with the least ranks among it and all above: whatever is thinned later, the least of the rest are
 * among them. What comes again may be held again, as its count was kept.
 */
function release<Traits>(held: Map<string, Held<Traits>>, most: number): void {
  const smaller = new Map<number, number>();
  for (const [digest] of leastRanks(held)) {
    const level = levelOf(digest);
    if ((smaller.get(level) ?? 0) >= most) held.delete(digest);
    for (let below = 0; below <= level; below += 1) smaller.set(below, (smaller.get(below) ?? 0) + 1);
  }
}

function leastRanks<Traits>(held: ReadonlyMap<string, Held<Traits>>): [string, Held<Traits>][] {
  return [...held].sort(([a, one], [b, other]) => byText(one.group.rank, other.group.rank) || byText(a, b));
}

function sorted<Traits extends object>(held: readonly Held<Traits>[]): (Traits & Group)[] {
  return [...held]
    .sort((a, b) => b.group.count - a.group.count || byText(a.key, b.key))
    .map(({ traits, group: { count, example } }) => ({ ...traits, count, example }));
}

function createOthers(given: { readonly count: number; readonly example: string } = { count: 0, example: '' }) {
  let { count, example } = given;
  return {
    add(recording: string, more: number): void {
      if (more > 0 && (count === 0 || recording < example)) example = recording;
      count += more;
    },
    all: () => ({ count, example }),
  };
}

/** Zeros that a digest begins with, in bits: half of all have none, a quarter has one. */
function levelOf(digest: string): number {
  return Math.clz32(Number.parseInt(digest.slice(0, 8), 16));
}

/** 96 bits: enough to tell any number of groups apart. */
function tellingDigest(text: string): string {
  return digestOf(text).slice('sha256:'.length, 'sha256:'.length + 24);
}

/**
 * Keeps the first groups and folds the rest into one, which says for how many it stands.
 *
 * @param limit groups in all, the folded one included.
 * @param fold makes the folded group's own members.
 */
export function foldGroups<Traits extends object>(
  { groups, others }: CountedGroups<Traits>,
  limit: number,
  fold: (first: Traits | undefined) => Traits,
): (Traits & Group)[] {
  if (groups.length <= limit && others === undefined) return [...groups];
  const rest = groups.slice(limit - 1);
  const all = [...rest, ...(others === undefined ? [] : [others])];
  const example = all.map((group) => group.example).sort(byText)[0] ?? '';
  const count = all.reduce((sum, group) => sum + group.count, 0);
  const folded = rest.length + (others?.groups ?? 0);
  return [...groups.slice(0, limit - 1), { ...fold(rest[0]), count, example, folded }];
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
