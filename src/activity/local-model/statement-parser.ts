/** Reads statements out of sentences. */

import { type Clause, clausesOf } from './clauses.ts';
import { allOf, type Condition, parseCondition } from './condition.ts';
import { type Fact, factOfLine } from './facts.ts';
import { conceptsIn } from './lexicon.ts';
import { sentencesOf } from './sentences.ts';
import type { Statement, Vocabulary } from './statement.ts';
import { type Decision, decisionIn } from './verdict-words.ts';
import { normalise, wordsOf } from './words.ts';

export interface ReadPolicy {
  readonly statements: readonly Statement[];
  /** What the instructions state as fact: `The return window is 30 days`. */
  readonly definitions: readonly Fact[];
}

const LEAD =
  /^(?:(?:and|but|also|however|please|remember that|note that|exception|note|important|policy|rule(?: \d+)?|reminder|promotion|then|in addition|\d+[.)])(?:[:,]\s*|\s+))+/;
const META =
  /^(?:you (?:are|will|decide|check|read)|your (?:task|job)|we |decide|determine|judge|assess|check|answer|respond|reply|classify|categori[sz]e|write|explain|give|consider|read|here|below|quote|use the following|look)\b/;
const ABOUT_A_QUESTION = /^(?:decide|determine|judge|assess|check|explain|say)\b|\bwhether\b/;
const OTHERWISE =
  /^(?:otherwise|in all other cases|in any other case|in every other case|if none of .*?(?:apply|applies|hold|holds)|if no(?:thing| rule) .*?(?:applies|apply)|by default|everything else|all other \w+|any other \w+|for everything else|else)\b,?\s*/;
const UNSURE =
  /\b(?:if|when|where|whenever|in case)\s+(?:you are |it is |this is |you're )?(?:still )?(?:unsure|in doubt|uncertain|not sure|unclear|not clear|doubtful|undecided)\b,?\s*|^in doubt,?\s*/;
const BENEFIT = /\bbenefit of the doubt\b/;
const STRONG = /\b(?:always|never|under no circumstances|in any case|no matter|without exception)\b/;
const DEFINITION =
  /^(?:the |our )?([a-z' -]{3,40}?) (?:is|are|equals|lasts) ([$€£]?\d[\d,.]*)\s*(hours?|days?|weeks?|months?|years?)?(?: (?:after|from|since)\b.*)?$/;

/** Reads a policy. Sentences that state no rule (greetings, tasks, formats) are passed over. */
export function parsePolicy(instructions: string, vocabulary: Vocabulary): ReadPolicy {
  const statements: Statement[] = [];
  const definitions: Fact[] = [];
  for (const quote of sentencesOf(instructions)) {
    const text = normalise(quote)
      .replace(LEAD, '')
      .replace(/[.!:]+$/, '');
    const definition = DEFINITION.exec(text);
    if (definition !== null)
      definitions.push(factOfLine(`${definition[1]}`, `${definition[2]} ${definition[3] ?? ''}`.trim()));
    else statements.push(...parseSentence(quote, text, statements.length, vocabulary));
  }
  return { statements, definitions };
}

function parseSentence(quote: string, text: string, index: number, vocabulary: Vocabulary): Statement[] {
  const base = emptyStatement(quote.replace(/\s+/g, ' ').trim(), index, STRONG.test(text));
  const hint = hintOf(text, vocabulary);
  if (hint !== undefined) return [{ ...base, ...hint }];
  const fallback = fallbackOf(text);
  if (fallback !== undefined) return [{ ...base, ...fallback }];
  const clauses = clausesOf(text, (clause) => concludes(clause, vocabulary));
  if (clauses === undefined || ABOUT_A_QUESTION.test(text)) return [];
  const hasCondition = clauses.conditions.length > 0;
  if (!hasCondition && META.test(text)) return [];
  return build(base, clauses.main, clauses.conditions, vocabulary);
}

function emptyStatement(quote: string, index: number, strong: boolean): Statement {
  return {
    index,
    quote,
    strong,
    implied: false,
    when: undefined,
    unless: undefined,
    despite: new Set(),
    decision: undefined,
    target: [],
    fallback: undefined,
    alias: new Set(),
  };
}

/** `billing: invoices, charges and payments` explains a label. */
function hintOf(text: string, { labels }: Vocabulary): Pick<Statement, 'when' | 'target'> | undefined {
  const match = /^["'“]?([a-z][\w -]{0,30}?)["'”]?\s*(?::|—|–| - |=| means )\s*(.+)$/.exec(text);
  const target = wordsOf((match?.[1] ?? '').replaceAll(/[_-]/g, ' '));
  if (match === null || !labels.some((label) => label.join(' ') === target.join(' '))) return undefined;
  const when = parseCondition((match[2] as string).replace(/^(?:when|if)\b/, ''), 'or');
  return when === undefined ? undefined : { when, target };
}

function fallbackOf(text: string): Pick<Statement, 'fallback' | 'decision' | 'target'> | undefined {
  if (BENEFIT.test(text)) {
    const decision: Decision = /\b(?:not|never|no)\b/.test(text) ? 'no' : 'yes';
    return { fallback: 'unsure', decision, target: [] };
  }
  const kind = OTHERWISE.test(text) ? 'otherwise' : UNSURE.test(text) ? 'unsure' : undefined;
  if (kind === undefined) return undefined;
  const rest = text.replace(OTHERWISE, '').replace(UNSURE, '');
  return { fallback: kind, decision: decisionIn(rest), target: wordsOf(rest) };
}

/** Whether a clause says what to do: it decides, treats one thing as another, or names a label. */
function concludes(clause: string, { labels, flags }: Vocabulary): boolean {
  if (COMMAND.test(clause) || decisionIn(clause) !== undefined) return true;
  const words = wordsOf(clause);
  return [...labels, ...flags].some((name) => includesWords(words, name));
}

const COMMAND =
  /^(?:then )?(?:always |never |do not )?(?:treat|count|consider|regard|route|assign|set|mark|flag|classify|choose|label)\b/;

function build(base: Statement, main: string, clauses: readonly Clause[], vocabulary: Vocabulary): Statement[] {
  const { object, target, treated } = conclusionOf(main, vocabulary);
  const decision = decisionIn(target);
  const conditions = (kind: Clause['kind']) =>
    clauses.filter((clause) => clause.kind === kind).map(({ text }) => parseCondition(text));
  const only = allOf(...conditions('only'));
  const settings = conditions('setting').flatMap((of): Condition[] =>
    of === undefined ? [] : [{ kind: 'setting', of }],
  );
  const when = allOf(...settings, parseCondition(object), ...conditions('if'));
  const statement: Statement = {
    ...base,
    when,
    unless: orOf(conditions('unless')),
    strong: base.strong || clauses.some(({ kind }) => kind === 'regardless'),
    despite: new Set(
      clauses.filter(({ kind }) => kind === 'even').flatMap(({ text }) => [...conceptsIn(wordsOf(text))]),
    ),
    decision,
    target: wordsOf(target),
    alias: treated && decision === undefined ? conceptsIn(wordsOf(target)) : new Set(),
  };
  if (only !== undefined && decision !== undefined && decision !== 'refer') return onlyIf(statement, only, decision);
  if (statement.unless === undefined || decision === undefined || decision === 'refer') return [statement];
  return [
    statement,
    {
      ...statement,
      implied: true,
      strong: false,
      unless: undefined,
      when: allOf(when, statement.unless),
      decision: opposite(decision),
    },
  ];
}

function onlyIf(statement: Statement, only: Condition, decision: 'yes' | 'no'): Statement[] {
  const refused: Condition | undefined = allOf(statement.when, { kind: 'not', of: only });
  return [
    { ...statement, when: allOf(statement.when, only) },
    { ...statement, when: refused, decision: opposite(decision), target: [] },
  ];
}

function opposite(decision: 'yes' | 'no'): Decision {
  return decision === 'yes' ? 'no' : 'yes';
}

function orOf(conditions: readonly (Condition | undefined)[]): Condition | undefined {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length <= 1 ? given[0] : { kind: 'any', of: given };
}

const TREAT = /\b(?:treat|count|consider|regard|handle)\s+(.+?)\s+as\s+(.+)$/;
const IMPERATIVE =
  /^(?:(?:always|never|please|then|also|do not|you (?:should|must|may|can)|we) )*(?<verb>approve|accept|grant|allow|refund|pay|honou?r|cover|permit|pass|reimburse|authori[sz]e|deny|reject|decline|refuse|disallow|exclude|forbid|escalate|review|refer)\b\s*(?<object>.*)$/;
const ASSIGNMENT =
  /^(?:(?:always|never|please|then|also|do not) )*(?:route|assign|send|forward|set|mark|flag|classify|categori[sz]e|label|use|choose|pick|tag|put|give)\s+(?<object>.*?)\s*(?:\b(?:to|as|into)\b\s+(?<target>.*))?$/;
const PASSIVE =
  /^(?<object>.*?)\s+(?<target>(?:is|are|was|were|must|should|shall|can|may|will|do|does|gets?|remains?|qualif\w+|stays?|goe?s?|belongs?)\b.*)$/;

interface Conclusion {
  /** Which cases it is about: `final-sale items`. */
  readonly object: string;
  readonly target: string;
  readonly treated: boolean;
}

function conclusionOf(main: string, vocabulary: Vocabulary): Conclusion {
  const treat = TREAT.exec(main);
  if (treat !== null) {
    const negated = /\b(?:not|never)\b/.test(main.slice(0, treat.index));
    return { object: treat[1] as string, target: `${negated ? 'not ' : ''}${treat[2]}`, treated: true };
  }
  const imperative = IMPERATIVE.exec(main)?.groups;
  if (imperative !== undefined) return { object: imperative['object'] ?? '', target: main, treated: false };
  const assignment = ASSIGNMENT.exec(main)?.groups;
  if (assignment !== undefined) return assigned(assignment['object'] ?? '', assignment['target'], main, vocabulary);
  const passive = PASSIVE.exec(main)?.groups;
  if (passive !== undefined) return assigned(passive['object'] ?? '', passive['target'], main, vocabulary);
  return { object: '', target: main, treated: false };
}

/** What is assigned to is a field or a label, not a condition; the field stays in the target, which then speaks of it alone. */
function assigned(
  object: string,
  target: string | undefined,
  main: string,
  { fields, labels }: Vocabulary,
): Conclusion {
  const words = wordsOf(object);
  if (words.some((word) => fields.has(word))) return { object: '', target: main, treated: false };
  const label = target === undefined && labels.some((candidate) => includesWords(words, candidate));
  return { object: label ? '' : object, target: target ?? main, treated: false };
}

/** Whether a list of words holds another one in a row. */
export function includesWords(words: readonly string[], part: readonly string[]): boolean {
  return part.length > 0 && words.some((_, at) => part.every((word, i) => words[at + i] === word));
}
