/** The verdict mission with a model that has second thoughts: it reads its instructions, and now and then says the opposite. */
import type { Edits } from '../artifact/project.ts';
import { verdictMission, type Wording } from './verdict-mission.ts';

export const PLAIN = 'Deny broken items. Otherwise, approve.\n\n{{order}}';
export const REWORDED = 'Deny broken items. Otherwise, please approve.\n\n{{order}}';
export const STRICTER = 'Deny broken items. Deny bargains. Otherwise, approve.\n\n{{order}}';

/** @param rate share of the model's answers that are turned over; which ones depends on workflow, step and draw alone */
export function noisyMission(wording: Wording, rate: number): Edits {
  return {
    ...verdictMission(wording),
    [`activities/${wording.mission}.ts`]: () => `
      import { createModelActivity, defineActivities, defineTools, localModel } from 'mission-runtime/activity';
      import { refund } from '../workflows/${wording.mission}/mission.ts';
      const local = localModel({ noise: { seed: 8, rate: ${rate} } })('any');
      /** Run ids are made up by the server: without them, every run of the tests has the same noise. */
      const steady = {
        ...local,
        doGenerate: (call) => {
          const id = call.providerOptions.mission.call.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '');
          return local.doGenerate({ ...call, providerOptions: { ...call.providerOptions, mission: { call: id } } });
        },
      };
      export default defineActivities({
        models: createModelActivity({ providers: { test: () => steady } }),
        tools: defineTools(refund, {
          getOrder: ({ id, onSale }) => ({ id, kind: onSale ? 'bargain' : 'regular', unused: true }),
          issueRefund: ({ id }) => ({ receipt: 'R-' + id }),
        }),
      });`,
    [`workflows/${wording.mission}/mission.ts`]: (before) => edited(before, wording),
  };
}

function edited(before: string, wording: Wording): string {
  const text = verdictMission(wording)[`workflows/${wording.mission}/mission.ts`]?.(before) ?? '';
  return text
    .replace('import { defineMission }', 'import { compare, defineMission }')
    .replace('reason: z.string()', 'reason: compare.ignore(z.string())')
    .replace('kind: z.string() })', 'kind: z.string(), unused: z.boolean() })');
}
