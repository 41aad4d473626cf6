/** Which places a schema declares, of schemas as missions have them. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { schemaOf } from '../../src/mission/to-definition.ts';
import { declaredMembers, declaresPlace } from '../../src/routing/declared-places.ts';
import type { JsonObject } from '../../src/shared/json.ts';

const tree = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

const schema = schemaOf(
  z.object({
    customer: z.object({ tier: z.enum(['gold', 'staff']).default('gold') }).optional(),
    items: z.array(z.object({ price: z.number() })),
    pair: z.tuple([z.string(), z.object({ second: z.string() })]),
    either: z.union([z.object({ left: z.string() }), z.object({ right: z.string() }), z.null()]),
    both: z.intersection(z.object({ one: z.string() }), z.object({ two: z.string() })),
    labels: z.record(z.string(), z.object({ text: z.string() })),
    loose: z.looseObject({ known: z.string() }),
    closed: z.strictObject({ known: z.string() }),
    anything: z.unknown(),
    'a/b': z.string(),
    tree,
  }),
  'input',
) as JsonObject;

describe('places of a schema', () => {
  it.each([
    '',
    '/customer',
    '/customer/tier',
    '/items/0',
    '/items/17/price',
    '/pair/1/second',
    '/either/left',
    '/either/right',
    '/both/one',
    '/both/two',
    '/labels/any/text',
    '/loose/other',
    '/anything/at/all',
    '/a~1b',
    '/tree/children/0/children/3/name',
  ])('has %s', (pointer) => {
    expect(declaresPlace(schema, pointer)).toBe(true);
  });

  it.each([
    '/custmer',
    '/customer/teir',
    '/customer/tier/deeper',
    '/items/price',
    '/items/0/prize',
    '/either/middle',
    '/both/three',
    '/labels/any/txt',
    '/closed/other',
    '/tree/children/0/parent',
    '/toString',
  ])('has no %s', (pointer) => {
    expect(declaresPlace(schema, pointer)).toBe(false);
  });

  it('are anywhere where nothing is declared', () => {
    for (const open of [{}, { type: 'object' }, { $ref: 'https://example.com/schema.json' }])
      expect(declaresPlace(open, '/a/0/b')).toBe(true);
    expect(declaresPlace({ type: 'string' }, '/a')).toBe(false);
  });

  it('are named', () => {
    expect(declaredMembers(schema, '/customer')).toEqual(['/customer/tier']);
    expect(declaredMembers(schema, '/either')).toEqual(['/either/left', '/either/right']);
    expect(declaredMembers(schema, '')).toContain('/a~1b');
    expect(declaredMembers(schema, '/nowhere')).toEqual([]);
  });
});
