import { compare, defineMission, volatile } from 'mission-runtime/mission';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { diffJson } from '../../src/compare/diff-json.ts';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { DEFINITION_KEY } from '../../src/mission/mission.ts';
import { RuleBook } from '../../src/replay/rule-book.ts';

function definitionOf(approve: z.ZodType, at: z.ZodType = z.string()): MissionDefinition {
  const mission = defineMission({
    name: 'verdicts',
    input: z.object({}),
    output: z.object({ approve, reason: compare.text(z.string()) }),
    tools: { send: { effect: 'write', input: z.object({ at }), output: z.object({}) } },
  });
  return mission.workflow(async () => ({ approve: true, reason: '' }))[DEFINITION_KEY];
}

const strict = definitionOf(z.boolean());
const lax = definitionOf(compare.ignore(z.boolean()));
const flip = (rules: RuleBook) =>
  diffJson({ approve: true, reason: 'In time.' }, { approve: false, reason: 'in time' }, rules.output);

describe('the rules that two versions are compared by', () => {
  it('are those of the definition, where both versions have the same', () => {
    expect(flip(new RuleBook(lax, lax))).toEqual([]);
    expect(flip(new RuleBook(strict, strict)).map(({ pointer }) => pointer)).toEqual(['/approve']);
  });

  it.each([
    ['adds a rule that hides its verdict', lax, strict],
    ['takes a rule away', strict, lax],
  ])('do not bend for a candidate that %s', (_, candidate, baseline) => {
    expect(flip(new RuleBook(candidate, baseline)).map(({ pointer }) => pointer)).toEqual(['/approve']);
  });

  it('do not let a candidate declare a field of its writes volatile on its own', () => {
    const view = { kind: 'tool', name: 'send', request: { at: 'noon' } } as const;
    const candidate = definitionOf(z.boolean(), volatile(z.string()));
    expect(new RuleBook(candidate, candidate).withoutVolatile(view)).toEqual({});
    expect(new RuleBook(candidate, strict).withoutVolatile(view)).toEqual({ at: 'noon' });
  });

  it('are exact for plain workflows', () => {
    expect(flip(new RuleBook(undefined)).map(({ pointer }) => pointer)).toEqual(['/approve', '/reason']);
  });
});
