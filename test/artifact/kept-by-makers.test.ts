/** Functions of the author that make schemas hand over what they keep for others, and do what they did. */
import type { AnyNode } from 'acorn';
import { describe, expect, it } from 'vitest';
import { evaluateModule } from '../../src/artifact/evaluate-module.ts';
import { tellingWhatMakersKeep } from '../../src/artifact/kept-by-makers.ts';
import { parseCode } from '../../src/artifact/parse-code.ts';

const told = (code: string) => tellingWhatMakersKeep(code, parseCode(code).body[0] as AnyNode);

/** What it hands over when it is called, and what that gives. */
function called(code: string, call: string): { readonly given: unknown; readonly kept: unknown[] } {
  const kept: unknown[] = [];
  const host = { __missionKept: (values: unknown[]) => kept.push(...values) };
  const variables = { globalThis: host };
  const text = `${told(code)}\nexports.given = ${call};`;
  const { given } = evaluateModule(text, { filename: 'helper.js', require: () => undefined, variables });
  return { given, kept };
}

describe('a function that holds another', () => {
  it.each([
    [
      'with a block',
      'function within(list) { const most = list.length; return (one) => list.indexOf(one) < most; }',
      'within(["a"])("a")',
      [['a'], 1],
    ],
    [
      'with an expression',
      'var within = ({ list }, [least] = [0]) => (one) => list.indexOf(one) >= least;',
      'within({ list: ["a"] })("a")',
      [['a'], 0],
    ],
    [
      'that gives an object',
      'var within = (list) => ({ has: (one) => list.includes(one) });',
      'within(["a"]).has("a")',
      [['a']],
    ],
    [
      'in another',
      'var within = (list) => (least) => (one) => list.indexOf(one) >= least;',
      'within(["a"])(0)("a")',
      [['a'], 0],
    ],
    [
      'that gives nothing',
      'function within(list) { within.of = (one) => list.includes(one); }',
      '(within(["a"]), within.of("a"))',
      [['a']],
    ],
    [
      'that returns early',
      'function within(list) { const of = 1; if (list.length === of) { const most = 1; return (one) => list.indexOf(one) < most; } return of; }',
      'within(["a"])("a")',
      [['a'], 1, 1],
    ],
    [
      'that returns one of two',
      'function within(list) { if (list.length > 1) return 1; else return (one) => list.includes(one); }',
      'within(["a"])("a")',
      [['a']],
    ],
    [
      'in an object',
      'var within = { of(list) { return (one) => list.includes(one); } };',
      'within.of(["a"])("a")',
      [['a']],
    ],
  ])('tells: %s', (_, code, call, kept) => {
    expect(called(code, call)).toEqual({ given: true, kept });
  });

  it('stays as it is where it holds none', () => {
    const code = 'function least(one) { return one.min(2); }';
    expect(told(code)).toBe(code);
  });
});
