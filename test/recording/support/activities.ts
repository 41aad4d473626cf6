/** Deterministic activities for the workflows of `test/recording/workflows`. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ModelRequest, ModelResponse } from '../../../src/mission/wire.ts';

export const activities = {
  model: async (request: ModelRequest): Promise<ModelResponse> => ({
    text: `Yes: ${request.messages[0]?.content ?? ''}`,
    reasoning: 'The amount is small.',
    usage: { inputTokens: 12, outputTokens: 3 },
    model: 'local/echo-1',
    finishReason: 'stop',
  }),
  'tool:getOrder': async (_order: { id: string }): Promise<{ total: number }> => ({ total: 42 }),
  'tool:issueRefund': async (_refund: { orderId: string }): Promise<{ ok: boolean }> => ({ ok: true }),
  greet: async (name: string): Promise<string> => `hello ${name}`,
  flaky: async (): Promise<string> => {
    if (Context.current().info.attempt < 2) throw new Error('not yet');
    return 'flaky';
  },
  broken: async (): Promise<string> => {
    throw ApplicationFailure.create({ message: 'always broken', type: 'Broken' });
  },
};
