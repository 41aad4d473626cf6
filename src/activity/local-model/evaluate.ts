/**
 * Holds conditions against the facts of a case.
 *
 * Invariants
 * 1. What a program wrote (a field) outweighs what a person wrote (a message).
 * 2. What nobody mentions does not hold; a number that nobody gives makes its comparison unknown, and unknown does not hold.
 */
import { type Comparison, type Condition, conceptsOf, type Proposition, type WindowTest } from './condition.ts';
import type { Fact } from './facts.ts';
import { elapsedDays, numberFor, windowLimitDays } from './measure.ts';
import { compare } from './quantity.ts';

export interface Finding {
  readonly holds: boolean;
  /** False when the facts say nothing either way. */
  readonly known: boolean;
}

/** A condition that is absent always holds. */
export function evaluate(condition: Condition | undefined, facts: readonly Fact[]): Finding {
  if (condition === undefined) return { holds: true, known: true };
  switch (condition.kind) {
    case 'all':
      return combine(
        condition.of.map((part) => evaluate(part, facts)),
        true,
      );
    case 'any':
      return combine(
        condition.of.map((part) => evaluate(part, facts)),
        false,
      );
    case 'not': {
      const { holds, known } = evaluate(condition.of, facts);
      return { holds: !holds && known, known };
    }
    case 'setting':
      return evaluateSetting(condition.of, facts);
    case 'proposition':
      return evaluateProposition(condition, facts);
    case 'comparison':
      return evaluateComparison(condition, facts);
    case 'window':
      return evaluateWindow(condition, facts);
  }
}

/** `all` holds when each does, `any` when one does; a known part that settles it makes the whole known. */
function combine(parts: readonly Finding[], all: boolean): Finding {
  const holds = all ? parts.every((part) => part.holds) : parts.some((part) => part.holds);
  const settled = parts.some((part) => part.known && part.holds !== all);
  return { holds, known: settled || parts.every((part) => part.known) };
}

function evaluateSetting(condition: Condition, facts: readonly Fact[]): Finding {
  const asked = conceptsOf(condition);
  const about = facts.filter(({ concepts }) => [...concepts].some((concept) => asked.has(concept)));
  return about.length === 0 ? found(true) : evaluate(condition, about);
}

function evaluateProposition({ mentions }: Proposition, facts: readonly Fact[]): Finding {
  const asked = new Set(mentions.map(({ concept }) => concept));
  const relevant = factsAboutAttribute(asked, facts);
  const rest = relevant === undefined ? mentions : mentions.filter(({ concept }) => !relevant.concepts.has(concept));
  const known = facts.some((fact) => fact.prose || typeof fact.value === 'boolean');
  const findings = rest.map(({ concept, denied }): Finding => {
    const support = supportFor(concept, asked, relevant === undefined ? facts : relevant.facts);
    return { holds: (support === true) !== denied, known: known || support !== undefined };
  });
  return combine(findings, true);
}

/** When the condition names a field (`the condition is used`), fields answer it, and what a person wrote does not. */
function factsAboutAttribute(
  asked: ReadonlySet<string>,
  facts: readonly Fact[],
): { readonly concepts: ReadonlySet<string>; readonly facts: readonly Fact[] } | undefined {
  if (asked.size < 2) return undefined;
  const named = facts.filter(
    ({ value, concepts, prose }) =>
      typeof value === 'string' &&
      !prose &&
      concepts.size === 1 &&
      [...concepts].every((concept) => asked.has(concept)),
  );
  const [first] = named;
  if (first === undefined || named.some(({ concepts }) => !sameSet(concepts, first.concepts))) return undefined;
  return { concepts: first.concepts, facts: facts.filter(({ prose }) => !prose) };
}

function sameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((item) => right.has(item));
}

function supportFor(concept: string, asked: ReadonlySet<string>, facts: readonly Fact[]): boolean | undefined {
  const fields = facts.flatMap((fact) => fieldSupport(fact, concept, asked));
  if (fields.length > 0) return fields.some((support) => support);
  const said = facts.flatMap(({ prose, mentions }) => (prose ? mentions.filter((m) => m.concept === concept) : []));
  return said.length === 0 ? undefined : said.some(({ denied }) => !denied);
}

function fieldSupport(fact: Fact, concept: string, asked: ReadonlySet<string>): boolean[] {
  const { value, concepts, mentions, prose } = fact;
  if (typeof value === 'string') {
    const label = !prose && mentions.length > 0 && mentions.every((mention) => asked.has(mention.concept));
    return label ? mentions.filter((mention) => mention.concept === concept).map(({ denied }) => !denied) : [];
  }
  if (!concepts.has(concept) || ![...concepts].every((part) => asked.has(part))) return [];
  if (typeof value === 'boolean') return [value];
  return typeof value === 'number' ? [value > 0] : [];
}

function evaluateComparison({ quantity, subject }: Comparison, facts: readonly Fact[]): Finding {
  const { operator, value, upper, days, other } = quantity;
  if (other !== undefined) {
    const left = numberFor(subject, 'plain', facts);
    const right = numberFor(new Set(other.split(' ')), 'limit', facts);
    return left === undefined || right === undefined ? UNKNOWN : found(compare(left, operator, right));
  }
  if (days !== undefined) {
    const elapsed = elapsedDays(subject, facts);
    return elapsed === undefined ? UNKNOWN : found(compare(elapsed, operator, days, upper));
  }
  const actual = numberFor(subject, quantity.unit === 'money' ? 'money' : 'plain', facts);
  return actual === undefined ? UNKNOWN : found(compare(actual, operator, value, upper));
}

const UNKNOWN: Finding = { holds: false, known: false };

function found(holds: boolean): Finding {
  return { holds, known: true };
}

function evaluateWindow({ side, limitDays, subject }: WindowTest, facts: readonly Fact[]): Finding {
  const flag = facts.find(({ value, concepts }) => typeof value === 'boolean' && concepts.has('window'));
  if (flag !== undefined && limitDays === undefined) {
    const after = flag.nameWords.some((word) => ['outsid', 'pass', 'expir', 'after', 'over', 'clos'].includes(word));
    return found((side === 'after') === (after === flag.value));
  }
  const limit = limitDays ?? windowLimitDays(facts);
  const elapsed = elapsedDays(subject, facts);
  if (limit === undefined || elapsed === undefined) return UNKNOWN;
  return found(side === 'after' ? elapsed > limit : elapsed <= limit);
}
