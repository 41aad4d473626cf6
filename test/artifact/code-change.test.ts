/** What a change of workflow code is taken apart into, and what hybrids of it are made of. */
import { parse } from 'acorn';
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { splitCode } from '../../src/artifact/code-change.ts';
import { copyProject } from './project.ts';

const MISSION = 'claims';
const WORKFLOW = `workflows/${MISSION}/workflow.ts`;
const AMOUNTS = `workflows/${MISSION}/amounts.ts`;
const DEFINITION = `workflows/${MISSION}/mission.ts`;

const FILES: Readonly<Record<string, string>> = {
  [DEFINITION]: `
import { defineMission } from 'mission-runtime/mission';
import * as z from 'zod';
export const Answer = z.object({ approve: z.boolean(), reason: z.string() });
export const claims = defineMission({
  name: '${MISSION}',
  input: z.object({ id: z.string(), total: z.number() }),
  output: Answer.extend({ amount: z.number() }),
  models: { judge: { model: 'house/judge' } },
  prompts: { judge: 'Decide on {{claim}}.', letter: 'Write about {{claim}}.' },
  rules: { limit: 50 },
  tools: {
    getOrder: { effect: 'read', input: z.object({ id: z.string() }), output: z.object({ paid: z.number() }) },
    pay: { effect: 'write', input: z.object({ id: z.string(), amount: z.number() }), output: z.object({}) },
  },
});`,
  [AMOUNTS]: `
const FEE = 3;
export function amountOf(paid: number): number {
  return paid - FEE;
}
export function isSmall(total: number, limit: number): boolean {
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
    const facts = { paid, total: claim.total };
    const answer = await step.model('judge', { claim: facts }, Answer);
    return { approve: answer.approve, reason: answer.reason };
  };
  const { approve, reason } = await judge();
  const amount = approve ? amountOf(paid) : 0;
  if (approve) await step.tool('pay', { id: claim.id, amount });
  else await step.model('letter', { claim: { id: claim.id, reason } });
  return { approve, reason, amount };
});`,
  [`activities/${MISSION}.ts`]: `
import { defineActivities } from 'mission-runtime/activity';
export default defineActivities({});`,
};

type Edits = readonly (readonly [file: string, find: string, replace: string])[];

async function build(edits: Edits = [], files: Readonly<Record<string, string>> = {}): Promise<Artifact> {
  const texts: Record<string, string> = { ...FILES, ...files };
  for (const [file, find, replace] of edits) {
    const text = texts[file] ?? '';
    if (!text.includes(find)) throw new Error(`${file} has no ${find}`);
    texts[file] = text.replace(find, replace);
  }
  const project = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, () => text]));
  return buildArtifact({ root: await copyProject(project), mission: MISSION });
}

async function split(edits: Edits, entries: readonly string[] = [], files: Readonly<Record<string, string>> = {}) {
  const [baseline, candidate] = await Promise.all([build(), build(edits, files)]);
  return { baseline, change: splitCode(baseline, candidate, new Set(entries)) };
}

const step = (name: string) => `code: step ${name}`;
const amounts = (name: string) => `code: ${AMOUNTS} ${name}`;

describe('a change of code', () => {
  it.each<[what: string, edits: Edits, units: string[]]>([
    [
      'in what a step is asked',
      [[WORKFLOW, '{ claim: facts }', '{ claim: { ...facts, id: claim.id } }']],
      [step('judge')],
    ],
    ['before a step', [[WORKFLOW, "if (small) return { approve: true, reason: 'small' };", '']], [step('judge')]],
    [
      'of a value, named after the step that speaks of it',
      [[WORKFLOW, 'amountOf(paid) : 0', 'amountOf(paid) + 1 : 0']],
      [step('pay')],
    ],
    [
      'after the last step of an inner function',
      [[WORKFLOW, 'reason: answer.reason }', "reason: 'judged' }"]],
      [step('judge')],
    ],
    ['of a condition', [[WORKFLOW, 'if (approve) await', 'if (approve && amount > 0) await']], [step('pay')]],
    ['of the result', [[WORKFLOW, 'reason, amount };', 'reason, amount: amount * 2 };']], ['code: result']],
    ['of a rule', [[WORKFLOW, "step.rule('small', isSmall(", "step.rule('small', !isSmall("]], [step('small')]],
    ['of a function without steps', [[AMOUNTS, 'paid - FEE', 'paid + FEE']], [amounts('amountOf')]],
    ['of a constant', [[AMOUNTS, 'FEE = 3', 'FEE = 4']], [amounts('FEE')]],
    [
      'in two places',
      [
        [WORKFLOW, 'claim.total };', 'claim.total + 1 };'],
        [AMOUNTS, '<= limit', '< limit'],
      ],
      [amounts('isSmall'), step('judge')],
    ],
    [
      'of a comment and of types',
      [[WORKFLOW, 'const facts =', '// What the judge sees.\n    const facts: Record<string, number> =']],
      [],
    ],
    ['of a prompt in the source', [[DEFINITION, 'Decide on', 'Judge of']], []],
    ['of what is taken out of an object', [[WORKFLOW, '({ step, rules }, claim)', '({ rules, step }, claim)']], []],
    [
      'that only adds a function',
      [[AMOUNTS, 'const FEE', 'export function unused(): number { return 1; }\nconst FEE']],
      [],
    ],
    [
      'of how the workflow takes its parameters',
      [[WORKFLOW, '({ step, rules }, claim) => {', '(context, claim) => {\nconst { step, rules } = context;']],
      [step('getOrder')],
    ],
    [
      'of the whole workflow',
      [
        [
          WORKFLOW,
          'export const run = claims.workflow(async',
          'const body: Parameters<typeof claims.workflow>[0] = async',
        ],
        [WORKFLOW, 'reason, amount };\n});', 'reason, amount };\n};\nexport const run = claims.workflow(body);'],
      ],
      [`code: ${WORKFLOW} run`],
    ],
  ])('%s', async (_, edits, units) => {
    const { baseline, change } = await split(edits);
    expect([...change.modules.values()].flat()).toEqual(units);
    for (const taken of [[], units, [...change.modules.keys()], ...units.map((unit) => [unit])]) {
      const text = change.render(new Set(taken));
      expect(() => parse(text, { ecmaVersion: 'latest', allowReturnOutsideFunction: true })).not.toThrow();
    }
    expect(change.render(new Set()).length).toBeGreaterThan(baseline.code.workflow.length * 0.9);
  });

  it('swaps each unit by itself', async () => {
    const { change } = await split([
      [WORKFLOW, 'claim.total };', 'claim.total + 1 };'],
      [WORKFLOW, 'reason, amount };', 'reason, amount: amount * 2 };'],
      [AMOUNTS, 'paid - FEE', 'paid + FEE'],
    ]);
    const marks = ['claim.total+1', 'amount*2', 'paid+FEE'];
    const marked = (...taken: string[]) => marks.filter((mark) => change.render(new Set(taken)).includes(mark));
    expect(marked()).toEqual([]);
    expect(marked(step('judge'))).toEqual(['claim.total+1']);
    expect(marked('code: result')).toEqual(['amount*2']);
    expect(marked(amounts('amountOf'))).toEqual(['paid+FEE']);
    expect(marked(step('judge'), amounts('amountOf'))).toEqual(['claim.total+1', 'paid+FEE']);
    expect(marked(`code: ${WORKFLOW}`)).toEqual(['claim.total+1', 'amount*2']);
    expect(marked('code')).toEqual(marks);
  });

  it('brings along what the unit speaks of and the baseline does not have', async () => {
    const { change } = await split([
      [WORKFLOW, 'amountOf(paid) : 0', 'rounded(paid) : 0'],
      [WORKFLOW, 'import { amountOf,', 'import { amountOf, rounded,'],
      [
        AMOUNTS,
        'export function amountOf',
        'const CENTS = 100;\nexport function rounded(paid: number): number { return Math.round(amountOf(paid) * CENTS) / CENTS; }\nexport function amountOf',
      ],
    ]);
    expect([...change.modules.values()].flat()).toEqual([step('pay')]);
    expect(change.render(new Set())).not.toContain('CENTS');
    expect(change.render(new Set([step('pay')]))).toContain('var CENTS=100;');
  });

  it('knows a function again whose name the bundler has numbered otherwise', async () => {
    const other = `workflows/${MISSION}/fees.ts`;
    const { change } = await split(
      [
        [AMOUNTS, 'const FEE = 3;', "import { fee } from './fees.ts';\nconst FEE = 3;"],
        [AMOUNTS, 'return paid - FEE', 'return paid - FEE - fee()'],
      ],
      [],
      {
        [other]:
          'import { workflowInfo } from "@temporalio/workflow";\nconst FEE = 9;\nexport const fee = () => (workflowInfo().attempt === 0 ? FEE : 0);',
      },
    );
    expect([...change.modules.values()].flat()).toEqual([amounts('amountOf')]);
    expect(change.render(new Set([amounts('amountOf')]))).toMatch(/return paid-FEE\S*-fee\(\)/);
  });

  it('leaves the code of a contract with its entry of the definition', async () => {
    const edits: Edits = [
      [
        DEFINITION,
        'amount: z.number() }), output: z.object({}) }',
        'amount: z.number().max(100) }), output: z.object({}) }',
      ],
      [WORKFLOW, 'reason, amount };', 'reason, amount: amount * 2 };'],
    ];
    const { change } = await split(edits, ['tool pay']);
    expect([...change.modules]).toEqual([[`code: ${WORKFLOW}`, ['code: result']]]);
    expect([...change.entries]).toEqual(['tool pay']);
    expect(change.render(new Set(['tool pay']))).toContain('.max(100)');
    expect(change.render(new Set(['code']))).not.toContain('.max(100)');
    expect(change.render(new Set(['code']))).toContain('amount*2');
  });

  const DECLARED: Edits = [
    [
      DEFINITION,
      'export const Answer',
      'const Amount = z.number();\nexport const Payment = z.object({ id: z.string(), amount: Amount });\nexport const Answer',
    ],
    [DEFINITION, 'input: z.object({ id: z.string(), amount: z.number() }), output', 'input: Payment, output'],
  ];
  const LIMITED: Edits[number] = [DEFINITION, 'const Amount = z.number()', 'const Amount = z.number().max(100)'];
  const entries = new Set(['tool pay', 'tool getOrder']);

  it('takes a schema that is declared for one tool alone for a part of its contract', async () => {
    const [baseline, candidate] = await Promise.all([build(DECLARED), build([...DECLARED, LIMITED])]);
    const change = splitCode(baseline, candidate, entries);
    expect([...change.modules]).toEqual([]);
    expect([...change.entries]).toEqual(['tool pay']);
    expect(change.render(new Set(['tool pay']))).toContain('.max(100)');
    expect(change.render(new Set(['tool getOrder']))).not.toContain('.max(100)');
  });

  it.each<[what: string, edit: Edits[number]]>([
    ['another tool', [DEFINITION, 'paid: z.number()', 'paid: Amount']],
    ['the workflow', [WORKFLOW, 'rules.limit', 'rules.limit + Payment.shape.amount.parse(0)']],
  ])('leaves a schema that %s speaks of too what it is, code', async (_, edit) => {
    const imported: Edits[number] = [WORKFLOW, '{ Answer, claims }', '{ Answer, claims, Payment }'];
    const shared: Edits = [...DECLARED, imported, edit];
    const [baseline, candidate] = await Promise.all([build(shared), build([...shared, LIMITED])]);
    const change = splitCode(baseline, candidate, entries);
    expect([...change.modules]).toEqual([[`code: ${DEFINITION}`, [`code: ${DEFINITION} Amount`]]]);
    expect([...change.entries]).toEqual([]);
  });

  it('keeps a statement that stands there twice', async () => {
    const twice: Edits[number] = [
      AMOUNTS,
      'const FEE = 3;',
      'export const fees: number[] = [];\nfees.push(1);\nfees.push(1);\nconst FEE = 3;',
    ];
    const [baseline, candidate] = await Promise.all([
      build([twice]),
      build([twice, [AMOUNTS, 'paid - FEE', 'paid + FEE']]),
    ]);
    const text = splitCode(baseline, candidate, new Set()).render(new Set([amounts('amountOf')]));
    expect(text.match(/fees\.push\(1\)/g)).toHaveLength(2);
  });

  it('says that a statement that declares nothing goes with its module', async () => {
    const { change } = await split([
      [AMOUNTS, 'const FEE = 3;', 'const fees = { base: 3 };\nfees.base = 4;\nconst FEE = fees.base;'],
    ]);
    expect([...change.modules]).toEqual([[`code: ${AMOUNTS}`, [amounts('FEE')]]]);
    expect(change.render(new Set([amounts('FEE')]))).not.toContain('fees.base=4');
    expect(change.render(new Set([`code: ${AMOUNTS}`]))).toContain('fees.base=4');
  });
});
