/** Which activities of a mission have other code: each with all that it speaks of, whatever else changed beside it. */
import type * as acorn from 'acorn';
import { commonNames, type Renaming, renamedText } from './canonical-names.ts';
import type { CodeSide } from './code-change.ts';
import { type CodeStatement, readStatements } from './code-statements.ts';
import { childrenOf } from './module-outline.ts';

/** How the code behind model steps is named as a cause. */
export const MODEL_CODE = 'model calls (code)';

/** How the function of a tool is named as a cause. */
export function toolCode(tool: string): string {
  return `tool ${tool} (code)`;
}

/**
 * The activities whose code differs, by the names of {@link MODEL_CODE} and {@link toolCode}.
 *
 * An activity that is not found where authors declare them (`defineTools`, `defineActivities`) counts as changed with any other
 * code of theirs.
 *
 * @throws SyntaxError when one of the codes cannot be read.
 */
export function changedActivities(baseline: CodeSide, candidate: CodeSide): ReadonlySet<string> {
  const before = readStatements(baseline.code.activity, baseline.sourceMaps.activity);
  const after = readStatements(candidate.code.activity, candidate.sourceMaps.activity);
  const [left, right] = commonNames(before, after);
  const ours = new ActivityTexts(baseline.code.activity, before, left);
  const theirs = new ActivityTexts(candidate.code.activity, after, right);
  const tools = new Set([...Object.keys(baseline.definition.tools), ...Object.keys(candidate.definition.tools)]);
  const changed = [...tools].filter((tool) => ours.ofTool(tool) !== theirs.ofTool(tool)).map(toolCode);
  return new Set(ours.ofModels() === theirs.ofModels() ? changed : [MODEL_CODE, ...changed]);
}

interface Declared {
  readonly text: string;
  readonly names: readonly string[];
}

class ActivityTexts {
  readonly #declared: readonly Declared[];
  readonly #members = new Map<string, string[]>();

  constructor(code: string, statements: readonly CodeStatement[], renaming: Renaming) {
    const own = statements.filter(({ file }) => file !== '' && file !== 'mission-runtime');
    this.#declared = own
      .filter(({ node }) => !callsOf(node, ['defineMission']).some(() => true))
      .map(({ node, names }) => ({
        text: renamedText(code, node, renaming),
        names: names.map((name) => renaming.get(name) ?? name),
      }));
    for (const call of own.flatMap(({ node }) => callsOf(node, ['defineTools', 'defineActivities']))) {
      for (const [name, value] of membersIn(call)) {
        this.#members.set(name, [...(this.#members.get(name) ?? []), renamedText(code, value, renaming)]);
      }
    }
  }

  ofTool(tool: string): string {
    const texts = this.#members.get(tool);
    return texts === undefined ? this.#all() : this.#withReferred(texts);
  }

  /** Without a function of the author's, the kit's own is what answers models. */
  ofModels(): string {
    return this.#withReferred(this.#members.get('models') ?? []);
  }

  #all(): string {
    return this.#declared.map(({ text }) => text).join('\n');
  }

  #withReferred(texts: readonly string[]): string {
    const found = new Set<Declared>();
    const visit = (text: string): void => {
      const words = new Set(text.match(/[\w$]+/g));
      for (const one of this.#declared) {
        if (found.has(one) || !one.names.some((name) => words.has(name))) continue;
        found.add(one);
        visit(one.text);
      }
    };
    for (const text of texts) visit(text);
    const referred = [...found].map(({ text }) => text).sort();
    return [...texts, ...referred].join('\n');
  }
}

function callsOf(root: acorn.AnyNode, names: readonly string[]): acorn.CallExpression[] {
  const found: acorn.CallExpression[] = [];
  const visit = (node: acorn.AnyNode): void => {
    if (node.type === 'CallExpression' && names.includes(calledName(node.callee))) found.push(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  return found;
}

/** `defineTools` of `(0,import_activity.defineTools)`; a number behind it is the bundler's. */
function calledName(callee: acorn.AnyNode): string {
  if (callee.type === 'SequenceExpression')
    return calledName(callee.expressions.at(-1) ?? callee.expressions[0] ?? callee);
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  return name.type === 'Identifier' ? name.name.replace(/\d+$/, '') : '';
}

/** Members of all objects in the arguments. */
function membersIn(call: acorn.CallExpression): [string, acorn.AnyNode][] {
  const found: [string, acorn.AnyNode][] = [];
  const visit = (node: acorn.AnyNode): void => {
    if (node.type === 'Property' && !node.computed) {
      if (node.key.type === 'Identifier') found.push([node.key.name, node.value]);
      if (node.key.type === 'Literal') found.push([String(node.key.value), node.value]);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  for (const argument of call.arguments) visit(argument);
  return found;
}
