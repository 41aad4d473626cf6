import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { schemaOf } from '../../src/mission/to-definition.ts';
import { checkInput } from '../../src/routing/input-check.ts';

const definition = (input: MissionDefinition['input']): MissionDefinition => ({
  format: 1,
  name: 'refund-eligibility',
  input,
  output: {},
  prompts: {},
  models: {},
  rules: {},
  tools: {},
  decisions: {},
});

const order = definition(
  schemaOf(
    z.object({ id: z.string().min(1), items: z.array(z.object({ price: z.number() })), note: z.string().default('') }),
    'input',
  ),
);

describe('the input of a run', () => {
  it('goes on as it is given: the run itself fills in defaults', () => {
    const input = { id: 'a', items: [], extra: true };
    expect(checkInput(order, input, 'refund-eligibility@3')).toBe(input);
  });

  it.each([
    ['a missing member', { items: [] }, '/id'],
    ['a wrong type inside', { id: 'a', items: [{ price: 'x' }] }, '/items/0/price'],
    ['no object', null, 'The input does not fit'],
    ['what is not JSON', { id: 'a', items: [], at: new Date(0) }, '/at'],
    ['an undefined member', { id: 'a', items: [], note: undefined }, '/note'],
  ])('is refused for %s', (_, input, place) => {
    expect(() => checkInput(order, input, 'refund-eligibility@3')).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(place) }),
    );
  });

  it('is left to the run when its schema has no zod form', () => {
    const odd = definition({ type: 'no such type' });
    expect(checkInput(odd, { anything: 1 }, 'refund-eligibility@3')).toEqual({ anything: 1 });
  });
});
