/** A mission that asks models, an agent and people, reads and writes. */
import type { Sources } from './lab.ts';

export const CLERK = 'clerk';
export const CLERK_MISSION = 'workflows/clerk/mission.ts';
export const CLERK_WORKFLOW = 'workflows/clerk/workflow.ts';

export const clerk: Sources = {
  [CLERK_MISSION]: `
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';

export const office = defineMission({
  name: 'clerk',
  input: z.object({ text: z.string() }),
  output: z.object({ done: z.string() }),
  models: { reader: { model: 'stub/reader' } },
  prompts: { read: 'Read {{text}}', plan: 'Plan {{text}}' },
  tools: {
    find: { effect: 'read', replayable: true, input: z.object({ key: z.string() }), output: z.object({ value: z.string() }) },
    save: { effect: 'write', input: z.object({ text: z.string() }), output: z.object({ id: z.string() }) },
  },
  decisions: {
    soon: { question: 'Is it urgent?', options: ['yes', 'no'], timeoutMs: 1_000, onTimeout: 'no' },
    fine: { question: 'Is it fine?', options: ['yes', 'no'] },
  },
});
`,
  [CLERK_WORKFLOW]: `
import { office } from './mission.ts';

export const clerk = office.workflow(async ({ step }, { text }) => {
  const words = await step.model('read', { text });
  const plan = await step.agent('plan', { text: words }, { tools: ['find'] });
  const soon = await step.decide('soon', plan);
  const [fine, found] = await Promise.all([step.decide('fine', plan), step.tool('find', { key: plan })]);
  const { id } = await step.tool('save', { text: found.value });
  return { done: [soon.option, soon.by, fine.option, fine.by, id].join(' ') };
});
`,
  'activities/index.ts': `
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { office } from '../workflows/clerk/mission.ts';

const answer = (text, toolCalls) => ({
  text,
  ...(toolCalls ? { toolCalls } : {}),
  usage: { inputTokens: 1, outputTokens: 1 },
  model: 'stub/reader',
  finishReason: 'stop',
});

export default defineActivities({
  tools: defineTools(office, {
    find: ({ key }) => ({ value: 'value of ' + key }),
    save: ({ text }) => ({ id: 'id of ' + text }),
  }),
  models: async ({ messages, tools }) => {
    const last = messages.at(-1);
    if (tools && last.role === 'user') return answer('', [{ id: '1', tool: 'find', input: { key: last.content } }]);
    return answer('answer to ' + last.content);
  },
});
`,
};
