/**
 * The data of a case: what a prompt says about this one request, as opposed to how to decide.
 *
 * Data are: JSON objects and arrays anywhere; blocks in tags, fences or triple quotes; lines `name: value`. What is inside
 * data is never read as an instruction, so a customer cannot instruct the model.
 */
import { isJsonObject, type Json } from '../../shared/json.ts';
import { claimsIn, conceptsIn, type Mention } from './lexicon.ts';
import { wordsOf, wordsOfName } from './words.ts';

export interface Fact {
  /** `order.deliveredAt` */
  readonly path: string;
  /** The words of the last name, and the concepts of it. */
  readonly nameWords: readonly string[];
  readonly concepts: ReadonlySet<string>;
  readonly value: null | boolean | number | string;
  /** What its text speaks of; empty for anything but texts and labels. */
  readonly mentions: readonly Mention[];
  /** Milliseconds since 1970, when it is a date. */
  readonly timeMs?: number;
  /** A sentence in a person's words, rather than a label. */
  readonly prose: boolean;
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const PROSE_WORDS_MIN = 5;
/** Fields that people write into, however short. */
const PROSE_NAMES = new Set([
  'messag',
  'text',
  'comment',
  'description',
  'complaint',
  'body',
  'subject',
  'note',
  'letter',
]);
const IDENTIFIER = /[@/\\_]|^[\w-]*\d[\w-]*$|^\w+:\/\//;

/** The facts of a JSON value, one per leaf. */
export function factsOfJson(value: Json, path = ''): Fact[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => factsOfJson(item, path));
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, member]) =>
      factsOfJson(member, path === '' ? name : `${path}.${name}`),
    );
  }
  return [toFact(path, value as Fact['value'])];
}

function toFact(path: string, value: Fact['value']): Fact {
  const nameWords = wordsOfName(path.slice(path.lastIndexOf('.') + 1));
  const base = { path, nameWords, concepts: conceptsIn(nameWords), value };
  if (typeof value !== 'string') return { ...base, mentions: [], prose: false };
  if (ISO_DATE.test(value)) {
    const timeMs = Date.parse(value);
    if (Number.isFinite(timeMs)) return { ...base, mentions: [], prose: false, timeMs };
  }
  if (IDENTIFIER.test(value.trim()) && !/\s/.test(value.trim())) {
    return { ...base, mentions: mentionsOfLabel(value), prose: false };
  }
  const words = wordsOf(value.replaceAll('-', ' '));
  return {
    ...base,
    mentions: claimsIn(words),
    prose: words.length >= PROSE_WORDS_MIN || nameWords.some((word) => PROSE_NAMES.has(word)),
  };
}

/** `changed_mind` is a label; `ORD-1042` and `a@example.com` say nothing. */
function mentionsOfLabel(value: string): readonly Mention[] {
  return /^[a-z]+(?:[_/-][a-z]+)*$/i.test(value) ? claimsIn(wordsOfName(value)) : [];
}

/** The fact of a line `name: value`, with the value read as JSON would be. */
export function factOfLine(name: string, text: string): Fact {
  const value = text.trim().replace(/^"([\s\S]*)"$/, '$1');
  if (/^(?:true|yes)$/i.test(value)) return toFact(name, true);
  if (/^(?:false|no)$/i.test(value)) return toFact(name, false);
  const number = /^[$€£]?\s*(-?\d+(?:,\d{3})*(?:\.\d+)?)\s*(%|days?|weeks?|months?|years?|hours?|usd|eur|gbp)?$/i.exec(
    value,
  );
  if (number === null) return toFact(name, value);
  const unit = number[2] === undefined || number[2] === '%' ? '' : ` ${number[2]}`;
  return toFact(`${name}${unit}`, Number((number[1] as string).replaceAll(',', '')));
}
