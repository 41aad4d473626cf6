/**
 * One mission in five versions that differ in everything: prompt, rule, tool code, model code, and which steps they take in
 * which order.
 */
import { rm } from 'node:fs/promises';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Json } from '../../src/shared/json.ts';
import { copyProject, type Edits } from '../artifact/project.ts';

/** What a run of one version does, step by step: `<kind>:<name>` in the order of its trace. */
export interface DeskVersion {
  readonly number: number;
  readonly steps: readonly string[];
  /** The workflow code: it sets `seen` and `said`, and `within` by the rule. */
  readonly body: string;
}

const RULE = `const within = step.rule('limit', amount, (asked) => asked <= rules.limit);`;
const LOOK = `(await step.tool('look', { order })).seen`;
const JUDGE = `await step.model('judge', { order })`;

export const DESK: readonly DeskVersion[] = [
  {
    number: 1,
    steps: ['rule:limit', 'tool:look', 'model:judge'],
    body: `${RULE} const seen = ${LOOK}; const said = ${JUDGE};`,
  },
  {
    number: 2,
    steps: ['model:judge', 'rule:limit', 'tool:look'],
    body: `const said = ${JUDGE}; ${RULE} const seen = ${LOOK};`,
  },
  {
    number: 3,
    steps: ['tool:look', 'tool:look', 'rule:limit', 'model:judge'],
    body: `${LOOK}; const seen = ${LOOK}; ${RULE} const said = ${JUDGE};`,
  },
  {
    number: 4,
    steps: ['rule:limit', 'model:judge', 'tool:look'],
    body: `${RULE} const [said, seen] = await Promise.all([step.model('judge', { order }), step.tool('look', { order }).then((one) => one.seen)]);`,
  },
  {
    number: 5,
    steps: ['tool:look', 'rule:limit', 'model:judge', 'observation:done'],
    body: `const seen = ${LOOK}; ${RULE} const said = ${JUDGE}; step.observe('done', order);`,
  },
];

export interface DeskRequest {
  readonly order: string;
  readonly amount: number;
  readonly tier?: string;
  readonly region?: string;
}

const promptOf = (number: number, order: string) => `Version ${number} judges ${order}.`;
const limitOf = (number: number) => number * 10;

/** All that a run of a version asked and was told, and how it ended. */
export function expectedRun({ number, steps }: DeskVersion, { order, amount }: DeskRequest) {
  const within = amount <= limitOf(number);
  const seen = `tool ${number} saw ${order}`;
  const said = `model ${number} says: ${promptOf(number, order)}`;
  const facts: Readonly<Record<string, Json>> = {
    'rule:limit': { request: amount, result: within },
    'tool:look': { request: { order }, result: { seen } },
    'model:judge': { request: promptOf(number, order), result: said },
    'observation:done': { request: null, result: order },
  };
  return {
    steps: steps.map((step) => ({ step, ...(facts[step] as object) })),
    result: { by: number, within, seen, said },
  };
}

/** Publishes all five, in order, from sources that are deleted afterwards. */
export async function publishDesk(registry: Registry, mission: string): Promise<void> {
  for (const version of DESK) {
    const root = await copyProject(sourceOf(mission, version));
    const artifact = await buildArtifact({ root, mission });
    await rm(root, { recursive: true });
    await registry.artifacts.put(artifact);
    await registry.versions.append({
      mission,
      artifact: artifact.digest,
      kind: 'publish',
      author: 'ada',
      message: `way ${version.number}`,
      commit: null,
      environment: {},
    });
  }
}

function sourceOf(mission: string, { number, body }: DeskVersion): Edits {
  const folder = `workflows/${mission}`;
  return {
    [`${folder}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const desk = defineMission({
        name: '${mission}',
        input: z.object({ order: z.string(), amount: z.number(), tier: z.string().optional(), region: z.string().optional() }),
        output: z.object({ by: z.number(), within: z.boolean(), seen: z.string(), said: z.string() }),
        models: { judge: { model: 'test/judge' } },
        prompts: { judge: '${promptOf(number, '{{order}}')}' },
        rules: { limit: ${limitOf(number)} },
        tools: { look: { effect: 'read', input: z.object({ order: z.string() }), output: z.object({ seen: z.string() }) } },
      });`,
    [`${folder}/workflow.ts`]: () => `
      import { desk } from './mission.ts';
      export const run = desk.workflow(async ({ step, rules }, { order, amount }) => {
        ${body}
        return { by: ${number}, within, seen, said };
      });`,
    [`activities/${mission}.ts`]: () => `
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { desk } from '../${folder}/mission.ts';
      export default defineActivities({
        models: async ({ messages }) => ({
          text: 'model ${number} says: ' + messages.map(({ content }) => content).join(),
          usage: { inputTokens: 1, outputTokens: 1 }, model: 'judge', finishReason: 'stop',
        }),
        tools: defineTools(desk, { look: ({ order }) => ({ seen: 'tool ${number} saw ' + order }) }),
      });`,
  };
}
