import { MockActivityEnvironment } from '@temporalio/testing';
import { defineActivities, defineTools, type ToolContext, tool } from 'mission-runtime/activity';
import { defineMission } from 'mission-runtime/mission';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { StepContext } from '../../src/mission/wire.ts';

const shop = defineMission({
  name: 'shop',
  input: z.object({}),
  output: z.object({}),
  tools: {
    getOrder: {
      effect: 'read',
      input: z.object({ id: z.string() }),
      output: z.object({ total: z.number(), lines: z.array(z.object({ 'a/b': z.string() })).default([]) }),
    },
    issueRefund: {
      effect: 'write',
      input: z.object({ amount: z.number() }),
      output: z.object({ receipt: z.string() }),
    },
  },
});

const STEP: StepContext = { step: 'getOrder#2', kind: 'tool', effect: 'read' };

function activityOf(name: string, getOrder: (context: ToolContext) => unknown) {
  const tools = defineTools(shop, {
    getOrder: async (_, context) => getOrder(context) as { total: number },
    issueRefund: ({ amount }) => ({ receipt: `R-${amount}` }),
  });
  const activity = defineActivities({ tools })[name];
  if (activity === undefined) return expect.unreachable(name);
  return activity as (input: unknown, step?: StepContext) => Promise<unknown>;
}

describe('tools', () => {
  it('are typed by the contracts of the mission', () => {
    defineTools(shop, {
      getOrder: async (input) => {
        expectTypeOf(input).toEqualTypeOf<{ id: string }>();
        return { total: 1 };
      },
      // @ts-expect-error the output has another shape
      issueRefund: async () => ({ receipts: 1 }),
    });
    // @ts-expect-error a tool of the mission has no function
    expect(() => defineTools(shop, { getOrder: async () => ({ total: 1 }) })).toThrow('"issueRefund"');
  });

  it('keep the literals that a function answers with', () => {
    const contract = {
      effect: 'read',
      input: z.string(),
      output: z.object({ tier: z.enum(['free', 'premium']) }),
    } as const;
    const tools = { tierOf: tool(contract, (name) => ({ tier: name === '' ? 'free' : 'premium' })) };
    expect(Object.keys(defineActivities({ tools }))).toContain('tool:tierOf');
  });

  it('are hosted under their activity types, beside the model', () => {
    const tools = { ping: tool({ effect: 'read', input: z.null(), output: z.string() }, () => 'pong') };
    expect(Object.keys(defineActivities({ tools })).sort()).toEqual(['default', 'model', 'tool:ping']);
  });

  it('get a parsed input and give a parsed output', async () => {
    const getOrder = activityOf('tool:getOrder', () => ({ total: 5, secretMargin: 3 }));
    expect(await getOrder({ id: 'O-1' }, STEP)).toEqual({ total: 5, lines: [] });
  });

  it.each([
    ['input', { id: 7 }, () => ({ total: 5 }), 'TOOL_INPUT_INVALID', '/id'],
    ['output', { id: 'O-1' }, () => ({ total: 'five' }), 'TOOL_OUTPUT_INVALID', '/total'],
    ['output', { id: 'O-1' }, () => ({ total: 5, lines: [{ 'a/b': 1 }] }), 'TOOL_OUTPUT_INVALID', '/lines/0/a~1b'],
    ['output', { id: 'O-1' }, () => undefined, 'TOOL_OUTPUT_INVALID', ''],
  ])('refuse a bad %s for good, naming tool and place', async (side, input, run, type, pointer) => {
    const failure = await activityOf('tool:getOrder', run)(input, STEP).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure).toMatchObject({ details: [{ tool: 'getOrder', problems: [{ pointer }] }] });
    expect((failure as Error).message).toContain(`${side} of tool "getOrder"`);
  });

  it('know the run, the attempt and a key that stays over retries', async () => {
    const contexts: ToolContext[] = [];
    const getOrder = activityOf('tool:getOrder', (context) => {
      contexts.push(context);
      return { total: 5 };
    });
    for (const attempt of [1, 2]) {
      const execution = { workflowId: 'refund-7', runId: 'run-1' };
      await new MockActivityEnvironment({ attempt, workflowExecution: execution }).run(getOrder, { id: 'O-1' }, STEP);
    }
    expect(contexts).toMatchObject([
      {
        step: 'getOrder#2',
        workflowId: 'refund-7',
        runId: 'run-1',
        attempt: 1,
        idempotencyKey: 'refund-7/run-1/getOrder#2',
      },
      { attempt: 2, idempotencyKey: 'refund-7/run-1/getOrder#2' },
    ]);
  });

  it('are told of a cancellation, and can beat', async () => {
    const environment = new MockActivityEnvironment();
    const beats: unknown[] = [];
    environment.on('heartbeat', (details) => beats.push(details));
    const getOrder = activityOf('tool:getOrder', async ({ signal, heartbeat }) => {
      heartbeat('half');
      environment.cancel();
      return { total: signal.aborted ? 1 : 0 };
    });
    expect(await environment.run(getOrder, { id: 'O-1' }, STEP)).toMatchObject({ total: 1 });
    expect(beats).toEqual(['half']);
  });

  it('that do not exist fail for good and name those that do', async () => {
    const failure = await activityOf('default', () => 0)({}, { step: 'getOrders#1', kind: 'tool' }).catch(
      (e: unknown) => e,
    );
    expect(failure).toMatchObject({ type: 'TOOL_UNKNOWN', nonRetryable: true });
    expect((failure as Error).message).toBe(
      'This worker has no tool for step "getOrders#1". It has: getOrder, issueRefund.',
    );
  });
});
