/**
 * Which statement decides.
 *
 * Order of precedence among the statements whose condition holds and whose exception does not:
 * 1. one that another overrides expressly (`even after the return window`) is out;
 * 2. `always` and `never` before the rest;
 * 3. more specific before more general: one that asks for all that the other asks for, and for more;
 * 4. later before earlier.
 * When none is left: `if unsure` when something could not be known, then `otherwise`, then what an exception implies,
 * then `if unsure`.
 */
import { type Condition, conceptsOf, specificityOf } from './condition.ts';
import { evaluate } from './evaluate.ts';
import type { Fact } from './facts.ts';
import type { Statement } from './statement.ts';

/** A statement held against the case. */
export interface Evaluated {
  readonly statement: Statement;
  readonly applies: boolean;
  readonly known: boolean;
}

export interface Judgement<Outcome> {
  readonly outcome: Outcome;
  readonly statement: Statement;
  /** 0…1: how much speaks for it. */
  readonly confidence: number;
  /** Statements that apply too and say otherwise. */
  readonly against: readonly Statement[];
}

const CONFIDENCE = { unopposed: 0.95, opposed: 0.8, otherwise: 0.7, implied: 0.6, unsure: 0.5 } as const;

/** Holds every statement against the facts; aliases are added to the facts first. */
export function evaluateAll(statements: readonly Statement[], facts: readonly Fact[]): Evaluated[] {
  const known = [...facts, ...aliasFacts(statements, facts)];
  return statements.map((statement) => evaluateOne(statement, known));
}

function evaluateOne(statement: Statement, facts: readonly Fact[]): Evaluated {
  if (statement.fallback !== undefined) return { statement, applies: false, known: true };
  const when = evaluate(statement.when, facts);
  const excepted = statement.unless !== undefined && evaluate(statement.unless, facts).holds;
  return { statement, applies: when.holds && !excepted, known: when.known };
}

function aliasFacts(statements: readonly Statement[], facts: readonly Fact[]): Fact[] {
  return statements
    .filter(({ alias }) => alias.size > 0)
    .filter((statement) => evaluateOne(statement, facts).applies)
    .map(({ alias, target, quote }) => ({
      path: quote,
      nameWords: target,
      concepts: alias,
      value: !target.includes('not'),
      mentions: [],
      prose: false,
    }));
}

/** Finds the deciding statement among those that `outcomeOf` gives an outcome. */
export function judge<Outcome>(
  evaluated: readonly Evaluated[],
  outcomeOf: (statement: Statement) => Outcome | undefined,
): Judgement<Outcome> | undefined {
  const speaking = evaluated.filter(({ statement }) => outcomeOf(statement) !== undefined);
  const active = speaking
    .filter(({ applies, statement }) => applies && !statement.implied)
    .map(({ statement }) => statement);
  const left = active.filter((statement) => !active.some((other) => overrides(other, statement, outcomeOf)));
  const winner = left.reduce<Statement | undefined>(
    (top, next) => (top === undefined || outranks(next, top) ? next : top),
    undefined,
  );
  if (winner === undefined) return judgeByDefault(speaking, outcomeOf);
  const outcome = outcomeOf(winner) as Outcome;
  const against = active.filter((statement) => outcomeOf(statement) !== outcome);
  return {
    outcome,
    statement: winner,
    against,
    confidence: against.length > 0 ? CONFIDENCE.opposed : CONFIDENCE.unopposed,
  };
}

function judgeByDefault<Outcome>(
  speaking: readonly Evaluated[],
  outcomeOf: (statement: Statement) => Outcome | undefined,
): Judgement<Outcome> | undefined {
  const unclear = speaking.some(({ known, statement }) => !known && statement.fallback === undefined);
  const fallback = (kind: Statement['fallback']) =>
    speaking.findLast(({ statement }) => statement.fallback === kind)?.statement;
  const implied = speaking.findLast(({ applies, statement }) => applies && statement.implied)?.statement;
  const options: readonly (readonly [Statement | undefined, number])[] = [
    [unclear ? fallback('unsure') : undefined, CONFIDENCE.unsure],
    [fallback('otherwise'), CONFIDENCE.otherwise],
    [implied, CONFIDENCE.implied],
    [fallback('unsure'), CONFIDENCE.unsure],
  ];
  const [statement, confidence] = options.find(([option]) => option !== undefined) ?? [undefined, 0];
  if (statement === undefined) return undefined;
  return { outcome: outcomeOf(statement) as Outcome, statement, confidence, against: [] };
}

function overrides<Outcome>(
  one: Statement,
  other: Statement,
  outcomeOf: (statement: Statement) => Outcome | undefined,
): boolean {
  if (one.despite.size === 0 || other.strong || outcomeOf(one) === outcomeOf(other)) return false;
  return [...conceptsOf(other.when)].some((concept) => one.despite.has(concept));
}

function outranks(next: Statement, top: Statement): boolean {
  if (next.strong !== top.strong) return next.strong;
  if (refines(next.when, top.when)) return true;
  return !refines(top.when, next.when) && next.index > top.index;
}

/** Whether one condition asks for everything the other does, and for more. */
function refines(one: Condition | undefined, other: Condition | undefined): boolean {
  const concepts = conceptsOf(one);
  return specificityOf(one) > specificityOf(other) && [...conceptsOf(other)].every((concept) => concepts.has(concept));
}
