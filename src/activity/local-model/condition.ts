/** Reads the condition of a statement: what must hold for it to apply. Pure; evaluated by `evaluate.ts`. */
import { claimsIn, conceptsIn, isNegation, type Mention } from './lexicon.ts';
import { type Quantity, readQuantity } from './quantity.ts';
import { normalise, wordsOf } from './words.ts';

/** A `setting` (`during the promotion`) is what the author says is the case, unless the facts say that it is not. */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not' | 'setting'; readonly of: Condition }
  | Proposition
  | Comparison
  | WindowTest;

/** Something is said of the case: `the item arrived damaged`. */
export interface Proposition {
  readonly kind: 'proposition';
  readonly mentions: readonly Mention[];
}

/** A number is compared: `3 or more refunds this year`, `worth over $200`, `the total exceeds the limit`. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly quantity: Quantity;
  /** Words and concepts that say which number. */
  readonly subject: ReadonlySet<string>;
}

/** Time against an allowed time: `after the return window`. */
export interface WindowTest {
  readonly kind: 'window';
  readonly side: 'after' | 'within';
  readonly limitDays?: number;
  readonly subject: ReadonlySet<string>;
}

/** Conditions that a count can hang on: `damaged items worth over $200` says two things. */
const STATES = new Set([
  'damaged',
  'defective',
  'wrong',
  'changed mind',
  'final sale',
  'gift',
  'used',
  'opened',
  'promotion',
  'premium',
  'fraud',
  'stolen',
]);
const AFTER = /\b(?:after|passed|past|outside|over|expired|beyond|late|missed|closed|ended|exceeded|elapsed)\b/;
const WITHIN = /\b(?:within|inside|during|before|still|in|open|left)\b/;
/** A part of this many words at most belongs to its neighbour: `damaged or used`. */
const SHORT_PART = 2;
const DENIES = /\b(?:not|no|never|without|neither|nor)\b/;

/** Reads a condition. `undefined` when the text says nothing that could be checked. `list` is what a bare comma means. */
export function parseCondition(text: string, list: 'and' | 'or' = 'and'): Condition | undefined {
  const { text: marked, quantities } = readQuantity(normalise(text));
  const alternatives: Condition[][][] = [[]];
  let denies = false;
  for (const { text: part, joined } of splitParts(marked, list)) {
    const short = isShort(part, quantities);
    const denied: boolean = short && joined === 'or' && denies;
    denies = denied || DENIES.test(part);
    const atom = parseAtom(part, quantities, denied);
    if (atom !== undefined) place(alternatives, atom, joined, short, denied);
  }
  return join(
    'any',
    alternatives.map((parts) =>
      join(
        'all',
        parts.map((tight) => join('any', tight)),
      ),
    ),
  );
}

/**
 * A short part after `or` belongs to its neighbour (`opened and damaged or used` = opened, and damaged or used), a long one is
 * an alternative to all before it. `Not damaged or used` denies both.
 */
function place(
  alternatives: Condition[][][],
  atom: Condition,
  joined: Part['joined'],
  short: boolean,
  denied: boolean,
): void {
  if (joined === 'or' && !short) alternatives.push([[atom]]);
  else if (joined === 'or' && !denied && alternatives.at(-1)?.at(-1) !== undefined)
    alternatives.at(-1)?.at(-1)?.push(atom);
  else alternatives.at(-1)?.push([atom]);
}

function isShort(part: string, quantities: readonly Quantity[]): boolean {
  return wordsOf(part).length <= SHORT_PART && !quantities.some(({ marker }) => part.includes(marker));
}

interface Part {
  readonly text: string;
  readonly joined: 'and' | 'or' | undefined;
}

function splitParts(text: string, list: 'and' | 'or'): Part[] {
  const pieces = text.split(/\s*(?:,\s*(and|or)\b|\b(and|or)\b|(,))\s*/);
  const parts: { text: string; joined: 'and' | 'or' | ',' | undefined }[] = [
    { text: pieces[0] ?? '', joined: undefined },
  ];
  for (let at = 1; at < pieces.length; at += 4) {
    const joined = (pieces[at] ?? pieces[at + 1] ?? ',') as 'and' | 'or' | ',';
    parts.push({ text: pieces[at + 3] ?? '', joined });
  }
  return parts.map(({ text: part, joined }, i) => ({
    text: part,
    joined: joined === ',' ? followingJoin(parts.slice(i), list) : joined,
  }));
}

/** In `damaged, faulty or wrong` the commas mean `or`. */
function followingJoin(parts: readonly { joined: 'and' | 'or' | ',' | undefined }[], list: 'and' | 'or'): 'and' | 'or' {
  const next = parts.find(({ joined }) => joined === 'and' || joined === 'or')?.joined;
  return next === 'and' || next === 'or' ? next : list;
}

function join(kind: 'all' | 'any', conditions: readonly (Condition | undefined)[]): Condition | undefined {
  const given = conditions.filter((condition) => condition !== undefined);
  if (given.length <= 1) return given[0];
  return { kind, of: given };
}

/** All of the given conditions. */
export function allOf(...conditions: readonly (Condition | undefined)[]): Condition | undefined {
  return join('all', conditions);
}

function parseAtom(text: string, quantities: readonly Quantity[], denied: boolean): Condition | undefined {
  const quantity = quantities.find(({ marker }) => text.includes(marker));
  const rest = quantities.reduce((result, { marker }) => result.replace(marker, ' '), text);
  const words = wordsOf(rest);
  const mentions = claimsIn(words);
  const subject = new Set([...words.filter((word) => word.length >= 4 || word === 'age'), ...conceptsIn(words)]);
  const window = windowTest(rest, words, subject, quantity);
  const condition =
    window ?? (quantity === undefined ? proposition(mentions) : comparison(quantity, subject, mentions));
  return denied && condition !== undefined ? { kind: 'not', of: condition } : condition;
}

/** `Was bankrupt before` says bankrupt; only `has no prior claims` is about what was before. */
function proposition(mentions: readonly Mention[]): Proposition | undefined {
  const telling = mentions.filter(({ concept }) => concept !== 'prior');
  const claims = telling.length === 0 ? mentions : telling;
  return claims.length === 0 ? undefined : { kind: 'proposition', mentions: claims };
}

function comparison(
  quantity: Quantity,
  subject: ReadonlySet<string>,
  mentions: readonly Mention[],
): Condition | undefined {
  const states = mentions.filter(({ concept }) => STATES.has(concept));
  return allOf({ kind: 'comparison', quantity, subject }, proposition(states));
}

function windowTest(
  text: string,
  words: readonly string[],
  subject: ReadonlySet<string>,
  quantity: Quantity | undefined,
): WindowTest | undefined {
  if (!subject.has('window')) return undefined;
  const after = AFTER.test(text) || quantity?.operator === '>';
  if (!after && !WITHIN.test(text) && quantity === undefined) return undefined;
  const negated = words.some(isNegation);
  const limitDays = quantity?.days;
  return {
    kind: 'window',
    side: after !== negated ? 'after' : 'within',
    subject,
    ...(limitDays === undefined ? {} : { limitDays }),
  };
}

/** The concepts that a condition speaks of: two statements about the same thing share some. */
export function conceptsOf(condition: Condition | undefined): Set<string> {
  if (condition === undefined) return new Set();
  switch (condition.kind) {
    case 'all':
    case 'any':
      return new Set(condition.of.flatMap((part) => [...conceptsOf(part)]));
    case 'not':
    case 'setting':
      return conceptsOf(condition.of);
    case 'proposition':
      return new Set(condition.mentions.map(({ concept }) => concept));
    case 'comparison':
      return condition.quantity.days === undefined
        ? new Set(condition.subject)
        : new Set(['window', ...condition.subject]);
    case 'window':
      return new Set(['window']);
  }
}

/** How many things a condition asks for: more is more specific. */
export function specificityOf(condition: Condition | undefined): number {
  if (condition === undefined) return 0;
  switch (condition.kind) {
    case 'all':
      return condition.of.reduce((sum, part) => sum + specificityOf(part), 0);
    case 'any':
      return Math.min(...condition.of.map(specificityOf));
    case 'not':
    case 'setting':
      return specificityOf(condition.of);
    case 'proposition':
      return condition.mentions.length;
    case 'comparison':
    case 'window':
      return 1;
  }
}
