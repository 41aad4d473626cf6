/** A mission whose runs stay in flight: it looks, waits for signals, looks again when told, and ends when told. */
import { rm } from 'node:fs/promises';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { copyProject } from '../artifact/project.ts';

export interface FlightBehaviour {
  /** What the first look asks for. */
  readonly first?: string;
  /** What each later look asks for. */
  readonly later?: string;
  /** What the run says in the end. */
  readonly tone: string;
  /** `upgrade` of the mission. */
  readonly upgrade?: boolean;
}

/** Publishes a version from a source that is deleted afterwards, and gives it all traffic. */
export async function publishFlight(registry: Registry, mission: string, behaviour: FlightBehaviour): Promise<number> {
  const { first = 'all', later = 'news', tone, upgrade = false } = behaviour;
  const folder = `workflows/${mission}`;
  const root = await copyProject({
    [`${folder}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const flight = defineMission({
        name: '${mission}',
        input: z.object({ id: z.string(), link: z.number().default(0) }),
        output: z.object({ tone: z.string(), seen: z.array(z.string()), link: z.number(), child: z.string().optional() }),
        rules: { tone: '${tone}', first: '${first}', later: '${later}' },
        tools: { look: { effect: 'read', attempts: 1000, input: z.object({ what: z.string() }), output: z.object({ seen: z.string() }) } },
        decisions: { land: { question: 'Land?', options: ['yes', 'no'] } },
        ${upgrade ? "upgrade: 'at-continue-as-new'," : ''}
      });`,
    [`${folder}/workflow.ts`]: () => `
      import { condition, continueAsNew, defineSignal, executeChild, setHandler, workflowInfo } from '@temporalio/workflow';
      import { flight } from './mission.ts';
      export async function helper(): Promise<string> {
        await condition(() => false, 1_000);
        return String(workflowInfo().currentDeploymentVersion?.buildId);
      }
      export const run = flight.workflow(async ({ step, rules }, { id, link }) => {
        const told: string[] = [];
        setHandler(defineSignal<[string]>('tell'), (text) => { told.push(text); });
        const seen = [(await step.tool('look', { what: rules.first })).seen];
        for (;;) {
          await condition(() => told.length > 0);
          const word = told.shift();
          if (word === 'look') seen.push((await step.tool('look', { what: rules.later })).seen);
          if (word === 'ask') seen.push((await step.decide('land', { id })).option);
          if (word === 'fail') await step.tool('look', { what: 'nothing' });
          if (word === 'continue') await continueAsNew<typeof run>({ id, link: link + 1 });
          if (word === 'child') return { tone: rules.tone, seen, link, child: await executeChild(helper, { workflowId: id + '-child' }) };
          if (word === 'end') return { tone: rules.tone, seen, link };
        }
      });`,
    [`activities/${mission}.ts`]: () => `
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { flight } from '../${folder}/mission.ts';
      export default defineActivities({ tools: defineTools(flight, { look: ({ what }) => {
        if (what === 'nothing') throw new Error('There is nothing to see.');
        return { seen: what };
      } }) });`,
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
  const ref = { mission, number: version.number };
  await activateVersion({ registry, ref, by: 'ada', force: { reason: 'test' } });
  return version.number;
}
