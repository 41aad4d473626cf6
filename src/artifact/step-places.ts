/** Where in a piece of workflow code its steps are: what a change of it is named after. */
import type * as acorn from 'acorn';
import { childrenOf } from './module-outline.ts';

export interface StepPlace {
  /** `assess`; `continue-as-new`, `timer` and the name of a child for what Temporal itself does. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Every name in the call. */
  readonly uses: ReadonlySet<string>;
}

/** A function that Temporal calls from outside: of a signal, an update or a query. */
export interface HandlerPlace {
  /** `carrierNews` */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A function that holds steps, whatever it is called by. */
export interface FunctionPlace {
  readonly start: number;
  readonly end: number;
  /** Whether it is what was given to `mission.workflow`. */
  readonly isWorkflow: boolean;
}

export interface StepPlaces {
  /** In the order of the source. */
  readonly steps: readonly StepPlace[];
  readonly handlers: readonly HandlerPlace[];
  /** The outer before the inner. */
  readonly functions: readonly FunctionPlace[];
  /** Return statements. */
  readonly returns: readonly { readonly start: number; readonly end: number }[];
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

/** Finds the steps in a node, at any depth, and what they are in. */
export function findPlaces(root: acorn.AnyNode): StepPlaces {
  const nodes = nodesIn(root);
  const calls = nodes.filter((node) => node.type === 'CallExpression');
  const workflows = new Set<acorn.AnyNode>(
    calls.flatMap((call) => (methodOf(call.callee).method === 'workflow' ? call.arguments : [])),
  );
  const steps = calls.flatMap((call) => {
    const name = stepOf(call);
    return name === undefined ? [] : [{ name, start: call.start, end: call.end, uses: identifiersIn(call) }];
  });
  const holdsStep = (place: acorn.AnyNode) => steps.some(({ start }) => start >= place.start && start < place.end);
  return {
    steps: steps.sort((left, right) => left.start - right.start),
    handlers: calls.flatMap((call) => {
      const name = handlerOf(call);
      return name === undefined ? [] : [{ name, start: call.start, end: call.end }];
    }),
    functions: nodes
      .filter((node) => FUNCTIONS.has(node.type) && holdsStep(node))
      .map((node) => ({ start: node.start, end: node.end, isWorkflow: workflows.has(node) })),
    returns: nodes.filter(({ type }) => type === 'ReturnStatement'),
  };
}

/** A node and all in it, the outer before the inner. */
function nodesIn(root: acorn.AnyNode): acorn.AnyNode[] {
  return [root, ...childrenOf(root).flatMap(nodesIn)];
}

const STEP_METHODS: ReadonlySet<string> = new Set(['model', 'tool', 'rule', 'agent', 'decide', 'observe']);

function stepOf({ callee, arguments: [first] }: acorn.CallExpression): string | undefined {
  const { object, method } = methodOf(callee);
  if (method === undefined) return undefined;
  if (STEP_METHODS.has(method) && isStep(object)) return textOf(first);
  if (method === 'executeChild' || method === 'startChild') return textOf(first);
  if (method === 'continueAsNew') return 'continue-as-new';
  return method === 'sleep' || method === 'condition' ? 'timer' : undefined;
}

function handlerOf({ callee, arguments: [first] }: acorn.CallExpression): string | undefined {
  return methodOf(callee).method === 'setHandler' ? textOf(first) : undefined;
}

/** `step.tool`, `context.step.tool`, and `(0,import_workflow.sleep)` as the bundler writes calls of imported functions. */
function methodOf(callee: acorn.AnyNode): { object?: acorn.AnyNode; method?: string } {
  if (callee.type === 'SequenceExpression') return methodOf(callee.expressions.at(-1) ?? callee);
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return {};
  return { object: callee.object, method: callee.property.name };
}

function isStep(object: acorn.AnyNode | undefined): boolean {
  if (object?.type === 'Identifier') return /^step\d*$/.test(object.name);
  return (
    object?.type === 'MemberExpression' && object.property.type === 'Identifier' && object.property.name === 'step'
  );
}

function textOf(node: acorn.AnyNode | undefined): string | undefined {
  if (node?.type === 'Identifier') return node.name;
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node?.type === 'TemplateLiteral') return node.quasis.map(({ value }) => value.raw).join('…');
  return undefined;
}

/** Every name in a node, those of members among them. */
function identifiersIn(root: acorn.AnyNode): ReadonlySet<string> {
  return new Set(nodesIn(root).flatMap((node) => (node.type === 'Identifier' ? [node.name] : [])));
}
