/**
 * One name for one thing in two bundles. The bundler numbers names that several files use (`DAY_MS2`, `import_workflow7`), and a
 * file more or less gives other numbers; without this, half of a bundle would seem to have changed.
 */
import type * as acorn from 'acorn';
import type { CodeStatement } from './code-statements.ts';
import { childrenOf } from './module-outline.ts';

/** Raw name → common name; names that keep theirs are left out. */
export type Renaming = ReadonlyMap<string, string>;

interface Named {
  readonly raw: string;
  readonly file: string;
}

/** @returns the renamings of the two sides */
export function commonNames(
  baseline: readonly CodeStatement[],
  candidate: readonly CodeStatement[],
): readonly [Renaming, Renaming] {
  const pairs = pairNames(namedIn(baseline), namedIn(candidate));
  const [ours, theirs] = [new Set(baseline.flatMap(namesOf)), new Set(candidate.flatMap(namesOf))];
  return [
    new Map([
      ...pairs.flatMap(([before, after], index) => renaming(before, after, theirs, freshName(before, after, index))),
      ...importsOf(baseline),
    ]),
    new Map([
      ...pairs.flatMap(([before, after], index) => renaming(after, before, ours, freshName(before, after, index))),
      ...importsOf(candidate),
    ]),
  ];
}

function namesOf({ names }: CodeStatement): readonly string[] {
  return names;
}

function freshName(before: Named | undefined, after: Named | undefined, index: number): string {
  return `${(after ?? before)?.raw ?? ''}$$${index}`;
}

/** A pair of other names always gets a common one; a name without a partner only where the other side calls something else so. */
function renaming(
  named: Named | undefined,
  partner: Named | undefined,
  others: ReadonlySet<string>,
  fresh: string,
): [string, string][] {
  if (named === undefined || named.raw === partner?.raw) return [];
  return partner !== undefined || others.has(named.raw) ? [[named.raw, fresh]] : [];
}

function importsOf(statements: readonly CodeStatement[]): [string, string][] {
  return statements.flatMap(({ imports, names: [name] }): [string, string][] =>
    imports === undefined || name === undefined ? [] : [[name, importName(imports)]],
  );
}

/** The variable that holds an imported module, in both. */
export function importName(module: string): string {
  return `import$$${module.replaceAll(/\W/g, '_')}`;
}

function namedIn(statements: readonly CodeStatement[]): Named[] {
  return statements
    .filter(({ imports }) => imports === undefined)
    .flatMap(({ names, file }) => names.map((raw) => ({ raw, file })));
}

type Pair = readonly [Named | undefined, Named | undefined];

/** By file and name, then by file and name without a number, then by name alone: what moved to another file keeps it. */
function pairNames(baseline: readonly Named[], candidate: readonly Named[]): Pair[] {
  const pairs: Pair[] = [];
  let [left, right] = [baseline, candidate];
  for (const keyOf of KEYS) {
    const [before, after] = [uniqueBy(left, keyOf), uniqueBy(right, keyOf)];
    const found = [...before].filter(([key]) => after.has(key));
    pairs.push(...found.map(([key, one]): Pair => [one, after.get(key)]));
    const paired = new Set(found.flatMap(([key, one]) => [one, after.get(key)]));
    left = left.filter((one) => !paired.has(one));
    right = right.filter((one) => !paired.has(one));
  }
  return [...pairs, ...left.map((one): Pair => [one, undefined]), ...right.map((one): Pair => [undefined, one])];
}

const KEYS: readonly ((named: Named) => string)[] = [
  ({ file, raw }) => `${file} ${raw}`,
  ({ file, raw }) => `${file} ${withoutNumber(raw)}`,
  ({ raw }) => raw,
];

/** `DAY_MS` of `DAY_MS2`. */
export function withoutNumber(raw: string): string {
  return raw.replace(/\d+$/, '');
}

function uniqueBy(all: readonly Named[], keyOf: (named: Named) => string): Map<string, Named> {
  const found = new Map<string, Named>();
  const twice = new Set<string>();
  for (const one of all) {
    const key = keyOf(one);
    if (found.has(key)) twice.add(key);
    found.set(key, one);
  }
  for (const key of twice) found.delete(key);
  return found;
}

/** The text of a statement with its names replaced. Names of inner scopes never hide those of the top: the bundler sees to it. */
export function renamedText(code: string, node: acorn.AnyNode, names: Renaming): string {
  const places = new Map<number, Place>();
  notePlaces(node, names, places);
  let text = '';
  let from = node.start;
  for (const [start, { end, name }] of [...places].sort(([left], [right]) => left - right)) {
    text += code.slice(from, start) + name;
    from = end;
  }
  return text + code.slice(from, node.end);
}

interface Place {
  readonly end: number;
  readonly name: string;
}

function notePlaces(node: acorn.AnyNode, names: Renaming, places: Map<number, Place>): void {
  if (node.type === 'Identifier') {
    const name = names.get(node.name);
    if (name !== undefined && !places.has(node.start)) places.set(node.start, { end: node.end, name });
    return;
  }
  if (node.type === 'Property' && node.shorthand && node.key.type === 'Identifier') {
    const name = names.get(node.key.name);
    if (name !== undefined) places.set(node.start, { end: node.key.end, name: `${node.key.name}:${name}` });
  }
  for (const child of referencesIn(node)) notePlaces(child, names, places);
}

/** The parts of a node without the names of members, which refer to nothing. */
function referencesIn(node: acorn.AnyNode): acorn.AnyNode[] {
  const members = Object.entries(node).filter(([member]) => !isKey(node, member));
  return childrenOf(Object.fromEntries(members) as unknown as acorn.AnyNode);
}

/** Names of members are no references. */
function isKey(node: acorn.AnyNode, member: string): boolean {
  if (node.type === 'MemberExpression') return member === 'property' && !node.computed;
  if (node.type === 'Property' || node.type === 'MethodDefinition' || node.type === 'PropertyDefinition')
    return member === 'key' && !node.computed;
  return node.type === 'LabeledStatement' && member === 'label';
}
