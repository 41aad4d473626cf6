import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { compareRulesOf } from '../../src/compare/compare-rules.ts';
import { diffJson } from '../../src/compare/diff-json.ts';
import { normalise, normaliseText } from '../../src/compare/normalise.ts';
import { stripVolatile, volatilePointersOf } from '../../src/compare/volatile.ts';
import { compare, volatile } from '../../src/mission/annotations.ts';
import type { Json } from '../../src/shared/json.ts';

const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema) as Json;
const pointers = (schema: z.ZodType, baseline: Json, candidate: Json) =>
  diffJson(baseline, candidate, compareRulesOf(jsonSchema(schema))).map((difference) => difference.pointer);

describe('compare rules: what the author of a schema forgives is no difference, and nothing else is forgiven', () => {
  const line = z.object({ sku: z.string(), price: compare.tolerance(z.number(), { absolute: 0.01 }) });
  const tree: z.ZodType = z.object({
    note: compare.text(z.string()),
    get children(): z.ZodType {
      return z.array(tree).optional();
    },
  });
  const variants = z.discriminatedUnion('approve', [
    z.object({ approve: z.literal(true), note: compare.ignore(z.string()) }),
    z.object({ approve: z.literal(false), note: z.string() }),
  ]);
  const cases: { name: string; schema: z.ZodType; baseline: Json; candidate: Json; differ: string[] }[] = [
    {
      name: 'ignore',
      schema: z.object({ at: compare.ignore(z.string()), ok: z.boolean() }),
      baseline: { at: '1', ok: true },
      candidate: { at: '2', ok: false },
      differ: ['/ok'],
    },
    {
      name: 'ignore: present or absent',
      schema: z.object({ at: compare.ignore(z.string().optional()) }),
      baseline: { at: '1' },
      candidate: {},
      differ: [],
    },
    {
      name: 'ignore: of another type',
      schema: z.object({ at: compare.ignore(z.any()) }),
      baseline: { at: 1 },
      candidate: { at: ['x'] },
      differ: [],
    },
    {
      name: 'tolerance in an array item',
      schema: z.array(line),
      baseline: [{ sku: 'a', price: 1 }],
      candidate: [{ sku: 'a', price: 1.01 }],
      differ: [],
    },
    {
      name: 'tolerance exceeded',
      schema: z.array(line),
      baseline: [{ sku: 'a', price: 1 }],
      candidate: [{ sku: 'a', price: 1.02 }],
      differ: ['/0/price'],
    },
    {
      name: 'tolerance, relative',
      schema: compare.tolerance(z.number(), { relative: 0.05 }),
      baseline: 100,
      candidate: 105.2,
      differ: [],
    },
    {
      name: 'tolerance, relative, exceeded',
      schema: compare.tolerance(z.number(), { relative: 0.05 }),
      baseline: 100,
      candidate: 106,
      differ: [''],
    },
    {
      name: 'tolerance does not forgive another type',
      schema: compare.tolerance(z.number().nullable(), { absolute: 9 }),
      baseline: 1,
      candidate: null,
      differ: [''],
    },
    {
      name: 'an inserted item beside one within tolerance',
      schema: z.array(line),
      baseline: [{ sku: 'a', price: 1 }],
      candidate: [
        { sku: 'b', price: 5 },
        { sku: 'a', price: 1.005 },
      ],
      differ: ['/0'],
    },
    {
      name: 'unordered',
      schema: compare.unordered(z.array(z.string())),
      baseline: ['a', 'b', 'b'],
      candidate: ['b', 'a', 'b'],
      differ: [],
    },
    {
      name: 'unordered counts',
      schema: compare.unordered(z.array(z.string())),
      baseline: ['a', 'b', 'b'],
      candidate: ['b', 'a', 'a'],
      differ: ['/2', '/2'],
    },
    {
      name: 'unordered items with ids',
      schema: compare.unordered(z.array(z.object({ id: z.string(), n: z.number() }))),
      baseline: [
        { id: 'a', n: 1 },
        { id: 'b', n: 2 },
      ],
      candidate: [
        { id: 'b', n: 3 },
        { id: 'a', n: 1 },
      ],
      differ: ['/0/n'],
    },
    {
      name: 'text',
      schema: z.record(z.string(), compare.text(z.string())),
      baseline: { a: 'Small, and in time.' },
      candidate: { a: ' small and\nin time' },
      differ: [],
    },
    {
      name: 'text with other words',
      schema: compare.text(z.string()),
      baseline: 'in time',
      candidate: 'not in time',
      differ: [''],
    },
    {
      name: 'text keeps signs that mean something',
      schema: compare.text(z.string()),
      baseline: '$5',
      candidate: '€5',
      differ: [''],
    },
    {
      name: 'nullable',
      schema: z.object({ t: compare.text(z.string()).nullable() }),
      baseline: { t: 'A' },
      candidate: { t: 'a' },
      differ: [],
    },
    {
      name: 'through an intersection',
      schema: z.intersection(z.object({ a: compare.ignore(z.number()) }), z.object({ b: z.number() })),
      baseline: { a: 1, b: 1 },
      candidate: { a: 2, b: 2 },
      differ: ['/b'],
    },
    {
      name: 'tuples item by item',
      schema: z.tuple([compare.ignore(z.string()), z.string()]),
      baseline: ['a', 'b'],
      candidate: ['b', 'a'],
      differ: ['/1'],
    },
    {
      name: 'through recursion',
      schema: tree,
      baseline: { note: 'A', children: [{ note: 'B', children: [{ note: 'C' }] }] },
      candidate: { note: 'a', children: [{ note: 'b', children: [{ note: 'x' }] }] },
      differ: ['/children/0/children/0/note'],
    },
    {
      name: 'a variant told apart by its value',
      schema: z.union([compare.ignore(z.enum(['a', 'b'])), z.enum(['c', 'd'])]),
      baseline: 'a',
      candidate: 'b',
      differ: [],
    },
    {
      name: 'a variant that ignores',
      schema: variants,
      baseline: { approve: true, note: 'a' },
      candidate: { approve: true, note: 'b' },
      differ: [],
    },
    {
      name: 'a variant that does not',
      schema: variants,
      baseline: { approve: false, note: 'a' },
      candidate: { approve: false, note: 'b' },
      differ: ['/note'],
    },
    {
      name: 'one of each variant: strict',
      schema: variants,
      baseline: { approve: true, note: 'a' },
      candidate: { approve: false, note: 'b' },
      differ: ['/approve', '/note'],
    },
  ];
  it.each(cases)('$name', ({ schema, baseline, candidate, differ }) => {
    expect(pointers(schema, baseline, candidate)).toEqual(differ);
  });

  it.each<Json>([
    { compare: 'ignor' },
    { compare: { tolerance: {} } },
    { compare: 7 },
    { $ref: 'elsewhere.json' },
    { $ref: '#/$defs/none' },
    { $ref: '#' },
  ])('compares exactly where the annotation says nothing understandable: %j', (schema) =>
    expect(diffJson(1, 2, compareRulesOf(schema))).toHaveLength(1),
  );

  it('keeps the type of what it annotates', () => {
    const schema = z.object({ n: compare.tolerance(z.number().int(), { absolute: 1 }) });
    const parsed: { n: number } = schema.parse({ n: 3 });
    expect(parsed).toEqual({ n: 3 });
    expect(() => compare.tolerance(z.number(), {})).toThrow(/absolute/);
    expect(() => compare.tolerance(z.number(), { absolute: -1 })).toThrow();
  });
});

describe('normalise: values that differ by what the rules forgive become one value', () => {
  it('drops what is ignored, keeps words of texts, sorts what is unordered', () => {
    const schema = z.object({
      at: compare.ignore(z.string()),
      tags: compare.unordered(z.array(compare.text(z.string()))),
    });
    const rules = compareRulesOf(jsonSchema(schema));
    expect(normalise({ at: 'x', tags: ['B!', 'a'] }, rules)).toEqual({ tags: ['a', 'b'] });
    expect(normalise({ tags: ['A', 'b'] }, rules)).toEqual({ tags: ['a', 'b'] });
  });

  it.each([
    ['Ｆｕｌｌ  width', 'full width'],
    ['“Quoted” — text…', 'quoted text'],
    ['don’t', 'don t'],
  ])('takes %j for %j', (text, words) => expect(normaliseText(text)).toBe(words));
});

describe('volatile fields: two requests that differ only by them look up the same evidence', () => {
  const schema = z.object({
    id: z.string(),
    traceId: volatile(z.string()),
    parts: z.array(z.object({ at: volatile(z.number()) })),
  });
  const places = volatilePointersOf(jsonSchema(schema));

  it('leaves them out, at any depth', () => {
    expect(stripVolatile({ id: 'a', traceId: 't', parts: [{ at: 1 }, { at: 2 }] }, places)).toEqual({
      id: 'a',
      parts: [{}, {}],
    });
  });
  it('changes nothing without a schema', () => {
    expect(stripVolatile({ id: 'a' }, volatilePointersOf(undefined))).toEqual({ id: 'a' });
  });
});
