/**
 * A change of one module of plain workflows, taken apart: what both sides have, and places where one may stand or the other.
 *
 * Invariants
 * 1. What the bundler adds (imports, exports) is there for both sides in every hybrid: it does nothing by itself.
 * 2. What a side declares at the top of the module is there in every hybrid, unless both declare it and differ.
 * 3. A place is named after the function or constant it is in, and in a function after its statement.
 */
import type * as acorn from 'acorn';
import { parseStatement, piecesOf, type UnitNaming } from './code-pieces.ts';
import { declaredNames } from './code-statements.ts';
import { mergeOrder } from './merge-order.ts';
import { childrenOf } from './module-outline.ts';
import { parseCode } from './parse-code.ts';
import type { Piece } from './piece.ts';
import { type BundledModule, REQUEST } from './webpack-modules.ts';

interface TopStatement {
  readonly key: string;
  readonly text: string;
  /** What the author calls it; nothing for a statement that only does something. */
  readonly label: string;
}

interface ModuleParts {
  readonly isStrict: boolean;
  readonly imports: ReadonlyMap<string, string>;
  readonly exported: ReadonlyMap<string, string>;
  readonly statements: readonly TopStatement[];
}

/**
 * The pieces of a module's body.
 *
 * @param unit of the whole module: `code: order.ts`
 * @throws SyntaxError when a body cannot be read.
 */
export function piecesOfModule(baseline: BundledModule, candidate: BundledModule, unit: string): Piece[] {
  const [before, after] = [partsOf(baseline.body), partsOf(candidate.body)];
  const merged = mergeOrder(before.statements, after.statements);
  return [
    headerOf(before, after),
    ...merged.flatMap(([left, right]): Piece[] => [...piecesOfPair(left, right, unit), '\n']),
  ];
}

function piecesOfPair(left: TopStatement | undefined, right: TopStatement | undefined, unit: string): Piece[] {
  if (left === undefined || right === undefined) {
    const [one, isAdded] = [left ?? right, left === undefined];
    if (one === undefined) return [];
    if (one.label !== '') return [one.text];
    return [{ unit, baseline: isAdded ? '' : one.text, candidate: isAdded ? one.text : '' }];
  }
  if (left.text === right.text) return [right.text];
  const [before, after] = [parseStatement(left.text), parseStatement(right.text)];
  const whole = right.label === '' ? unit : `${unit} ${right.label}`;
  const unitOf = nameByStatement([before, left.text], [after, right.text], whole);
  return piecesOf(before, after, {
    baseline: left.text,
    candidate: right.text,
    unitOf,
    entryUnit: () => undefined,
  });
}

/** What the bundler writes before the author's statements, for both sides at once. */
function headerOf(before: ModuleParts, after: ModuleParts): string {
  const imports = new Map([...before.imports, ...after.imports]);
  const exported = [...new Map([...before.exported, ...after.exported]).values()];
  const isModule = exported.length > 0;
  return [
    ...(before.isStrict || after.isStrict ? ['"use strict";'] : []),
    ...(isModule ? ['__webpack_require__.r(__webpack_exports__);'] : []),
    ...(isModule ? [`__webpack_require__.d(__webpack_exports__, {${exported.join(',')}});`] : []),
    ...imports.values(),
    '',
  ].join('\n');
}

/** Imports are numbered by the bundler in their order; here they are called after what they import. */
function partsOf(given: string): ModuleParts {
  const body = withCommonImports(given);
  const { body: nodes } = parseCode(body);
  const textOf = (node: acorn.AnyNode) => body.slice(node.start, node.end);
  const imports = nodes.filter((node) => isImport(nameOf(node)));
  const definitions = nodes.filter((node) => textOf(node).startsWith('__webpack_require__.d('));
  const rest = nodes.filter((node) => !imports.includes(node) && !isBundlers(node, textOf(node)));
  const times = new Map<string, number>();
  return {
    isStrict: nodes.some((node) => node.type === 'ExpressionStatement' && node.directive === 'use strict'),
    imports: new Map(imports.map((node) => [nameOf(node), textOf(node)])),
    exported: new Map(definitions.flatMap((node) => exportsIn(node, body))),
    statements: rest.map((node) => {
      const [text, label] = [textOf(node), nameOf(node) || exportedName(node)];
      const key = label === '' ? text : label;
      const time = (times.get(key) ?? 0) + 1;
      times.set(key, time);
      return { key: `${key} ${time}`, text, label };
    }),
  };
}

function nameOf(node: acorn.AnyNode): string {
  return declaredNames(node)[0] ?? '';
}

const IMPORTED = /\b\w+__WEBPACK_IMPORTED_MODULE_\d+__\w*/g;

function isImport(name: string): boolean {
  return name.startsWith('__from_');
}

const IMPORT = new RegExp(`var (\\w+__WEBPACK_IMPORTED_MODULE_\\d+__) = ${REQUEST}`, 'g');

/** The name of an imported module in all hybrids. */
function withCommonImports(body: string): string {
  const names = new Map<string, string>();
  for (const [, name = '', module = ''] of body.matchAll(IMPORT)) {
    names.set(name, `__from_${module.replaceAll(/\W/g, (letter) => `$${letter.charCodeAt(0).toString(36)}`)}`);
  }
  return body.replaceAll(IMPORTED, (found) => {
    const known = [...names].find(([name]) => found.startsWith(name));
    return known === undefined ? found : `${known[1]}${found.slice(known[0].length)}`;
  });
}

function isBundlers(node: acorn.AnyNode, text: string): boolean {
  if (/^__webpack_require__\.[rd]\(/.test(text)) return true;
  return node.type === 'ExpressionStatement' && node.directive !== undefined;
}

function exportsIn(node: acorn.AnyNode, body: string): [string, string][] {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'CallExpression') return [];
  const [, members] = node.expression.arguments;
  if (members?.type !== 'ObjectExpression') return [];
  return members.properties.flatMap((member): [string, string][] => {
    if (member.type !== 'Property') return [];
    return [[body.slice(member.key.start, member.key.end), body.slice(member.start, member.end)]];
  });
}

/** `order`, for `exports.order = …` of a CommonJS module. */
function exportedName(node: acorn.AnyNode): string {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression') return '';
  const { left } = node.expression;
  return left.type === 'MemberExpression' && left.property.type === 'Identifier' ? left.property.name : '';
}

type Side = readonly [node: acorn.AnyNode, text: string];

/** Places in functions of several statements are called after their statement, others after the whole. */
function nameByStatement([baseline, before]: Side, [candidate, after]: Side, whole: string): UnitNaming {
  const [ours, theirs] = [innerStatements(baseline), innerStatements(candidate)];
  if (ours.length < 2 && theirs.length < 2) return () => whole;
  return (left, right) => {
    const words = right === undefined ? wordsOf(left, ours, before) : wordsOf(right, theirs, after);
    return words === undefined ? whole : `${whole}: ${words}`;
  };
}

/** The statement that a place is in; of a long one the member that it is in, where it is in one. */
function wordsOf(place: acorn.AnyNode | undefined, statements: readonly acorn.AnyNode[], text: string) {
  if (place === undefined) return undefined;
  const holds = ({ start, end }: acorn.AnyNode) => start <= place.start && place.end <= end;
  const around = statements.findLast(holds);
  if (around === undefined) return undefined;
  const words = asWritten(text.slice(around.start, around.end));
  const member = words.length <= WORDS_LENGTH ? undefined : membersIn(around).findLast(holds);
  if (member === undefined) return clipped(words, WORDS_LENGTH);
  return `${clipped(words, LEAD_LENGTH)} ${clipped(asWritten(text.slice(member.start, member.end)), WORDS_LENGTH)}`;
}

function membersIn(node: acorn.AnyNode): acorn.AnyNode[] {
  return childrenOf(node).flatMap((child) => [...(child.type === 'Property' ? [child] : []), ...membersIn(child)]);
}

/** Statements in the blocks of functions, outer ones before inner ones. */
function innerStatements(node: acorn.AnyNode): acorn.AnyNode[] {
  const own = node.type === 'BlockStatement' ? node.body : [];
  return childrenOf(node).flatMap((child) => [
    ...(own.includes(child as acorn.Statement) ? [child] : []),
    ...innerStatements(child),
  ]);
}

const WORDS_LENGTH = 56;
const LEAD_LENGTH = 30;

/** On one line, without what the bundler made of imported names. */
function asWritten(text: string): string {
  return text.replaceAll(/\(0, ?[$\w]+\.(\w+)\)|__from_[$\w]+\.(\w+)/g, '$1$2').replaceAll(/\s+/g, ' ');
}

function clipped(words: string, length: number): string {
  return words.length <= length ? words : `${words.slice(0, length - 1)}…`;
}
