/**
 * Two texts of one statement as pieces: what both have, and places where one may stand or the other. A hybrid takes some of the
 * places from the candidate.
 *
 * Invariants
 * 1. All places from the baseline give code that does what the baseline does; all from the candidate, what the candidate does.
 * 2. What stands around a place is the same text on both sides, so that any choice is syntax that one side had there.
 * 3. Every place belongs to a unit: the step it feeds, or an entry of the definition.
 */
import type * as acorn from 'acorn';
import { alignLists } from './align-lists.ts';
import { declaredNames } from './code-statements.ts';
import { definitionPieces } from './definition-pieces.ts';
import { childrenOf } from './module-outline.ts';
import { parseCode } from './parse-code.ts';
import type { Piece } from './piece.ts';

/** Names a place by its two sides; one of them is missing where a statement was added or removed. */
export type UnitNaming = (baseline: acorn.AnyNode | undefined, candidate: acorn.AnyNode | undefined) => string;

export interface PieceOptions {
  readonly baseline: string;
  readonly candidate: string;
  readonly unitOf: UnitNaming;
  /** The unit of an entry of the definition (`tool getOrder`), or `undefined` when it did not change as data. */
  readonly entryUnit: (group: string, entry: string) => string | undefined;
}

/** @throws SyntaxError when the text is no code of a bundle. */
export function parseStatement(text: string): acorn.AnyNode {
  const program = parseCode(text);
  return program.body[0] ?? program;
}

/** The pieces of a statement, given as its two nodes. */
export function piecesOf(baseline: acorn.AnyNode, candidate: acorn.AnyNode, options: PieceOptions): Piece[] {
  return new StatementPieces(options).of(baseline, candidate);
}

class StatementPieces {
  readonly #options: PieceOptions;

  constructor(options: PieceOptions) {
    this.#options = options;
  }

  of(left: acorn.AnyNode, right: acorn.AnyNode): Piece[] {
    if (this.#before(left) === this.#after(right)) return [this.#before(left)];
    return this.#ofKind(left, right) ?? this.#inner(left, right) ?? [this.#choose(left, right)];
  }

  /** Kinds that are put together otherwise than part by part. */
  #ofKind(left: acorn.AnyNode, right: acorn.AnyNode): Piece[] | undefined {
    if (left.type === 'BlockStatement' && right.type === 'BlockStatement')
      return ['{', ...this.#list(left.body, right.body), '}'];
    if (left.type === 'ObjectPattern' && right.type === 'ObjectPattern') return this.#members(left, right);
    if (left.type !== 'CallExpression' || right.type !== 'CallExpression') return undefined;
    const { unitOf, entryUnit } = this.#options;
    return definitionPieces(left, right, { before: this.#before, after: this.#after, unitOf, entryUnit });
  }

  /** Goes into the parts of two nodes of one kind whose text is the same around them. */
  #inner(left: acorn.AnyNode, right: acorn.AnyNode): Piece[] | undefined {
    const [ours, theirs] = [partsOf(left), partsOf(right)];
    if (left.type !== right.type || ours.length === 0) return undefined;
    const around = textAround(this.#options.baseline, left, ours);
    if (around.join('\0') !== textAround(this.#options.candidate, right, theirs).join('\0')) return undefined;
    return around.flatMap((text, index): Piece[] => {
      const [one, other] = [ours[index], theirs[index]];
      return one === undefined || other === undefined ? [text] : [text, ...this.of(one, other)];
    });
  }

  #choose(left: acorn.AnyNode, right: acorn.AnyNode): Piece {
    return { unit: this.#options.unitOf(left, right), baseline: this.#before(left), candidate: this.#after(right) };
  }

  #list(ours: readonly acorn.AnyNode[], theirs: readonly acorn.AnyNode[]): Piece[] {
    const aligned = alignLists(ours, theirs, { before: this.#before, after: this.#after });
    return aligned.flatMap(([left, right]): Piece[] => {
      if (left !== undefined && right !== undefined) return [...this.of(left, right), ';'];
      if (left !== undefined) return [this.#lone(left, `${this.#before(left)};`, 'baseline')];
      return right === undefined ? [] : [this.#lone(right, `${this.#after(right)};`, 'candidate')];
    });
  }

  /** A statement of one side. A function that nobody calls does nothing: it stands in every hybrid, for whichever needs it. */
  #lone(node: acorn.AnyNode, text: string, side: 'baseline' | 'candidate'): Piece {
    if (isFunctionDeclared(node)) return text;
    const { unitOf } = this.#options;
    return side === 'baseline'
      ? { unit: unitOf(node, undefined), baseline: text, candidate: '' }
      : { unit: unitOf(undefined, node), baseline: '', candidate: text };
  }

  /** Taking more members out of an object changes nothing. */
  #members(left: acorn.ObjectPattern, right: acorn.ObjectPattern): Piece[] | undefined {
    if (![...left.properties, ...right.properties].every(isPlainMember)) return undefined;
    const members = [...left.properties.map(this.#before), ...right.properties.map(this.#after)];
    return [`{${[...new Set(members)].join(',')}}`];
  }

  readonly #before = (node: acorn.AnyNode): string => textOf(this.#options.baseline, node);
  readonly #after = (node: acorn.AnyNode): string => textOf(this.#options.candidate, node);
}

function isPlainMember(member: acorn.AnyNode): boolean {
  return member.type === 'Property' && !member.computed && member.value.type === 'Identifier';
}

const FUNCTIONS: ReadonlySet<string> = new Set(['FunctionExpression', 'ArrowFunctionExpression']);

function isFunctionDeclared(node: acorn.AnyNode): boolean {
  if (node.type === 'FunctionDeclaration') return true;
  if (node.type !== 'VariableDeclaration' || declaredNames(node).length !== 1) return false;
  return FUNCTIONS.has(node.declarations[0]?.init?.type ?? '');
}

/** Nodes that are never gone into: what they hold means something else in another place. */
const WHOLE: ReadonlySet<string> = new Set(['TemplateLiteral', 'ClassDeclaration', 'ClassExpression', 'Identifier']);

/** The parts of a node that can be taken from another one of its kind, in the order of the source. */
function partsOf(node: acorn.AnyNode): acorn.AnyNode[] {
  if (WHOLE.has(node.type)) return [];
  if (node.type === 'Property') return node.shorthand || node.method ? [] : [node.value];
  if (node.type === 'MemberExpression') return [node.object];
  if (node.type === 'VariableDeclarator') {
    return [node.id.type === 'ObjectPattern' ? node.id : undefined, node.init].filter((part) => part != null);
  }
  if (node.type === 'AssignmentExpression') return [node.right];
  return childrenOf(node).sort((left, right) => left.start - right.start);
}

/** What is before the first part, between them, and behind the last. */
function textAround(text: string, node: acorn.AnyNode, parts: readonly acorn.AnyNode[]): string[] {
  const starts = [node.start, ...parts.map(({ end }) => end)];
  const ends = [...parts.map(({ start }) => start), node.end];
  const around = starts.map((start, index) => text.slice(start, ends[index]));
  return ENDED.has(node.type) ? [...around.slice(0, -1), (around.at(-1) ?? '').replace(/;?$/, ';')] : around;
}

/** The text of a node; of a statement with its semicolon, which the last one of a block has not. */
function textOf(text: string, node: acorn.AnyNode): string {
  const own = text.slice(node.start, node.end);
  return ENDED.has(node.type) && !own.endsWith(';') ? `${own};` : own;
}

const ENDED: ReadonlySet<string> = new Set(['ExpressionStatement', 'ReturnStatement', 'ThrowStatement']);
