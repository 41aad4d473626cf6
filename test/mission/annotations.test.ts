import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { compare, redact, volatile } from '../../src/mission/annotations.ts';

describe('annotations travel in the JSON Schema of the field they stand on', () => {
  it.each<[string, z.ZodType, object]>([
    ['ignore', compare.ignore(z.string()), { type: 'string', compare: 'ignore' }],
    ['tolerance', compare.tolerance(z.number(), { relative: 0.05 }), { compare: { tolerance: { relative: 0.05 } } }],
    ['unordered', compare.unordered(z.array(z.string())), { type: 'array', compare: 'unordered' }],
    ['text', compare.text(z.string()), { compare: 'text' }],
    ['volatile', volatile(z.string()), { volatile: true }],
    ['secret', redact.secret(z.string()), { redact: 'secret' }],
    [
      'several, beside a description',
      volatile(redact.personal(compare.text(z.string().describe('d')))),
      { description: 'd', compare: 'text', redact: 'personal', volatile: true },
    ],
    ['the last of two rules', compare.ignore(compare.text(z.string())), { compare: 'ignore' }],
  ])('%s', (_, schema, expected) => {
    expect(z.toJSONSchema(schema)).toMatchObject(expected);
  });

  it('leaves the schema it was given as it was, and its registered id with it', () => {
    const money = z.number().meta({ id: 'AnnotatedMoney' });
    const both = z.toJSONSchema(z.object({ exact: money, near: compare.tolerance(money, { absolute: 1 }) }));
    expect(both.$defs).toEqual({ AnnotatedMoney: { type: 'number' } });
    expect(both.properties?.['exact']).toEqual({ $ref: '#/$defs/AnnotatedMoney' });
    expect(both.properties?.['near']).toMatchObject({ compare: { tolerance: { absolute: 1 } } });
  });

  it('keeps the type that is inferred', () => {
    const schema = z.object({ at: compare.ignore(z.string()).optional(), n: volatile(z.literal(1)) });
    const value: z.infer<typeof schema> = schema.parse({ n: 1 });
    const n: 1 = value.n;
    expect(n).toBe(1);
  });
});
