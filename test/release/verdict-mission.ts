/**
 * A mission small enough to be read here: an order is looked up, a model judges, and money goes out or not. Its model follows
 * its prompt: with "final sale" in it, it denies items that were on sale.
 */
import type { Edits } from '../artifact/project.ts';

export interface Wording {
  readonly mission: string;
  readonly prompt: string;
  /** Another text in a comment and in the names of the workflow code: no change of behaviour. */
  readonly refactored?: boolean;
  /** What was on sale is refused before the model is asked. */
  readonly ruled?: boolean;
  /** One more tool, which no run uses. */
  readonly extraTool?: boolean;
  /** A file that gets a line whenever the model is asked. */
  readonly asked?: string;
}

export const PROMPT = 'Decide on {{order}}.';
export const PROMOTED = 'Decide on {{order}}. Items on sale are final sale.';

const LETTER = `sendLetter: { effect: 'write', input: z.object({ id: z.string() }), output: z.object({}) },`;

/** The files of the mission, for `copyProject`. */
export function verdictMission({
  mission,
  prompt,
  refactored = false,
  ruled = false,
  extraTool = false,
  asked,
}: Wording): Edits {
  const note = asked === undefined ? '' : `await appendFile(${JSON.stringify(asked)}, 'asked\\n');`;
  const name = refactored ? 'lookedUp' : 'order';
  return {
    [`workflows/${mission}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const Verdict = z.object({ approve: z.boolean(), reason: z.string() });
      export const refund = defineMission({
        name: '${mission}',
        input: z.object({ id: z.string(), onSale: z.boolean() }),
        output: Verdict,
        models: { judge: { model: 'test/judge' } },
        prompts: { judge: ${JSON.stringify(prompt)} },
        tools: {
          getOrder: { effect: 'read', input: z.object({ id: z.string(), onSale: z.boolean() }), output: z.object({ id: z.string(), kind: z.string() }) },
          issueRefund: { effect: 'write', input: z.object({ id: z.string() }), output: z.object({ receipt: z.string() }) },
          ${extraTool ? LETTER : ''}
        },
      });`,
    [`workflows/${mission}/workflow.ts`]: () => `
      import { refund, Verdict } from './mission.ts';
      ${refactored ? '// Reads better now.' : ''}
      export const run = refund.workflow(async ({ step }, request) => {
        const ${name} = await step.tool('getOrder', request);
        ${ruled ? "if (request.onSale) return { approve: false, reason: 'on sale' };" : ''}
        const verdict = await step.model('judge', { order: ${name} }, Verdict);
        if (verdict.approve) await step.tool('issueRefund', { id: request.id });
        return verdict;
      });`,
    [`activities/${mission}.ts`]: () => `
      ${asked === undefined ? '' : "import { appendFile } from 'node:fs/promises';"}
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { refund } from '../workflows/${mission}/mission.ts';
      export default defineActivities({
        models: async (request) => {
          ${note}
          const text = request.messages.map(({ content }) => content).join();
          const approve = !(text.includes('final sale') && text.includes('bargain'));
          const object = { approve, reason: approve ? 'in time' : 'final sale' };
          return { text: JSON.stringify(object), object, usage: { inputTokens: 1, outputTokens: 1 }, model: 'judge', finishReason: 'stop' };
        },
        tools: defineTools(refund, {
          getOrder: ({ id, onSale }) => ({ id, kind: onSale ? 'bargain' : 'regular' }),
          issueRefund: ({ id }) => ({ receipt: 'R-' + id }),
          ${extraTool ? 'sendLetter: () => ({}),' : ''}
        }),
      });`,
  };
}
