/** A mission with a read, a write, a question and a signal, whose versions differ as a test wants, and that tells what it did. */
import { rm } from 'node:fs/promises';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { copyProject } from '../artifact/project.ts';

export interface OrderBehaviour {
  /** Orders below this are paid back. */
  readonly limit: number;
  /** Subtracted from what is paid back. */
  readonly fee?: number;
  /** What the contract of `pay` says of it. */
  readonly effect?: 'read' | 'write';
  /** Calls the payment by another name, that the other versions do not know. */
  readonly tool?: string;
  /** What the workflow does besides, before it ends: source of statements. */
  readonly besides?: string;
}

/**
 * Publishes a version from a source that is deleted afterwards. Each call of its payment tool appends a line, the idempotency key, to `ledger`.
 *
 * @param ledger - a file
 */
export async function publishOrders(
  registry: Registry,
  mission: string,
  ledger: string,
  { limit, fee = 0, effect = 'write', tool = 'pay', besides = '' }: OrderBehaviour,
): Promise<number> {
  const folder = `workflows/${mission}`;
  const root = await copyProject({
    [`${folder}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const orders = defineMission({
        name: '${mission}',
        input: z.object({ id: z.string(), total: z.number(), asks: z.boolean().default(false), waits: z.boolean().default(false), holds: z.boolean().default(false) }),
        output: z.object({ paid: z.number(), said: z.string(), receipt: z.string(), id: z.string() }),
        rules: { limit: ${limit}, fee: ${fee} },
        tools: {
          look: { effect: 'read', input: z.object({ id: z.string() }), output: z.object({ seen: z.string() }) },
          ${tool}: { effect: '${effect}', attempts: 2, input: z.object({ id: z.string(), amount: z.number(), mark: z.string() }), output: z.object({ receipt: z.string() }) },
        },
        decisions: { sure: { question: 'Pay it back?', options: ['yes', 'no'] } },
      });`,
    [`${folder}/workflow.ts`]: () => `
      import { condition, defineSignal, executeChild, getExternalWorkflowHandle, proxyActivities, setHandler, sleep, uuid4, workflowInfo } from '@temporalio/workflow';
      import { orders } from './mission.ts';
      export const run = orders.workflow(async ({ step, rules }, { id, total, asks, waits, holds }) => {
        let said = '';
        setHandler(defineSignal<[string]>('say'), (text) => { said += text; });
        await step.tool('look', { id });
        if (waits) await condition(() => said.endsWith('.'));
        const may = !asks || (await step.decide('sure', { id })).option === 'yes';
        let receipt = '';
        let paid = 0;
        if (may && step.rule('small', total < rules.limit)) {
          paid = total - rules.fee;
          ({ receipt } = await step.tool('${tool}', { id, amount: paid, mark: uuid4() + workflowInfo().workflowId }));
        }
        if (holds) await condition(() => said.endsWith('!'));
        ${besides}
        return { paid, said, receipt, id: workflowInfo().workflowId };
      });`,
    [`activities/${mission}.ts`]: () => `
      import { appendFile } from 'node:fs/promises';
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { orders } from '../${folder}/mission.ts';
      const pay = async ({ id }: { id: string }, { idempotencyKey }: { idempotencyKey: string }) => {
        await appendFile(${JSON.stringify(ledger)}, idempotencyKey + '\\n');
        if (id.startsWith('broken')) throw new Error('The bank is closed.');
        return { receipt: idempotencyKey };
      };
      export default {
        ...defineActivities({ tools: defineTools(orders, { look: ({ id }) => ({ seen: id }), ${tool}: pay }) }),
        plain: () => pay({ id: 'plain' }, { idempotencyKey: 'plain' }),
      };`,
  });
  const artifact = await buildArtifact({ root, mission });
  await rm(root, { recursive: true });
  await registry.artifacts.put(artifact);
  const { version } = await registry.versions.append({
    mission,
    artifact: artifact.digest,
    kind: 'publish',
    author: 'ada',
    message: `limit ${limit}`,
    commit: null,
    environment: {},
  });
  return version.number;
}
