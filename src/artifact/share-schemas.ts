/**
 * Takes out of workflow code the schemas that are the same in every run, so that a context makes them once instead of once
 * per run: a mission spends up to a third of a replay on making them.
 *
 * Invariants
 * 1. Taken out are expressions that make a schema and are pure (`pure-expressions.ts`). Schemas themselves are immutable: every
 *    method of theirs makes another one. All else, module state above all, is made anew for every run.
 * 2. In the code that is left, every character keeps its line and column: source maps and breakpoints stay right.
 * 3. What turns out to be no schema when it is evaluated is evaluated for every run, as before.
 */
import type * as acorn from 'acorn';
import { handingOver } from './kept-by-library.ts';
import { tellingWhatMakersKeep } from './kept-by-makers.ts';
import { childrenOf, type ModuleOutline, outlineModule, rootOf } from './module-outline.ts';
import { PureExpressions } from './pure-expressions.ts';
import { KEPT_BY_LIBRARY } from './shared-by-runs.ts';

export interface SharedSchemas {
  /** The workflow code, which takes its schemas from an array named {@link SHARED}. */
  readonly workflow: string;
  /** A function body that calls `keep(index, make)` for each of them, given `require` and `keep`. */
  readonly schemas: string;
}

/** As short as can be: it has to fit where the expression stood. */
export const SHARED = '$S';

const known = new Map<string, SharedSchemas>();
const KNOWN_MAX = 32;

/** The last few codes are remembered: hybrids have the same code. */
export function shareSchemas(workflow: string): SharedSchemas {
  const before = known.get(workflow);
  if (before !== undefined) return before;
  const shared = takeOut(workflow);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(workflow, shared);
  return shared;
}

function takeOut(workflow: string): SharedSchemas {
  const nothing = { workflow, schemas: '' };
  if (!workflow.includes('require("zod")') || workflow.includes(SHARED)) return nothing;
  try {
    const outline = outlineModule(workflow);
    // These are ours where schemas are made.
    if (outline.bindings.has('keep') || outline.bindings.has('require')) return nothing;
    const pure = new PureExpressions(outline);
    const spans = schemasIn(outline, pure).filter(({ start, end }, index) => end - start >= placeOf(index).length);
    if (spans.length === 0) return nothing;
    return { workflow: withoutSpans(workflow, spans), schemas: schemasText(workflow, outline, pure, spans) };
  } catch (error) {
    if (error instanceof SyntaxError) return nothing;
    throw error;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The largest expressions that can be shared, in the order in which they are evaluated. */
function schemasIn(outline: ModuleOutline, pure: PureExpressions): acorn.CallExpression[] {
  const found: acorn.CallExpression[] = [];
  const visit = (node: acorn.AnyNode): void => {
    if (DEFERRED.has(node.type)) return;
    if (node.type === 'CallExpression' && makesSchema(node, outline, pure) && pure.isPure(node)) found.push(node);
    else for (const child of childrenOf(node)) visit(child);
  };
  for (const statement of outline.program.body) visit(statement);
  return found;
}

/** What is in a function or class is not evaluated with the module. */
const DEFERRED: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassDeclaration',
  'ClassExpression',
]);

/** A call that starts from zod or from a shared schema, or that a pure function (`compare.text`) is given one in. */
function makesSchema(node: acorn.AnyNode, outline: ModuleOutline, pure: PureExpressions): boolean {
  const root = rootOf(node);
  if (root === undefined) return false;
  if (pure.isLibrary(root)) return node.type === 'CallExpression';
  const made = outline.bindings.get(root)?.value;
  if (made?.type === 'CallExpression') return pure.isPureName(root);
  return node.type === 'CallExpression' && node.arguments.some((given) => makesSchema(given, outline, pure));
}

function placeOf(index: number): string {
  return `${SHARED}[${index}]`;
}

function withoutSpans(code: string, spans: readonly Span[]): string {
  let kept = '';
  let from = 0;
  for (const [index, { start, end }] of spans.entries()) {
    const place = placeOf(index);
    kept += code.slice(from, start) + place + blank(code.slice(start, end), place.length);
    from = end;
  }
  return kept + code.slice(from);
}

/** As many characters as are left of an expression, its line breaks among them. */
function blank(text: string, taken: number): string {
  const breaks = text.slice(0, taken).replaceAll(/[^\n]/g, '');
  return breaks + text.slice(taken).replaceAll(/[^\n]/g, ' ');
}

/** What the schemas refer to, in its order, so that they find it; then those without a name. */
function schemasText(
  code: string,
  outline: ModuleOutline,
  pure: PureExpressions,
  spans: readonly acorn.CallExpression[],
): string {
  const indexes = new Map(spans.map(({ start }, index) => [start, index]));
  const keep = (span: acorn.AnyNode): string =>
    `keep(${indexes.get(span.start)},()=>${tellingWhatMakersKeep(code, span)})`;
  const needed = namesNeeded(outline, pure, spans);
  const declared = new Set<number>();
  const lines: string[] = [];
  for (const { name, value, kind } of outline.bindings.values()) {
    if (value === undefined || !needed.has(name)) continue;
    const made = indexes.has(value.start) ? keep(value) : tellingWhatMakersKeep(code, value);
    lines.push(kind === 'function' ? made : `var ${name}=${made};`);
    declared.add(value.start);
  }
  const others = spans.filter(({ start }) => !declared.has(start)).map((span) => `${keep(span)};`);
  // Functions of the author that a schema calls see them.
  const names = [...outline.bindings.values()].filter(({ value }) => value !== undefined && declared.has(value.start));
  const kept = names.map(({ name }) => name);
  return ['"use strict";', ...lines, ...others, `${handingOver(kept, KEPT_BY_LIBRARY.changing)};`].join('\n');
}

/** Pure names of the top level that the expressions refer to, and those behind them; with one of an inner scope, its namesake. */
function namesNeeded(
  { bindings }: ModuleOutline,
  pure: PureExpressions,
  spans: readonly acorn.AnyNode[],
): ReadonlySet<string> {
  const needed = new Set<string>();
  const visit = (node: acorn.AnyNode): void => {
    if (
      node.type === 'Identifier' &&
      !needed.has(node.name) &&
      (pure.isPureName(node.name) || pure.isLibrary(node.name))
    ) {
      needed.add(node.name);
      const { value } = bindings.get(node.name) ?? {};
      if (value !== undefined) visit(value);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  for (const span of spans) visit(span);
  return needed;
}
