/** Puts the parts together: what was read → what it means → an answer with its reasoning. */
import type { JsonObject } from '../../shared/json.ts';
import type { Case, Ground } from './case.ts';
import { chooseLabel } from './classify.ts';
import { compose, NOTHING_APPLIES, reasonOf } from './compose.ts';
import { evaluateAll, judge } from './judge.ts';
import { writeText } from './letter.ts';
import type { ReadMessages } from './messages.ts';
import { vocabularyOf } from './schema.ts';
import { parsePolicy, type ReadPolicy } from './statement-parser.ts';

export interface Answer {
  readonly text: string;
  readonly reasoning: string;
}

const POLICIES_MAX = 200;
const policies = new Map<string, ReadPolicy>();

/** Understands a call. The instructions of a step are the same from run to run, so what they mean is kept. */
export function readCase({ instructions, facts }: ReadMessages, schema: JsonObject | undefined, flip: boolean): Case {
  const policy = policyOf(instructions, schema);
  const all = [...facts, ...policy.definitions];
  return { instructions, facts: all, evaluated: evaluateAll(policy.statements, all), flip };
}

function policyOf(instructions: string, schema: JsonObject | undefined): ReadPolicy {
  const key = `${JSON.stringify(schema ?? null)}\n${instructions}`;
  const known = policies.get(key);
  if (known !== undefined) return known;
  const policy = parsePolicy(instructions, vocabularyOf(schema ?? listedLabels(instructions)));
  if (policies.size >= POLICIES_MAX) policies.clear();
  policies.set(key, policy);
  return policy;
}

/** Answers with an object that fits the schema, or with a text when there is none. */
export function answerCase(given: Case, schema: JsonObject | undefined): Answer {
  if (schema === undefined) return answerText(given);
  const { value, grounds } = compose(schema, given);
  return { text: JSON.stringify(value), reasoning: reasoningOf(given, grounds) };
}

function answerText(given: Case): Answer {
  const labels = listedLabels(given.instructions)?.['enum'];
  if (Array.isArray(labels)) {
    const { label, judgement } = chooseLabel(labels as string[], 'label', given);
    return { text: label, reasoning: reasoningOf(given, [{ field: 'label', judgement }]) };
  }
  if (/\b(?:write|draft|compose|reply|letter|email)\b/i.test(given.instructions)) {
    return { text: writeText(given), reasoning: 'Written from the instructions and the facts given.' };
  }
  const judgement = judge(given.evaluated, ({ decision }) => decision);
  const ground: Ground = { field: 'verdict', judgement };
  if (judgement === undefined) return { text: NOTHING_APPLIES, reasoning: reasoningOf(given, [ground]) };
  const word = { yes: 'Approve', no: 'Deny', refer: 'Refer to a person' }[judgement.outcome];
  return { text: `${word}: ${reasonOf([ground])}`, reasoning: reasoningOf(given, [ground]) };
}

/** `Classify as one of: damaged, wrong item, other` in a prompt without a schema. */
function listedLabels(instructions: string): JsonObject | undefined {
  const list = /\bone of(?: the following| these)?(?: \w+)?:\s*([^.\n]+)/i.exec(instructions)?.[1];
  if (list === undefined) return undefined;
  return {
    enum: list
      .split(/,|\bor\b/)
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  };
}

function reasoningOf({ evaluated, flip }: Case, grounds: readonly Ground[]): string {
  const applying = evaluated.filter(({ applies, statement }) => applies && !statement.implied);
  const lines = grounds.flatMap(({ field, judgement }) =>
    judgement === undefined
      ? []
      : [`${field}: decided by “${judgement.statement.quote}”${against(judgement.against.length)}.`],
  );
  const matched = applying.map(({ statement }) => `Applies: “${statement.quote}”`);
  const noise = flip ? ['(Noise turned the verdict over.)'] : [];
  return [...matched, ...(lines.length === 0 ? [NOTHING_APPLIES] : lines), ...noise].join('\n');
}

function against(count: number): string {
  return count === 0
    ? ''
    : `, which stands before ${count} other${count === 1 ? '' : 's'} that appl${count === 1 ? 'ies' : 'y'} too`;
}
