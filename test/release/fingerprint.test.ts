/** When causes are looked for, two replays did the same if the compare rules say so. */
import { describe, expect, it } from 'vitest';
import type { Effect, ReplayResult } from '../../src/compare/outcome.ts';
import { missionDefinition } from '../../src/mission/definition.ts';
import type { RunEnd } from '../../src/recording/trace.ts';
import { fingerprintOf } from '../../src/release/attribute-changes.ts';
import { RuleBook } from '../../src/replay/rule-book.ts';
import type { Json } from '../../src/shared/json.ts';

const text = { type: 'string', compare: 'text' };
const definition = missionDefinition.parse({
  format: 1,
  name: 'claims',
  input: {},
  output: { type: 'object', properties: { approve: { type: 'boolean' }, reason: text } },
  prompts: {},
  models: {},
  rules: {},
  tools: { send: { effect: 'write', input: { type: 'object', properties: { to: {}, letter: text } }, output: {} } },
  decisions: {},
});
const rules = new RuleBook(definition, definition);

function did(result: Json, request: Json): string {
  const end: RunEnd = { status: 'completed', result };
  const effects: Effect[] = [{ step: 'send#1', tool: 'send', request }];
  return fingerprintOf(
    { candidateEnd: end, candidateEffects: effects, outcome: 'changed' } as unknown as ReplayResult,
    rules,
  );
}

const usual = did({ approve: false, reason: 'Too late.' }, { to: 'ada', letter: 'Dear Ada, no.' });

describe('what a replay did', () => {
  it.each<[what: string, result: Json, request: Json]>([
    ['a reason in other case', { approve: false, reason: 'TOO LATE' }, { to: 'ada', letter: 'Dear Ada, no.' }],
    [
      'a letter with other punctuation',
      { approve: false, reason: 'Too late.' },
      { to: 'ada', letter: 'Dear Ada – no!' },
    ],
  ])('is the same for %s', (_, result, request) => {
    expect(did(result, request)).toBe(usual);
  });

  it.each<[what: string, result: Json, request: Json]>([
    ['another verdict', { approve: true, reason: 'Too late.' }, { to: 'ada', letter: 'Dear Ada, no.' }],
    ['a reason of other words', { approve: false, reason: 'Too early.' }, { to: 'ada', letter: 'Dear Ada, no.' }],
    ['another receiver', { approve: false, reason: 'Too late.' }, { to: 'bob', letter: 'Dear Ada, no.' }],
  ])('is something else for %s', (_, result, request) => {
    expect(did(result, request)).not.toBe(usual);
  });
});
