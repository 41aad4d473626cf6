/** Rules on the input and on the caller: what they match, and that stored ones stay what they were. */
import { describe, expect, it } from 'vitest';
import { type CallerAttributes, checkAttributes } from '../../src/routing/caller-attributes.ts';
import { impliedAttributes, matchesRule, routeRule } from '../../src/routing/route-rule.ts';
import { digestOfJson } from '../../src/shared/digest.ts';
import type { Json } from '../../src/shared/json.ts';

const europe = routeRule.parse({
  name: 'europe',
  when: [
    { pointer: 'caller:/region', oneOf: ['eu', 'uk'] },
    { pointer: '/amount', oneOf: [100] },
  ],
  version: 3,
});

describe('a rule on the caller', () => {
  it.each<[string, Json, CallerAttributes | undefined, boolean]>([
    ['an attribute of the list and a place in the input', { amount: 100 }, { region: 'uk' }, true],
    ['another attribute', { amount: 100 }, { region: 'us' }, false],
    ['the attribute alone', { amount: 1 }, { region: 'eu' }, false],
    ['a caller who says nothing', { amount: 100 }, undefined, false],
    ['an input that has what the caller should have', { amount: 100, region: 'eu' }, {}, false],
    ['a caller who has what the input should have', {}, { region: 'eu', amount: 100 }, false],
  ])('is asked about %s', (_, missionInput, attributes, applies) => {
    expect(matchesRule(europe, { missionInput, attributes })).toBe(applies);
  });

  it('tells numbers, booleans and texts apart, and nothing is an attribute but its own', () => {
    const rule = (name: string, value: Json) =>
      routeRule.parse({ name: 'x', when: [{ pointer: `caller:/${name}`, oneOf: [value] }], version: 1 });
    const attributes = { count: 1, internal: true, 'a/b': 'c' };
    const applies = (name: string, value: Json) => matchesRule(rule(name, value), { missionInput: null, attributes });
    expect([applies('count', 1), applies('internal', true), applies('a~1b', 'c')]).toEqual([true, true, true]);
    expect([applies('count', '1'), applies('internal', 'true'), applies('toString', 'x')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(['caller:', 'caller:/', 'caller:region', 'caller:/region/part', 'callers:/region', 'input:/region'])(
    'cannot look at %s',
    (pointer) => {
      expect(routeRule.safeParse({ name: 'x', when: [{ pointer, oneOf: [1] }], version: 1 }).success).toBe(false);
    },
  );

  it('cannot ask for what no attribute is', () => {
    for (const value of [null, {}, []]) {
      const when = [{ pointer: 'caller:/region', oneOf: [value] }];
      expect(routeRule.safeParse({ name: 'x', when, version: 1 }).success).toBe(false);
    }
  });

  it('says enough of its caller to apply again', () => {
    expect(impliedAttributes(europe)).toEqual({ region: 'eu' });
    expect(matchesRule(europe, { missionInput: { amount: 100 }, attributes: impliedAttributes(europe) })).toBe(true);
  });
});

describe('a rule that is stored', () => {
  it('is read as it was written, so that digests of routes stay what they are', () => {
    const stored = {
      name: 'large and new',
      when: [
        { pointer: '/items/0/price', oneOf: [100, null, { a: [1] }] },
        { pointer: '', oneOf: ['x'] },
      ],
      version: 4,
    };
    expect(routeRule.parse(stored)).toEqual(stored);
    expect(digestOfJson(routeRule.parse(stored) as Json)).toBe(digestOfJson(stored));
  });
});

describe('attributes of a caller', () => {
  it('are flat', () => {
    expect(checkAttributes({ region: 'eu', count: 1, internal: false })).toEqual({
      region: 'eu',
      count: 1,
      internal: false,
    });
    for (const wrong of [{ region: ['eu'] }, { region: null }, { region: { is: 'eu' } }]) {
      expect(() => checkAttributes(wrong)).toThrow(
        expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining('"region"') }),
      );
    }
    expect(() => checkAttributes('region')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});
