/** What a changed place in workflow code is called: after the step it feeds. */
import type * as acorn from 'acorn';
import type { UnitNaming } from './code-pieces.ts';
import { declaredNames } from './code-statements.ts';
import { type FunctionPlace, findPlaces, type StepPlace, type StepPlaces } from './step-places.ts';

/**
 * Names the places of one statement at the top of a module.
 *
 * - `code: step assess`: it holds the step, is in its call, or feeds it: the first later step of its function that speaks of what it
 *   declares, or else the next one. In a function within the workflow's, after its last step: that step.
 * - `code: handler carrierNews`: it registers a handler of a signal, an update or a query, or is in it, outside of its steps.
 * - `code: result`: in a return of the workflow's function, or after its last step.
 * - `whole`: the statement takes no steps, or the place holds most of them.
 */
export function nameUnits(baseline: acorn.AnyNode, candidate: acorn.AnyNode, whole: string): UnitNaming {
  const [before, after] = [findPlaces(baseline), findPlaces(candidate)];
  if ([before, after].every(({ steps, handlers }) => steps.length + handlers.length === 0)) return () => whole;
  return (left, right) => {
    const ofCandidate: Side[] = right === undefined ? [] : [{ node: right, places: after }];
    const ofBaseline: Side[] = left === undefined ? [] : [{ node: left, places: before }];
    return nameOf([...ofCandidate, ...ofBaseline]) ?? whole;
  };
}

/** @param sides the candidate's first */
function nameOf(sides: readonly Side[]): string | undefined {
  if (sides.some(holdsMostSteps)) return undefined;
  const step = first(sides, stepWithin) ?? first(sides, stepAround);
  if (step !== undefined) return `code: step ${step}`;
  const handler = first(sides, handlerAt);
  if (handler !== undefined) return `code: handler ${handler}`;
  if (sides.some(isReturned)) return RESULT;
  const fed = first(sides, stepFed);
  if (fed !== undefined) return `code: step ${fed}`;
  return sides.some(isInWorkflow) ? RESULT : undefined;
}

const RESULT = 'code: result';

interface Side {
  readonly node: acorn.AnyNode;
  readonly places: StepPlaces;
}

function first(sides: readonly Side[], find: (side: Side) => string | undefined): string | undefined {
  for (const side of sides) {
    const name = find(side);
    if (name !== undefined) return name;
  }
  return undefined;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function within(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** A change that cannot be told apart further is no change of a step. */
const MANY_STEPS = 3;

function holdsMostSteps({ node, places: { steps } }: Side): boolean {
  const held = steps.filter((step) => within(step, node)).length;
  return held >= MANY_STEPS && held * 2 > steps.length;
}

function stepWithin({ node, places }: Side): string | undefined {
  return places.steps.find((step) => within(step, node))?.name;
}

function stepAround({ node, places }: Side): string | undefined {
  return places.steps.findLast((step) => within(node, step))?.name;
}

function handlerAt({ node, places: { handlers } }: Side): string | undefined {
  return (handlers.findLast((handler) => within(node, handler)) ?? handlers.find((handler) => within(handler, node)))
    ?.name;
}

/** The innermost function with steps that a place is in. */
function functionOf({ node, places }: Side): FunctionPlace | undefined {
  return places.functions.findLast((place) => within(node, place));
}

function isInWorkflow(side: Side): boolean {
  return functionOf(side)?.isWorkflow === true;
}

function isReturned(side: Side): boolean {
  return isInWorkflow(side) && side.places.returns.some((place) => within(side.node, place));
}

function stepFed(side: Side): string | undefined {
  const { node, places } = side;
  const around = functionOf(side);
  const steps = around === undefined ? places.steps : places.steps.filter((step) => within(step, around));
  const later = steps.filter(({ start }) => start >= node.end);
  const declared = declaredNames(node);
  const speaks = ({ uses }: StepPlace) => declared.some((name) => uses.has(name));
  const fed = later.find(speaks) ?? later[0];
  if (fed !== undefined) return fed.name;
  const isInner = around !== undefined && !around.isWorkflow && places.functions.some(({ isWorkflow }) => isWorkflow);
  return isInner ? steps.at(-1)?.name : undefined;
}
