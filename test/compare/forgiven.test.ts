/** Which compare rules made a difference, and which did not. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { compareRulesOf, NO_RULES } from '../../src/compare/compare-rules.ts';
import { declaredRules, forgivenPointers, isForgivenBy, outputPlace, toolPlace } from '../../src/compare/forgiven.ts';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { compare, volatile } from '../../src/mission.ts';
import type { Json } from '../../src/shared/json.ts';

type Schema = MissionDefinition['output'];

const schema = (type: z.ZodType) => z.toJSONSchema(type) as Schema;

const verdict = schema(
  z.object({
    approve: z.boolean(),
    reason: compare.text(z.string()),
    tags: compare.unordered(z.array(z.string())),
    lines: z.array(z.object({ sum: z.number(), at: compare.ignore(z.string()) })),
    by: z.union([z.object({ clerk: compare.ignore(z.string()) }), z.null()]),
  }),
);

describe('declared rules', () => {
  it('are found wherever they stand: members, items, variants, tools', () => {
    const tool = (input: Schema) => ({ effect: 'write' as const, input, output: {} });
    const tools = { issueRefund: tool(schema(z.object({ at: compare.ignore(z.string()) }))), plain: tool({}) };
    expect(declaredRules({ output: verdict, tools })).toEqual([
      'output /by/clerk',
      'output /lines/*/at',
      'output /reason',
      'output /tags',
      'tool issueRefund /at',
    ]);
  });

  it('are volatile fields, too, of what a tool is asked and of nothing else', () => {
    const asked = schema(z.object({ id: z.string(), spans: z.array(z.object({ trace: volatile(z.string()) })) }));
    const tools = { lookUp: { effect: 'read' as const, input: asked, output: asked } };
    expect(declaredRules({ output: asked, tools })).toEqual(['tool lookUp /spans/*/trace']);
  });

  it('of a schema that holds itself are found once', () => {
    const tree = schema(
      z.object({
        note: compare.ignore(z.string()),
        get children() {
          return z.array(z.lazy((): z.ZodType => z.any()));
        },
      }),
    );
    expect(declaredRules({ output: tree, tools: {} })).toEqual(['output /note']);
  });
});

describe('what was forgiven', () => {
  const before = { approve: true, reason: 'In time.', tags: ['a', 'b'], lines: [{ sum: 1, at: 'x' }], by: null };
  const forgiven = (over: object) =>
    forgivenPointers(before as Json, { ...before, ...over } as Json, compareRulesOf(verdict as Json)).map(outputPlace);

  it.each([
    ['nothing, where nothing differs', {}, []],
    ['nothing, where no rule stands', { approve: false }, []],
    ['the words of a text', { reason: 'in time' }, ['output /reason']],
    ['a field of an item', { lines: [{ sum: 1, at: 'y' }] }, ['output /lines/*/at']],
    ['not another text', { reason: 'too late' }, []],
    ['one of two differences', { approve: false, reason: 'in time!' }, ['output /reason']],
  ])('is %s', (_, over, places) => {
    expect(forgiven(over)).toEqual(places);
  });

  it('is the doing of the rule that stands there, or above', () => {
    const [place = ''] = forgiven({ tags: ['b', 'a'] });
    expect(isForgivenBy(place, 'output /tags')).toBe(true);
    expect(isForgivenBy(place, 'output /tag')).toBe(false);
    expect(isForgivenBy(toolPlace('a', '/at'), 'tool b /at')).toBe(false);
  });

  it('is nothing without rules', () => {
    expect(forgivenPointers({ a: 1 }, { a: 2 }, NO_RULES)).toEqual([]);
  });
});
