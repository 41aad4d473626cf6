import { defineMission } from 'mission-runtime/mission';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';

const Order = z.object({ id: z.string(), total: z.number() });

const refund = defineMission({
  name: 'refund',
  input: z.object({ orderId: z.string(), reason: z.string().default('none') }),
  output: z.object({ approve: z.boolean() }),
  models: { judge: { model: 'local', temperature: 0 } },
  prompts: { judge: 'Policy: {{policy}}\nRequest: {{ request }}' },
  rules: { windowDays: 30, tiers: ['gold', 'silver'] },
  tools: {
    getOrder: { effect: 'read', input: z.object({ id: z.string() }), output: Order },
    issueRefund: {
      effect: 'write',
      input: z.object({ amount: z.number() }),
      output: z.object({ receipt: z.string() }),
    },
  },
  decisions: { large: { question: 'Refund this much?', options: ['approve', 'reject'] } },
});

describe('what an author sees in the editor', () => {
  it('infers names, inputs and outputs of every step from the definition', () => {
    refund.workflow(async ({ step, rules }, request) => {
      expectTypeOf(request).toEqualTypeOf<{ orderId: string; reason: string }>();
      expectTypeOf(rules.windowDays).toEqualTypeOf<number>();
      expectTypeOf(rules.tiers).toEqualTypeOf<readonly string[]>();
      const order = await step.tool('getOrder', { id: request.orderId });
      expectTypeOf(order).toEqualTypeOf<{ id: string; total: number }>();
      const verdict = await step.model('judge', { policy: 'p', request }, z.object({ approve: z.boolean() }));
      expectTypeOf(verdict).toEqualTypeOf<{ approve: boolean }>();
      expectTypeOf(await step.model('judge', { policy: 'p', request })).toEqualTypeOf<string>();
      expectTypeOf((await step.decide('large', { order })).option).toEqualTypeOf<'approve' | 'reject'>();
      expectTypeOf(step.rule('in-window', true)).toExtend<boolean>();
      return verdict;
    });
  });

  it('marks wrong names and inputs as errors', () => {
    refund.workflow(async ({ step, rules }) => {
      // @ts-expect-error no such tool
      await step.tool('getOrders', { id: '1' });
      // @ts-expect-error the input has another shape
      await step.tool('getOrder', { orderId: '1' });
      // @ts-expect-error the place {{request}} has no value
      await step.model('judge', { policy: 'p' });
      // @ts-expect-error no such prompt
      await step.model('judges', { policy: 'p', request: 1 });
      // @ts-expect-error no such rule
      void rules.window;
      // @ts-expect-error no such decision
      await step.decide('small', {});
      return { approve: true };
    });
    expect(refund.name).toBe('refund');
  });
});
