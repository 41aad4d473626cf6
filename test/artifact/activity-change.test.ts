/** Which activities count as changed when activity code does. */
import { describe, expect, it } from 'vitest';
import { changedActivities } from '../../src/artifact/activity-change.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { copyProject } from './project.ts';

const MISSION = 'claims';
const ACTIVITIES = `activities/${MISSION}.ts`;
const STORE = `activities/${MISSION}/store.ts`;

const FILES: Readonly<Record<string, string>> = {
  [`workflows/${MISSION}/mission.ts`]: `
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';
const Id = z.object({ id: z.string() });
export const claims = defineMission({
  name: '${MISSION}',
  input: Id,
  output: Id,
  tools: {
    getOrder: { effect: 'read', input: Id, output: z.object({ paid: z.number() }) },
    getOwner: { effect: 'read', input: Id, output: z.object({ name: z.string() }) },
  },
});`,
  [`workflows/${MISSION}/workflow.ts`]: `
import { claims } from './mission.ts';
export const run = claims.workflow(async ({ step }, claim) => {
  await step.tool('getOrder', claim);
  return claim;
});`,
  [STORE]: `
const RATE = 2;
const HOUSE = 'house';
export const paidFor = (id: string): number => id.length * RATE;
export const ownerOf = (id: string): string => HOUSE + id;`,
  [ACTIVITIES]: `
import { createModelActivity, defineActivities, defineTools } from 'mission-runtime/activity';
import { claims } from '../workflows/${MISSION}/mission.ts';
import { ownerOf, paidFor } from './${MISSION}/store.ts';
const PATIENCE = 1;
const models = createModelActivity();
const tools = defineTools(claims, {
  getOrder: ({ id }) => ({ paid: paidFor(id) }),
  getOwner: ({ id }) => ({ name: ownerOf(id) }),
});
export default defineActivities({ models: (request, step) => models(request, PATIENCE > 0 ? step : undefined), tools });`,
};

type Edits = readonly (readonly [file: string, find: string, replace: string])[];

async function build(edits: Edits) {
  const texts: Record<string, string> = { ...FILES };
  for (const [file, find, replace] of edits) {
    if (!texts[file]?.includes(find)) throw new Error(`${file} has no ${find}`);
    texts[file] = texts[file].replace(find, replace);
  }
  const project = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, () => text]));
  return buildArtifact({ root: await copyProject(project), mission: MISSION });
}

describe('changed activities', () => {
  it.each<[what: string, edits: Edits, changed: string[]]>([
    ['none, by a comment', [[STORE, 'const RATE', '// Per letter.\nconst RATE']], []],
    [
      'the tool whose function changed',
      [[ACTIVITIES, 'paid: paidFor(id)', 'paid: paidFor(id) + 1']],
      ['tool getOrder (code)'],
    ],
    ['the tool that speaks of what changed, over files', [[STORE, 'RATE = 2', 'RATE = 3']], ['tool getOrder (code)']],
    ['what answers models', [[ACTIVITIES, 'PATIENCE = 1', 'PATIENCE = 0']], ['model calls (code)']],
    [
      'several',
      [
        [STORE, 'RATE = 2', 'RATE = 3'],
        [STORE, "'house'", "'home'"],
      ],
      ['tool getOrder (code)', 'tool getOwner (code)'],
    ],
    ['none, by workflow code', [[`workflows/${MISSION}/workflow.ts`, 'return claim;', 'return { id: claim.id };']], []],
    [
      'a tool that is not found where tools are declared, with any other code',
      [
        [ACTIVITIES, 'defineTools(claims, {', 'defineTools(claims, Object.fromEntries(Object.entries({'],
        [ACTIVITIES, 'name: ownerOf(id) }),\n}', 'name: ownerOf(id) }),\n})) as never'],
        [ACTIVITIES, 'getOrder: (', "['get' + 'Order']: ("],
      ],
      ['tool getOrder (code)'],
    ],
  ])('%s', async (_, edits, changed) => {
    const [baseline, candidate] = await Promise.all([build([]), build(edits)]);
    expect([...changedActivities(baseline, candidate)]).toEqual(changed);
  });
});
