/** A mission of two links: in each it asks a model and a person, waits for a signal, and the first continues as new. */
import { answerQuestions, type Drive, type Sources } from './lab.ts';

export const RELAY = 'relay';

export const relay: Sources = {
  'workflows/relay/mission.ts': `
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';

export const race = defineMission({
  name: 'relay',
  input: z.object({ text: z.string(), round: z.number().default(1), before: z.string().default('') }),
  output: z.object({ said: z.string() }),
  models: { reader: { model: 'stub/reader' } },
  prompts: { read: 'Read {{text}} {{round}}' },
  decisions: { fine: { question: 'Is it fine?', options: ['yes', 'no'] } },
});
`,
  'workflows/relay/workflow.ts': `
import { condition, continueAsNew, defineSignal, setHandler } from '@temporalio/workflow';
import { race } from './mission.ts';

export const relay = race.workflow(async ({ step }, { text, round, before }) => {
  const told = [];
  setHandler(defineSignal('tell'), (word) => void told.push(word));
  const words = await step.model('read', { text, round });
  const { option } = await step.decide('fine', { round });
  await condition(() => told.length > 0);
  const said = before + [words, option, told[0]].join(' ') + '.';
  if (round === 1) await continueAsNew({ text, round: 2, before: said });
  return { said };
});
`,
  'activities/index.ts': `
import { defineActivities } from 'mission-runtime/activity';

export default defineActivities({
  models: async ({ messages }) => ({
    text: 'about ' + messages.at(-1).content,
    usage: { inputTokens: 1, outputTokens: 1 },
    model: 'stub/reader',
    finishReason: 'stop',
  }),
});
`,
};

/** Answers both links, and tells them a word each. */
export const driveRelay: Drive = async (handle, client) => {
  for (const [index, word] of ['one', 'two'].entries()) {
    await answerQuestions('yes', ({ evidence }) => JSON.stringify(evidence) === JSON.stringify({ round: index + 1 }))(
      handle,
      client,
    );
    await handle.signal('tell', word);
  }
};
