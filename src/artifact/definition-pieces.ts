/** The argument of `defineMission`, entry by entry: the schemas of a tool are code, and go with the tool's contract. */
import type * as acorn from 'acorn';
import type { PieceOptions } from './code-pieces.ts';
import { isData } from './code-shape.ts';
import type { Piece } from './piece.ts';

export interface DefinitionOptions extends Pick<PieceOptions, 'unitOf' | 'entryUnit'> {
  readonly before: (node: acorn.AnyNode) => string;
  readonly after: (node: acorn.AnyNode) => string;
}

type Member = acorn.AnyNode | undefined;
type Members = ReadonlyMap<string, acorn.AnyNode>;

/** Entries of these are swapped one by one. */
const GROUPS: ReadonlySet<string> = new Set(['prompts', 'models', 'rules', 'tools', 'decisions']);

/** `undefined` when the calls are others, or their argument is not written out. */
export function definitionPieces(
  left: acorn.CallExpression,
  right: acorn.CallExpression,
  options: DefinitionOptions,
): Piece[] | undefined {
  if (!isDefineMission(left) || !isDefineMission(right)) return undefined;
  const [ours, theirs] = [membersOf(left.arguments[0]), membersOf(right.arguments[0])];
  if (ours === undefined || theirs === undefined) return undefined;
  const pieces = both(ours, theirs).flatMap(([group, one, other]) => groupPieces(group, one, other, options));
  return [`${options.after(right.callee)}({`, ...pieces, '})'];
}

/** An entry of the argument of `defineMission`, and where it stands in the text that was parsed. */
export interface DefinitionEntry {
  readonly group: string;
  /** `''` where the group is one entry. */
  readonly entry: string;
  readonly start: number;
  readonly end: number;
}

/** The entries of a call, in their order; `undefined` when it is another call, or its argument is not written out. */
export function definitionEntries(call: acorn.CallExpression): DefinitionEntry[] | undefined {
  const members = isDefineMission(call) ? membersOf(call.arguments[0]) : undefined;
  if (members === undefined) return undefined;
  return [...members].flatMap(([group, value]) => {
    const entries = GROUPS.has(group) ? membersOf(value) : undefined;
    const own: Members = entries ?? new Map([['', value]]);
    return [...own].map(([entry, { start, end }]) => ({ group, entry, start, end }));
  });
}

function isDefineMission({ callee }: acorn.CallExpression): boolean {
  return callee.type === 'Identifier' && /^defineMission\d*$/.test(callee.name);
}

function groupPieces(group: string, left: Member, right: Member, options: DefinitionOptions): Piece[] {
  const [ours, theirs] = [membersOf(left), membersOf(right)];
  if (!GROUPS.has(group) || ours === undefined || theirs === undefined)
    return [entryPiece([group, ''], left, right, options)];
  const entries = both(ours, theirs).map(([entry, one, other]) => entryPiece([group, entry], one, other, options));
  return [`${group}:{`, ...entries, '},'];
}

/** An entry that is data is read from the definition: whichever stands there. */
function entryPiece(
  [group, entry]: readonly [group: string, entry: string],
  left: Member,
  right: Member,
  { before, after, unitOf, entryUnit }: DefinitionOptions,
): Piece {
  const name = JSON.stringify(entry === '' ? group : entry);
  const baseline = left === undefined ? '' : `${name}:${before(left)},`;
  const candidate = right === undefined ? '' : `${name}:${after(right)},`;
  const isRead = [left, right].every((one) => one === undefined || isData(one));
  if (isRead || baseline === candidate) return candidate === '' ? baseline : candidate;
  return { unit: entryUnit(group, entry) ?? unitOf(left, right), baseline, candidate };
}

/** `undefined` when it is no object, or has more than plain members. */
function membersOf(node: Member): Members | undefined {
  if (node?.type !== 'ObjectExpression') return undefined;
  const members = new Map<string, acorn.AnyNode>();
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init' || property.method)
      return undefined;
    const { key, value } = property;
    members.set(key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : '', value);
  }
  return members;
}

function both(ours: Members, theirs: Members): (readonly [string, Member, Member])[] {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  return names.map((name) => [name, ours.get(name), theirs.get(name)] as const);
}
