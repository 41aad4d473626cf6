/**
 * A mission with two write steps in two versions. Its tools act on a folder: each call is a line, and each effect is a file
 * whose name is the idempotency key, made once by whoever comes first. A step waits, its effect done and its answer not yet
 * given, until the folder's gate is open: that is when a crash is worst. A step may take a day: one that was lost with its worker
 * is only tried again in time because the worker's heartbeats end.
 */
import { rm } from 'node:fs/promises';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { copyProject, type Edits } from '../artifact/project.ts';

/** The steps of each version, in order. */
export const SHOP_STEPS: Readonly<Record<number, readonly string[]>> = {
  1: ['tool:charge', 'tool:ship'],
  2: ['tool:charge', 'rule:paid', 'tool:ship'],
};

const BODIES: Readonly<Record<number, string>> = {
  1: `await step.tool('charge', request); return step.tool('ship', request);`,
  2: `const { by } = await step.tool('charge', request); step.rule('paid', by === 2); return step.tool('ship', request);`,
};

/** Publishes both versions, and sends half of the traffic to each. */
export async function publishShop(registry: Registry, mission: string): Promise<void> {
  for (const version of [1, 2]) {
    const root = await copyProject(sourceOf(mission, version));
    const artifact = await buildArtifact({ root, mission });
    await rm(root, { recursive: true });
    await registry.artifacts.put(artifact);
    await registry.versions.append({
      mission,
      artifact: artifact.digest,
      kind: 'publish',
      author: 'ada',
      message: `way ${version}`,
      commit: null,
      environment: {},
    });
  }
  await registry.routes.set(0, {
    mission,
    weights: [1, 2].map((version) => ({ version, weight: 5_000 })),
    by: 'ada',
    reason: 'half and half',
    activation: { report: null, forced: true },
  });
}

function sourceOf(mission: string, version: number): Edits {
  const folder = `workflows/${mission}`;
  return {
    [`${folder}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      const Request = z.object({ order: z.string(), folder: z.string() });
      const Done = z.object({ by: z.number() });
      export const shop = defineMission({
        name: '${mission}', input: Request, output: Done,
        tools: {
          charge: { effect: 'write', input: Request, output: Done, timeoutMs: 86_400_000, attempts: 1_000 },
          ship: { effect: 'write', input: Request, output: Done, timeoutMs: 86_400_000, attempts: 1_000 },
        },
      });`,
    [`${folder}/workflow.ts`]: () => `
      import { shop } from './mission.ts';
      export const run = shop.workflow(async ({ step }, request) => { ${BODIES[version]} });`,
    [`activities/${mission}.ts`]: () => `
      import { appendFileSync, closeSync, existsSync, openSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { shop } from '../${folder}/mission.ts';
      const act = (tool) => async ({ order, folder }, { idempotencyKey: key }) => {
        appendFileSync(folder + '/calls', JSON.stringify({ tool, order, key, by: ${version}, pid: process.pid }) + '\\n');
        try {
          closeSync(openSync(folder + '/effects/' + encodeURIComponent(key), 'wx'));
        } catch (error) {
          if (error.code !== 'EEXIST') throw error;
        }
        while (!existsSync(folder + '/open')) await delay(500);
        return { by: ${version} };
      };
      export default defineActivities({ tools: defineTools(shop, { charge: act('charge'), ship: act('ship') }) });`,
  };
}
