import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDifferences } from '../../src/compare/apply-differences.ts';
import { compareRulesOf } from '../../src/compare/compare-rules.ts';
import { DIFF_LIMITS, diffJson } from '../../src/compare/diff-json.ts';
import type { Difference } from '../../src/compare/difference.ts';
import { type Json, jsonEquals } from '../../src/shared/json.ts';

/** Few keys and few values, so that two arbitrary values share much, repeat items and carry ids. */
const anyJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom<Json[]>(null, true, false, 0, -0, 1, 1.5, '', 'a', 'b'),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'a/b', '~', '', '0', '__proto__'), tie('value'), { maxKeys: 4 }),
    fc.uniqueArray(fc.record({ id: fc.nat(6), v: tie('value') }), { maxLength: 5, selector: (item) => item.id }),
  ),
})).value;

describe('diffJson: each kind of change is one difference at its place', () => {
  const cases: { name: string; baseline: Json; candidate: Json; differences: Difference[] }[] = [
    { name: 'nothing', baseline: { a: 1, b: [1] }, candidate: { b: [1], a: 1 }, differences: [] },
    { name: '-0 and 0', baseline: { a: -0 }, candidate: { a: 0 }, differences: [] },
    {
      name: 'a changed value',
      baseline: { approve: true },
      candidate: { approve: false },
      differences: [{ pointer: '/approve', kind: 'changed', baseline: true, candidate: false }],
    },
    {
      name: 'another type, null being one',
      baseline: { a: 1, b: null },
      candidate: { a: '1', b: {} },
      differences: [
        { pointer: '/a', kind: 'type-changed', baseline: 1, candidate: '1' },
        { pointer: '/b', kind: 'type-changed', baseline: null, candidate: {} },
      ],
    },
    {
      name: 'members that come and go, with their keys escaped',
      baseline: { 'a/b': 1 },
      candidate: { 'c~d': 2 },
      differences: [
        { pointer: '/a~1b', kind: 'removed', baseline: 1 },
        { pointer: '/c~0d', kind: 'added', candidate: 2 },
      ],
    },
    {
      name: 'one item inserted in front',
      baseline: ['a', 'b', 'c'],
      candidate: ['x', 'a', 'b', 'c'],
      differences: [{ pointer: '/0', kind: 'added', candidate: 'x' }],
    },
    {
      name: 'one item dropped',
      baseline: [{ v: 1 }, { v: 2 }, { v: 3 }],
      candidate: [{ v: 1 }, { v: 3 }],
      differences: [{ pointer: '/1', kind: 'removed', baseline: { v: 2 } }],
    },
    {
      name: 'two items that changed places',
      baseline: ['a', 'b'],
      candidate: ['b', 'a'],
      differences: [{ pointer: '/0', kind: 'moved', from: '/1', candidate: 'b' }],
    },
    {
      name: 'a change inside an item that stands further back',
      baseline: [{ v: 1 }, { v: 2, w: 1 }],
      candidate: ['x', { v: 1 }, { v: 2, w: 9 }],
      differences: [
        { pointer: '/0', kind: 'added', candidate: 'x' },
        { pointer: '/2/w', kind: 'changed', baseline: 1, candidate: 9 },
      ],
    },
    {
      name: 'items with ids: moved and changed at once',
      baseline: [
        { id: 1, v: 1 },
        { id: 2, v: 2 },
        { id: 3, v: 3 },
      ],
      candidate: [
        { id: 3, v: 4 },
        { id: 1, v: 1 },
        { id: 2, v: 2 },
      ],
      differences: [
        { pointer: '/0', kind: 'moved', from: '/2', candidate: { id: 3, v: 4 } },
        { pointer: '/0/v', kind: 'changed', baseline: 3, candidate: 4 },
      ],
    },
    {
      name: 'an item with another id is another item',
      baseline: [{ id: 1, v: 1 }],
      candidate: [{ id: 2, v: 1 }],
      differences: [
        { pointer: '/0', kind: 'removed', baseline: { id: 1, v: 1 } },
        { pointer: '/0', kind: 'added', candidate: { id: 2, v: 1 } },
      ],
    },
  ];
  it.each(cases)('$name', ({ baseline, candidate, differences }) => {
    expect(diffJson(baseline, candidate)).toEqual(differences);
  });
});

describe('diffJson: properties', () => {
  it('finds nothing between a value and itself', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(diffJson(value, structuredClone(value))).toEqual([]);
      }),
    );
  });

  it('finds what makes the candidate out of the baseline', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (baseline, candidate) => {
        const made = applyDifferences(baseline, diffJson(baseline, candidate));
        expect(jsonEquals(made, candidate), JSON.stringify({ baseline, candidate, made })).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds something both ways or neither way, and nothing only between equal values', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        const empty = diffJson(a, b).length === 0;
        expect(diffJson(b, a).length === 0).toBe(empty);
        expect(empty).toBe(jsonEquals(a, b));
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not look at key order', () => {
    const reversed = (value: Json): Json => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(reversed);
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, reversed(member)]),
      );
    };
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        expect(diffJson(reversed(a), reversed(b))).toEqual(diffJson(a, b));
      }),
    );
  });

  it('finds something both ways or neither way under tolerance, text and unordered rules', () => {
    const rules = compareRulesOf({
      type: 'array',
      compare: 'unordered',
      items: {
        type: 'object',
        properties: {
          n: { compare: { tolerance: { absolute: 1 } } },
          t: { compare: 'text' },
          skip: { compare: 'ignore' },
        },
      },
    });
    const items = fc.array(
      fc.record({ n: fc.nat(4), t: fc.constantFrom('a', 'A ', 'b'), skip: fc.nat(2) }, { requiredKeys: ['n'] }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(items, items, (a, b) => {
        expect(diffJson(b as Json, a as Json, rules).length === 0).toBe(
          diffJson(a as Json, b as Json, rules).length === 0,
        );
        expect(diffJson(a as Json, a.toReversed() as Json, rules)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('diffJson: limits end in a coarse difference, never in none', () => {
  const numbers = (from: number, count: number): Json => Array.from({ length: count }, (_, index) => from + index);

  it('tells too many differences as one, at the deepest place that has too many', () => {
    const members = (value: number): Json => Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, value]));
    const limits = { ...DIFF_LIMITS, maxDifferences: 8 };
    const found = diffJson({ big: members(1), small: 1 }, { big: members(2), small: 2 }, undefined, limits);
    expect(found).toEqual([
      { pointer: '/big', kind: 'changed', baseline: members(1), candidate: members(2), coarse: true },
      { pointer: '/small', kind: 'changed', baseline: 1, candidate: 2 },
    ]);
  });

  it('does not search arrays that would take too long, in order or out of order', () => {
    const limits = { ...DIFF_LIMITS, maxCells: 99 };
    const unordered = compareRulesOf({ compare: 'unordered' });
    for (const rules of [undefined, unordered]) {
      expect(diffJson(numbers(0, 10), numbers(100, 10), rules, limits)).toMatchObject([{ pointer: '', coarse: true }]);
    }
    expect(diffJson(numbers(0, 10), numbers(1, 10), undefined, { ...limits, maxCells: 100 })).toHaveLength(2);
  });

  it('does not search what two long arrays have in common', () => {
    const found = diffJson(numbers(0, 200_000), [-1, ...(numbers(0, 200_000) as number[])]);
    expect(found).toEqual([{ pointer: '/0', kind: 'added', candidate: -1 }]);
  });

  it('looks only so deep', () => {
    const nest = (depth: number, leaf: Json): Json => (depth === 0 ? leaf : { a: nest(depth - 1, leaf) });
    expect(diffJson(nest(64, 1), nest(64, 2))).toMatchObject([{ pointer: '/a'.repeat(64), baseline: 1 }]);
    expect(diffJson(nest(70, 1), nest(70, 2))).toMatchObject([{ pointer: '/a'.repeat(64), coarse: true }]);
  });

  it('counts a comparison that throws as a difference', () => {
    const deep = (leaf: Json): Json => {
      let value = leaf;
      for (let level = 0; level < 200_000; level += 1) value = [value];
      return value;
    };
    const found = diffJson(deep(1), deep(2));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ pointer: '', coarse: true });
  });
});
