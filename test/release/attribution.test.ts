/** Causes found on real recorded runs, by replaying hybrids made of the code of two versions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';

const mission = `settling-${process.pid}`;
const DEFINITION = `workflows/${mission}/mission.ts`;
const WORKFLOW = `workflows/${mission}/workflow.ts`;
const AMOUNTS = `workflows/${mission}/amounts.ts`;
const ACTIVITIES = `activities/${mission}.ts`;

const FILES: Readonly<Record<string, string>> = {
  [DEFINITION]: `
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';
export const Answer = z.object({ approve: z.boolean(), reason: z.string() });
export const claims = defineMission({
  name: '${mission}',
  input: z.object({ id: z.string(), total: z.number() }),
  output: Answer.extend({ amount: z.number() }),
  models: { judge: { model: 'test/judge' } },
  prompts: { judge: 'Decide on {{claim}}.' },
  rules: { limit: 50 },
  tools: {
    getOrder: {
      effect: 'read',
      input: z.object({ id: z.string(), whole: z.boolean().optional() }),
      output: z.object({ paid: z.number() }),
      replayable: true,
    },
    pay: { effect: 'write', input: z.object({ id: z.string(), amount: z.number() }), output: z.object({}) },
  },
});`,
  [AMOUNTS]: `
const FEE = 3;
export function amountOf(paid: number): number {
  return paid - FEE;
}
export function isSmall(total: number, limit: number, factor = 1): boolean {
  return total <= limit;
}`,
  [WORKFLOW]: `
import { amountOf, isSmall } from './amounts.ts';
import { Answer, claims } from './mission.ts';
export const run = claims.workflow(async ({ step, rules }, claim) => {
  const { paid } = await step.tool('getOrder', { id: claim.id });
  const small = step.rule('small', isSmall(claim.total, rules.limit));
  const judge = async () => {
    if (small) return { approve: true, reason: 'small' };
    const { approve, reason } = await step.model('judge', { claim: { paid, total: claim.total } }, Answer);
    return { approve, reason };
  };
  const { approve, reason } = await judge();
  const amount = approve ? amountOf(paid) : 0;
  if (approve) await step.tool('pay', { id: claim.id, amount });
  return { approve, reason, amount };
});`,
  [ACTIVITIES]: `
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { claims } from '../workflows/${mission}/mission.ts';
const MOST = 100;
const paidFor = (id: string) => Number(id.split('-')[1]);
export default defineActivities({
  models: async (request) => {
    const text = request.messages.map(({ content }) => content).join();
    const object = { approve: Number(/"total":\\s*(\\d+)/.exec(text)?.[1]) <= MOST, reason: 'judged' };
    return { text: JSON.stringify(object), object, usage: { inputTokens: 1, outputTokens: 1 }, model: 'judge', finishReason: 'stop' };
  },
  tools: defineTools(claims, { getOrder: ({ id }) => ({ paid: paidFor(id) }), pay: () => ({}) }),
});`,
};

type Edits = readonly (readonly [file: string, find: string, replace: string])[];

/** One is small, one is approved by the model, one is denied by it. */
const TOTALS = [20, 80, 200];
const POLICY = parsePolicyFlags(['model=live', 'read=live', 'write=simulator', 'second-opinion=0']);

let directory: string;
let registry: Registry;

async function publish(edits: Edits = []): Promise<number> {
  const texts: Record<string, string> = { ...FILES };
  for (const [file, find, replace] of edits) {
    if (!texts[file]?.includes(find)) throw new Error(`${file} has no ${find}`);
    texts[file] = texts[file].replace(find, replace);
  }
  const root = await copyProject(Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, () => text])));
  return (await publishMission({ registry, root, mission })).version.number;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-attribution-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  const { client } = temporal;
  await activateVersion({ registry, ref: { mission, number: await publish() }, by: 'ada' });
  const fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready();
  const started = Date.now();
  const runs = TOTALS.map((total) => ({ total, workflowId: `${mission}-${started}-${total}` }));
  await Promise.all(
    runs.map(({ total, workflowId }) =>
      startMission({ registry, client, mission, input: { id: `o-${total}`, total }, workflowId }),
    ),
  );
  await Promise.all(runs.map(({ workflowId }) => client.workflow.result(workflowId)));
  const redactionKey = new Uint8Array(32);
  for await (const { status } of collectRecordings({ client, registry, redactionKey, runs }))
    expect(status).toBe('stored');
  await fleet.shutdown();
  await temporal.close();
}, 240_000);

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const amounts = (name: string) => `code: ${AMOUNTS} ${name}`;
const REWRITTEN: Edits[number] = [WORKFLOW, "reason: 'small' }", "reason: ['small'].join() }"];

describe('a changed outcome is attributed', () => {
  it.each<[what: string, edits: Edits, causes: string[][][], counts: number[], diverged?: string[][][]]>([
    [
      'to the step that changed code feeds, beside code that changes nothing',
      [
        REWRITTEN,
        [WORKFLOW, 'amountOf(paid) : 0', 'amountOf(paid) + 1 : 0'],
        [AMOUNTS, 'total <= limit', '!(total > limit)'],
      ],
      [[['code: step pay']]],
      [2],
    ],
    ['to a function without steps', [REWRITTEN, [AMOUNTS, 'paid - FEE', 'paid + FEE']], [[[amounts('amountOf')]]], [2]],
    [
      'to two places that only together do it',
      [
        REWRITTEN,
        [WORKFLOW, 'isSmall(claim.total, rules.limit)', 'isSmall(claim.total, rules.limit, 2)'],
        [AMOUNTS, 'total <= limit', 'total <= limit * factor'],
      ],
      [[[amounts('isSmall'), 'code: step small']]],
      [1],
    ],
    [
      'to a rule and code that only together do it, beside a changed way to compare',
      [
        [DEFINITION, 'import { defineMission }', 'import { compare, defineMission }'],
        [DEFINITION, 'amount: z.number() }),', 'amount: z.number(), reason: compare.text(z.string()) }),'],
        [DEFINITION, 'limit: 50', 'limit: 45'],
        [WORKFLOW, 'claim.total, rules.limit', 'claim.total, rules.limit < 50 ? 100 : rules.limit'],
        [WORKFLOW, "reason: 'small' }", "reason: claim.total > 50 ? 'Judged' : 'small' }"],
      ],
      [[['rule limit', 'code: step small', 'code: step judge']]],
      [1],
    ],
    [
      'to the step that two places lead to, or come from',
      [
        [WORKFLOW, "reason: 'small' }", "reason: 'small enough' }"],
        [WORKFLOW, 'return { approve, reason };', "return { approve, reason: 'no' };"],
      ],
      [[['code: step judge']]],
      [3],
    ],
    [
      'to a module, where it does not come apart',
      [REWRITTEN, [AMOUNTS, 'const FEE = 3;', 'const fees = { base: 3 };\nfees.base = 5;\nconst FEE = fees.base;']],
      [[[`code: ${AMOUNTS}`]]],
      [2],
    ],
    [
      'to what answers models, where they are asked anew',
      [REWRITTEN, [DEFINITION, 'Decide on', 'Decide well on'], [ACTIVITIES, 'MOST = 100', 'MOST = 50']],
      [[['prompt judge', 'model calls (code)']]],
      [1],
      // Another prompt by itself is only asked otherwise.
      [[['prompt judge']]],
    ],
    [
      'to the function of a tool, where it is asked anew',
      [
        REWRITTEN,
        [WORKFLOW, '{ id: claim.id });\n  const small', '{ id: claim.id, whole: true });\n  const small'],
        [ACTIVITIES, "id.split('-')[1])", "id.split('-')[1]) + 1"],
      ],
      [[['code: step getOrder', 'tool getOrder (code)']]],
      [2],
      [[['code: step getOrder']]],
    ],
  ])(
    '%s',
    async (_, edits, causes, counts, diverged = []) => {
      const number = await publish(edits);
      const hybrids: number[] = [];
      const report = await tryCandidate({
        registry,
        candidate: { mission, number },
        baseline: { mission, number: 1 },
        policy: POLICY,
        workers: 1,
        onProgress: (progress) => hybrids.push(...(progress.hybrids === undefined ? [] : [progress.hybrids])),
      });
      expect(hybrids.length).toBeGreaterThan(0);
      expect(hybrids).toEqual(hybrids.map((_hybrid, index) => index + 1));
      const groups = (wanted: string) => report.attribution?.groups.filter(({ outcome }) => outcome === wanted);
      expect(groups('changed')?.map((group) => group.causes)).toEqual(causes);
      expect(groups('changed')?.map(({ count }) => count)).toEqual(counts);
      expect(groups('diverged')?.map((group) => group.causes)).toEqual(diverged);
      const markdown = renderMarkdown(report);
      for (const cause of causes.flat(2)) expect(markdown).toContain(cause);
    },
    240_000,
  );

  it('not at all where the budget was spent before', async () => {
    const number = await publish([
      REWRITTEN,
      [DEFINITION, 'Decide on', 'Decide kindly on'],
      [ACTIVITIES, 'MOST = 100', 'MOST = 40'],
    ]);
    const ask = (liveCalls: number) =>
      tryCandidate({
        registry,
        candidate: { mission, number },
        baseline: { mission, number: 1 },
        policy: { ...POLICY, limits: { ...POLICY.limits, liveCalls } },
        workers: 1,
      });
    const candidateAsks = TOTALS.length - 1;
    const poor = await ask(candidateAsks);
    expect(poor.counts.outcomes.changed).toBe(1);
    expect(poor.live?.calls).toBe(candidateAsks);
    expect(poor.attribution).toBeUndefined();
    expect((await ask(POLICY.limits.liveCalls)).attribution?.examined).toBe(candidateAsks);
  }, 240_000);
});
