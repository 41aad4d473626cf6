/** Composes an answer that fits a JSON Schema from what the statements decide and the facts say. */
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { Case, Ground } from './case.ts';
import { chooseLabel } from './classify.ts';
import type { Fact } from './facts.ts';
import { type Judgement, judge } from './judge.ts';
import { writeText } from './letter.ts';
import { conceptsIn } from './lexicon.ts';
import { labelsOf, labelWords, membersOf, resolveSchema } from './schema.ts';
import type { Statement } from './statement.ts';
import { includesWords } from './statement-parser.ts';
import { type Decision, decisionNamed } from './verdict-words.ts';
import { wordsOf } from './words.ts';

const REASON = /reason|explanation|rationale|justification|why|summary|because/i;
const CONFIDENCE = /confidence|certainty|probability/i;
const LETTER = /letter|message|body|text|reply|answer|email|note/i;
const QUOTES = /reasons|statements|evidence|matched|quotes|grounds/i;
/** What is said when no statement applies. */
export const NOTHING_APPLIES = 'No statement of the instructions applies to this case.';

export interface Composed {
  readonly value: Json;
  readonly grounds: readonly Ground[];
}

/** Composes the answer, the deciding members first, so that its reasons and confidence can speak of them. */
export function compose(schema: JsonObject, given: Case): Composed {
  const grounds: Ground[] = [];
  const confidences: number[] = [];
  const composer = { schema, given, grounds, confidences };
  return { value: composeValue(schema, 'answer', composer), grounds };
}

interface Composer {
  readonly schema: JsonObject;
  readonly given: Case;
  readonly grounds: Ground[];
  readonly confidences: number[];
}

function composeValue(part: Json, field: string, composer: Composer): Json {
  const schema = resolveSchema(part, composer.schema);
  if (schema['const'] !== undefined) return schema['const'];
  const labels = labelsOf(schema);
  if (labels.length > 0) return composeLabel(labels, field, composer);
  const make = typeof schema['type'] === 'string' ? COMPOSERS[schema['type']] : undefined;
  return make === undefined ? composeObject(schema, composer) : make(schema, field, composer);
}

const COMPOSERS: Readonly<Record<string, (schema: JsonObject, field: string, composer: Composer) => Json>> = {
  boolean: (_, field, composer) => composeBoolean(field, composer),
  number: composeNumber,
  integer: composeNumber,
  string: composeString,
  array: composeArray,
  null: () => null,
};

/** Verdicts and labels are settled before texts and numbers, which speak of them; the order of members stays. */
function composeObject(schema: JsonObject, composer: Composer): Json {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const values = new Map<string, Json>();
  const members = membersOf(schema);
  const deciding = (member: Json) => {
    const resolved = resolveSchema(member, composer.schema);
    return resolved['type'] === 'boolean' || labelsOf(resolved).length > 1;
  };
  const inOrder = [...members].sort(([, left], [, right]) => Number(deciding(right)) - Number(deciding(left)));
  for (const [name, member] of inOrder) {
    const value = composeValue(member, name, composer);
    if (required.has(name) || (value !== '' && value !== null)) values.set(name, value);
  }
  return Object.fromEntries(members.flatMap(([name]) => (values.has(name) ? [[name, values.get(name) as Json]] : [])));
}

function composeLabel(labels: readonly string[], field: string, { given, grounds, confidences }: Composer): string {
  const choice = chooseLabel(labels, field, given);
  grounds.push({ field, judgement: choice.judgement });
  confidences.push(choice.confidence);
  return choice.label;
}

function composeBoolean(field: string, { given, grounds, confidences }: Composer): boolean {
  const words = labelWords(field);
  const verdict = decisionNamed(words);
  const own = verdict === undefined ? judge(given.evaluated, (statement) => saidOf(words, statement)) : undefined;
  const judgement =
    own ?? (verdict === undefined && !isVerdictField(given) ? undefined : judgeVerdict(given, verdict ?? 'yes'));
  grounds.push({ field, judgement });
  confidences.push(judgement?.confidence ?? 0);
  return (judgement?.outcome ?? false) !== given.flip;
}

/** What a statement says of a field by its name: `mark as urgent when …`, `known is false if …`. */
function saidOf(field: readonly string[], { target, decision }: Statement): boolean | undefined {
  const named = includesWords(target, field) || sharesAll(conceptsIn(field), conceptsIn(target));
  return named ? decision !== 'no' && !target.some((word) => DENIALS.has(word)) : undefined;
}

const DENIALS = new Set(wordsOf('not false never no'));

/** The verdict of the policy, as a field of this meaning has it: `deny` is true when the verdict is no. */
function judgeVerdict(given: Case, meaning: Decision): Judgement<boolean> | undefined {
  return judge(given.evaluated, ({ decision }) => {
    if (decision === undefined) return undefined;
    return meaning === 'refer' ? decision === 'refer' : (decision === 'yes') !== (meaning === 'no');
  });
}

/** A lone boolean of another name (`answer`, `valid`) is the verdict when the policy gives verdicts at all. */
function isVerdictField({ evaluated }: Case): boolean {
  return evaluated.some(({ statement }) => statement.decision !== undefined);
}

function sharesAll(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return part.size > 0 && [...part].every((item) => whole.has(item));
}

function composeNumber(schema: JsonObject, field: string, { given, confidences }: Composer): number {
  const minimum = typeof schema['minimum'] === 'number' ? schema['minimum'] : 0;
  const maximum = typeof schema['maximum'] === 'number' ? schema['maximum'] : undefined;
  if (CONFIDENCE.test(field)) {
    const confidence = confidences.length === 0 ? 0 : Math.min(...confidences);
    const scaled = minimum + confidence * ((maximum ?? 1) - minimum);
    return schema['type'] === 'integer' ? Math.round(scaled) : Number(scaled.toFixed(4));
  }
  const fact = factNamed(field, given.facts, 'number');
  const value = typeof fact?.value === 'number' ? fact.value : minimum;
  const clamped = Math.max(minimum, Math.min(maximum ?? value, value));
  return schema['type'] === 'integer' ? Math.round(clamped) : clamped;
}

function composeString(schema: JsonObject, field: string, { given, grounds }: Composer): string {
  const limit = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : undefined;
  const fact = REASON.test(field) ? undefined : factNamed(field, given.facts, 'string');
  const text =
    fact !== undefined
      ? String(fact.value)
      : LETTER.test(field) && !REASON.test(field)
        ? writeText(given)
        : reasonOf(grounds);
  return limit === undefined ? text : text.slice(0, limit);
}

function composeArray(schema: JsonObject, field: string, composer: Composer): Json {
  const items = isJsonObject(schema['items']) ? resolveSchema(schema['items'], composer.schema) : {};
  const labels = labelsOf(items);
  if (labels.length > 0) {
    const choice = chooseLabel(labels, field, composer.given);
    composer.grounds.push({ field, judgement: choice.judgement });
    return choice.confidence === 0 ? [] : [choice.label];
  }
  if (items['type'] !== 'string' || !QUOTES.test(field)) return [];
  return composer.given.evaluated.flatMap(({ applies, statement }) =>
    applies && !statement.implied ? [statement.quote] : [],
  );
}

function factNamed(field: string, facts: readonly Fact[], type: 'number' | 'string'): Fact | undefined {
  const words = labelWords(field);
  return (
    facts.find(({ value, nameWords }) => typeof value === type && nameWords.join(' ') === words.join(' ')) ??
    facts.find(({ value, nameWords }) => typeof value === type && includesWords(nameWords, words))
  );
}

/** The deciding statement, quoted. */
export function reasonOf(grounds: readonly Ground[]): string {
  const judgement = grounds.find((ground) => ground.judgement !== undefined)?.judgement;
  return judgement === undefined ? NOTHING_APPLIES : `“${judgement.statement.quote}”`;
}
