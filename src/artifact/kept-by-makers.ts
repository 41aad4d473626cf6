/**
 * Functions of the author that make shared schemas are called before any run, and functions that they give keep what they were given and what they made. They hand it
 * over, as zod does (`kept-by-library.ts`).
 */
import type * as acorn from 'acorn';
import { handingOver, namesDeclared } from './kept-by-library.ts';
import { type Addition, withAdditions } from './kept-by-sdk.ts';
import { childrenOf, namesIn } from './module-outline.ts';
import { KEPT_BY_LIBRARY } from './shared-by-runs.ts';

/** @returns the text of `node`, in which functions that hold other functions tell what they keep for them */
export function tellingWhatMakersKeep(code: string, node: acorn.AnyNode): string {
  const additions = functionsIn(node)
    .filter(({ params, body }) => [...params, body].some((part) => functionsIn(part).length > 0))
    .flatMap(additionsFor)
    .map(({ at, text }) => ({ at: at - node.start, text }));
  return withAdditions(code.slice(node.start, node.end), additions);
}

type AnyFunction = Extract<acorn.AnyNode, { readonly params: acorn.Pattern[] }>;

/** It among them, if it is one. */
function functionsIn(node: acorn.AnyNode): AnyFunction[] {
  const inside = childrenOf(node).flatMap(functionsIn);
  const isFunction =
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression';
  return isFunction ? [node, ...inside] : inside;
}

function additionsFor({ params, body }: AnyFunction): Addition[] {
  const given = params.flatMap(namesIn);
  if (body.type !== 'BlockStatement') return telling(given, body);
  const atEnd = { at: body.end - 1, text: `;${handingOver([...given, ...namesDeclared(body.body)], changing)};` };
  const returns = returnsIn(body.body, given);
  return [...returns, ...(body.body.at(-1)?.type === 'ReturnStatement' ? [] : [atEnd])];
}

const { changing } = KEPT_BY_LIBRARY;

/** Before it is evaluated. */
function telling(names: readonly string[], value: acorn.AnyNode): Addition[] {
  return [
    { at: value.start, text: `(${handingOver(names, changing)},` },
    { at: value.end, text: ')' },
  ];
}

/** Where a function returns something, with what there is by then. Of statements there are no others in what is shared. */
function returnsIn(statements: readonly acorn.Statement[], known: readonly string[]): Addition[] {
  let names = known;
  return statements.flatMap((statement) => {
    names = [...names, ...namesDeclared([statement])];
    switch (statement.type) {
      case 'ReturnStatement':
        return statement.argument ? telling(names, statement.argument) : [];
      case 'BlockStatement':
        return returnsIn(statement.body, names);
      case 'IfStatement':
        return returnsIn([statement.consequent, ...(statement.alternate ? [statement.alternate] : [])], names);
      default:
        return [];
    }
  });
}
