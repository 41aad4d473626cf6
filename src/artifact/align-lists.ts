/** Which statement of one list became which of another. */
import type * as acorn from 'acorn';
import { declaredNames } from './code-statements.ts';
import { findPlaces } from './step-places.ts';

export type Aligned = readonly [acorn.AnyNode | undefined, acorn.AnyNode | undefined];

export interface ListTexts {
  readonly before: (node: acorn.AnyNode) => string;
  readonly after: (node: acorn.AnyNode) => string;
}

/**
 * Pairs statements in order: those of the same text first; between them, those that declare the same name or take the same
 * step. What has no partner was added or removed.
 */
export function alignLists(
  ours: readonly acorn.AnyNode[],
  theirs: readonly acorn.AnyNode[],
  { before, after }: ListTexts,
): Aligned[] {
  const same = (left: acorn.AnyNode, right: acorn.AnyNode) => before(left) === after(right);
  return gapsOf(ours, theirs, same).flatMap(({ left, right, pair }) => [
    ...gapsOf(left, right, alike(left, right)).flatMap((gap) => [
      ...gap.left.map((node): Aligned => [node, undefined]),
      ...gap.right.map((node): Aligned => [undefined, node]),
      ...gap.pair,
    ]),
    ...pair,
  ]);
}

type Match = (left: acorn.AnyNode, right: acorn.AnyNode) => boolean;

/** Statements of one kind that declare the same, or take the same step; or all of two equally long runs of one kind. */
function alike(ours: readonly acorn.AnyNode[], theirs: readonly acorn.AnyNode[]): Match {
  const parallel =
    ours.length === theirs.length &&
    ours.every(({ type }, index) => type === theirs[index]?.type && type !== undefined);
  return (left, right) => {
    if (left.type !== right.type) return false;
    if (parallel) return ours.indexOf(left) === theirs.indexOf(right);
    const [names, others] = [keysOf(left), keysOf(right)];
    return names.some((name) => others.includes(name));
  };
}

function keysOf(node: acorn.AnyNode): string[] {
  const steps = findPlaces(node).steps.map(({ name }) => `step ${name}`);
  const declared = declaredNames(node).map((name) => `name ${name}`);
  return declared.length > 0 ? declared : steps;
}

interface Gap {
  readonly left: readonly acorn.AnyNode[];
  readonly right: readonly acorn.AnyNode[];
  /** What follows it: a pair, or nothing at the end. */
  readonly pair: readonly Aligned[];
}

/** The longest common subsequence, and what is between its members. */
function gapsOf(ours: readonly acorn.AnyNode[], theirs: readonly acorn.AnyNode[], match: Match): Gap[] {
  const gaps: Gap[] = [];
  let [from, start] = [0, 0];
  for (const [index, other] of longestMatch(ours, theirs, match)) {
    gaps.push({
      left: ours.slice(from, index),
      right: theirs.slice(start, other),
      pair: [[ours[index], theirs[other]]],
    });
    [from, start] = [index + 1, other + 1];
  }
  return [...gaps, { left: ours.slice(from), right: theirs.slice(start), pair: [] }];
}

function longestMatch(
  ours: readonly acorn.AnyNode[],
  theirs: readonly acorn.AnyNode[],
  match: Match,
): [number, number][] {
  const lengths = Array.from({ length: ours.length + 1 }, () => Array.from({ length: theirs.length + 1 }, () => 0));
  const lengthAt = (index: number, other: number) => lengths[index]?.[other] ?? 0;
  const matched = ours.map((left) => theirs.map((right) => match(left, right)));
  for (let index = ours.length - 1; index >= 0; index -= 1) {
    for (let other = theirs.length - 1; other >= 0; other -= 1) {
      const length = matched[index]?.[other]
        ? lengthAt(index + 1, other + 1) + 1
        : Math.max(lengthAt(index + 1, other), lengthAt(index, other + 1));
      (lengths[index] ?? [])[other] = length;
    }
  }
  const pairs: [number, number][] = [];
  let [index, other] = [0, 0];
  while (index < ours.length && other < theirs.length) {
    if (matched[index]?.[other] && lengthAt(index, other) === lengthAt(index + 1, other + 1) + 1) {
      pairs.push([index, other]);
      index += 1;
      other += 1;
    } else if (lengthAt(index + 1, other) >= lengthAt(index, other + 1)) index += 1;
    else other += 1;
  }
  return pairs;
}
