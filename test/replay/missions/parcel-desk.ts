/** A compact mission that has one of everything that an author may change. */
import type { Sources } from './lab.ts';

export const PARCEL_DESK = 'parcel-desk';
export const MISSION = 'workflows/parcel-desk/mission.ts';
export const WORKFLOW = 'workflows/parcel-desk/workflow.ts';

export const parcelDesk: Sources = {
  [MISSION]: `
import { compare, defineMission, volatile } from 'mission-runtime/mission';
import * as z from 'zod';

export const Verdict = z.object({ accept: z.boolean() });

export const desk = defineMission({
  name: 'parcel-desk',
  input: z.object({ parcel: z.string(), weight: z.number() }),
  output: z.object({
    accept: z.boolean(),
    score: compare.tolerance(z.number(), { absolute: 0.5 }),
    tags: compare.unordered(z.array(z.string())),
    note: compare.text(z.string()),
    seenAt: compare.ignore(z.string()),
    extra: z.string().optional(),
  }),
  models: { clerk: { model: 'stub/clerk', temperature: 0 } },
  prompts: { judge: { text: 'May parcel {{parcel}} go?', system: 'You are a clerk.' } },
  rules: { maxWeight: 20, heavyFrom: 15 },
  tools: {
    lookUp: {
      effect: 'read',
      input: z.object({ parcel: z.string(), detail: z.string(), trace: volatile(z.string()) }),
      output: z.object({ owner: z.string() }),
      timeoutMs: 9_000,
      attempts: 4,
    },
    weigh: { effect: 'read', input: z.object({ parcel: z.string() }), output: z.object({ grams: z.number() }) },
    book: {
      effect: 'write',
      input: z.object({ parcel: z.string(), owner: z.string(), key: volatile(z.string()) }),
      output: z.object({ receipt: z.string() }),
    },
  },
  decisions: { release: { question: 'Release it?', options: ['yes', 'no'] } },
});
`,
  [WORKFLOW]: `
import { uuid4 } from '@temporalio/workflow';
import { desk, Verdict } from './mission.ts';

export const parcelDesk = desk.workflow(async ({ step, rules }, { parcel, weight }) => {
  const light = step.rule('light', { weight }, () => weight <= rules.maxWeight);
  const heavy = step.rule('heavy', { weight, from: rules.heavyFrom }, () => weight >= rules.heavyFrom);
  const { owner } = await step.tool('lookUp', { parcel, detail: 'owner', trace: uuid4() });
  const { accept } = await step.model('judge', { parcel }, Verdict);
  const { grams } = await step.tool('weigh', { parcel });
  step.observe('weighed', grams);
  let released = accept && light;
  if (released && heavy) {
    const { option } = await step.decide('release', { parcel, weight });
    released = option === 'yes';
  }
  if (released) await step.tool('book', { parcel, owner, key: uuid4() });
  step.observe('ended', released);
  return { accept: released, score: 1, tags: ['a', 'b'], note: 'Done, parcel.', seenAt: 'today' };
});
`,
  'activities/index.ts': `
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { desk } from '../workflows/parcel-desk/mission.ts';

export default defineActivities({
  tools: defineTools(desk, {
    lookUp: ({ parcel }) => ({ owner: 'owner of ' + parcel }),
    weigh: ({ parcel }) => ({ grams: parcel.length * 100 }),
    book: ({ parcel }) => ({ receipt: 'R-' + parcel }),
  }),
  models: async ({ messages, model }) => ({
    text: '',
    object: { accept: !messages.at(-1).content.includes('bad') },
    usage: { inputTokens: 1, outputTokens: 1 },
    model,
    finishReason: 'stop',
  }),
});
`,
};
