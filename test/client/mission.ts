/** A mission that waits, answers and asks, published and hosted for the tests of clients and decisions. */
import { rm } from 'node:fs/promises';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import type { Digest } from '../../src/shared/digest.ts';
import { copyProject } from '../artifact/project.ts';

/** Publishes a version of the mission from a source that is deleted afterwards, and gives it all traffic. */
export async function publishClaims(
  registry: Registry,
  mission: string,
  tone: string,
  beforeActivation: (artifact: Digest) => Promise<void> = async () => undefined,
): Promise<number> {
  const folder = `workflows/${mission}`;
  const root = await copyProject({
    [`${folder}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const claims = defineMission({
        name: '${mission}',
        input: z.object({ claim: z.string(), asks: z.array(z.string()).default([]), waits: z.boolean().default(false) }),
        output: z.object({ tone: z.string(), answers: z.array(z.string()) }),
        rules: { tone: '${tone}' },
        decisions: { pay: { question: 'Pay this claim?', options: ['pay', 'reject'] } },
      });`,
    [`${folder}/workflow.ts`]: () => `
      import { ApplicationFailure, condition, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
      import { claims } from './mission.ts';
      export const run = claims.workflow(async ({ step, rules }, { claim, asks, waits }) => {
        let told: string[] = [];
        setHandler(defineSignal<[string]>('note'), (text) => { told.push(text); });
        setHandler(defineQuery<string[]>('notes'), () => told);
        setHandler(defineUpdate<number, [string]>('add'), (text) => told.push(text), {
          validator: (text) => { if (text === '') throw ApplicationFailure.nonRetryable('An empty note says nothing.'); },
        });
        if (claim === 'bad') throw ApplicationFailure.nonRetryable('No such claim.', 'ClaimUnknown');
        const answers = await Promise.all(asks.map(async (id) => {
          const { option, by, comment } = await step.decide('pay', { claim }, { id });
          return [id, option, by, comment ?? ''].join(' ').trim();
        }));
        if (waits) await condition(() => told.includes('go'));
        return { tone: rules.tone, answers };
      });`,
    [`activities/${mission}.ts`]: () => `
      import { defineActivities } from 'mission-runtime/activity';
      export default defineActivities({});`,
  });
  const artifact = await buildArtifact({ root, mission });
  await rm(root, { recursive: true });
  await registry.artifacts.put(artifact);
  const { version } = await registry.versions.append({
    mission,
    artifact: artifact.digest,
    kind: 'publish',
    author: 'ada',
    message: tone,
    commit: null,
    environment: {},
  });
  await beforeActivation(artifact.digest);
  const ref = { mission, number: version.number };
  await activateVersion({ registry, ref, by: 'ada', force: { reason: 'test' } });
  return version.number;
}
