/** Of plain workflows too, what differs is traced to the function and the statement that bring it about, by replaying hybrids. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundleWorkflows, type WorkflowBundle } from '../../src/artifact/bundle-workflows.ts';
import { describeCauses } from '../../src/compare/attribution.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import { parsePolicy } from '../../src/gate/parse-policy.ts';
import { type TryWorkflowsOptions, tryWorkflows } from '../../src/release/try-workflows.ts';
import { ESM_PROJECT, makeProject, type Recorded, recordOrders, type ScratchProject } from '../replay/plain/project.ts';

/** File → what is replaced in it. */
type Edits = Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;

interface Case {
  readonly name: string;
  readonly edits: Edits;
  readonly causes: readonly string[];
}

const RESULT = ['receipt, cheap', 'receipt, polite: true, cheap'] as const;
const LOUDER = ['price(item)', "price(item + '!')"] as const;
const LIMIT = ['amount < 100', 'amount < 50'] as const;
/** Changes nothing that a run does. */
const IDLE = ['let approved = !ask;', 'let approved = ask !== true;'] as const;

const CASES: readonly Case[] = [
  { name: 'a rule in a module of its own', edits: { 'rules.ts': [LIMIT] }, causes: ['code: rules.ts isCheap'] },
  {
    name: 'a statement, beside one that does nothing',
    edits: { 'order.ts': [IDLE, RESULT] },
    causes: ['code: order.ts order: return { item, amount, receipt, polite: true, cheap: is…'],
  },
  {
    name: 'a request, in runs that stop there',
    edits: { 'order.ts': [IDLE, LOUDER], 'rules.ts': [LIMIT] },
    causes: ["code: order.ts order: const amount = await price(item + '!');"],
  },
  {
    name: 'a constant at the top, in what is asked of activities',
    edits: { 'order.ts': [IDLE, ["startToCloseTimeout: '10s'", "startToCloseTimeout: '20s'"]] },
    causes: ['code: order.ts price'],
  },
  {
    name: 'a failure by one function, beside another end by a statement',
    edits: {
      'rules.ts': [
        ['=> amount < 100;', "=> {\n  if (amount > 200) throw new TypeError('too dear');\n  return amount < 100;\n};"],
      ],
      'order.ts': [IDLE, RESULT],
    },
    causes: [
      'code: order.ts order: return { item, amount, receipt, polite: true, cheap: is…',
      'code: rules.ts isCheap',
    ],
  },
  {
    name: 'a function, beside a constant and an import that are new',
    edits: {
      'rules.ts': [['=> amount < 100;', '=> amount < limit;\nexport const limit = 50;\nexport const strict = false;']],
      'order.ts': [
        ["import { isCheap } from './rules.js';", "import { isCheap, strict } from './rules.js';"],
        ['cheap: isCheap(amount)', 'cheap: isCheap(amount) && !strict'],
      ],
    },
    causes: ['code: rules.ts isCheap'],
  },
];

describe('causes in plain workflows', () => {
  let project: ScratchProject;
  let recorded: readonly Recorded[];
  let baseline: WorkflowBundle;
  let variants = 0;

  async function variant(edits: Edits): Promise<string> {
    variants += 1;
    const folder = `src/variant-${variants}`;
    const files = Object.entries(ESM_PROJECT).flatMap(([path, text]) => {
      const file = path.split('src/workflows/')[1];
      if (file === undefined) return [];
      const edited = (edits[file] ?? []).reduce((so, [from, to]) => {
        if (!so.includes(from)) throw new Error(`${file} does not contain: ${from}`);
        return so.replace(from, () => to);
      }, text);
      return [[`${folder}/${file}`, edited] as const];
    });
    await project.write(Object.fromEntries(files));
    return folder;
  }

  async function attributed(edits: Edits, given: Pick<TryWorkflowsOptions, 'signal' | 'onResult' | 'onProgress'> = {}) {
    const name = await variant(edits);
    const report = await tryWorkflows({
      candidate: { name, code: { workflowsPath: name, root: project.root } },
      baseline: { name: 'src/workflows', code: { bundle: baseline } },
      histories: recorded.map(({ history }) => history),
      selection: 'histories',
      policy: parsePolicy({ secondOpinion: 0 }, 'the test'),
      workers: 1,
      ...given,
    });
    return { report, causes: report.attribution?.groups.map(({ causes }) => describeCauses(causes)) };
  }

  beforeAll(async () => {
    project = await makeProject(ESM_PROJECT);
    const source = { workflowsPath: 'src/workflows', root: project.root };
    recorded = await recordOrders({ address: inject('temporalAddress'), source, orders: ['pen', 'chair', 'desk'] });
    baseline = await bundleWorkflows(source);
  });

  afterAll(() => project.remove());

  it.each(CASES)('are told down to the statement: $name', async ({ edits, causes }) => {
    expect((await attributed(edits)).causes).toEqual(causes);
  });

  it('are not looked for once it was interrupted', async () => {
    const interrupt = new AbortController();
    const told: string[] = [];
    const { report } = await attributed(
      { 'rules.ts': [LIMIT] },
      {
        signal: interrupt.signal,
        onResult: ({ outcome }) => outcome === 'changed' && interrupt.abort(),
        onProgress: (message) => told.push(message),
      },
    );
    expect(report.partial).toBe(true);
    expect(report.counts.outcomes.changed).toBe(1);
    expect(report).not.toHaveProperty('attribution');
    expect(told.filter((message) => message.startsWith('looking for causes'))).toEqual([]);
  });

  it('are none where nothing differs, and are told on the terminal where something does', async () => {
    const same = await attributed({ 'order.ts': [IDLE] });
    expect(same.report.counts.outcomes.matched).toBe(3);
    expect(same.report).not.toHaveProperty('attribution');
    const { report } = await attributed({ 'rules.ts': [LIMIT] });
    const text = renderTerminal(report, { palette: PLAIN, width: 100 });
    const lines = text.split('\n');
    const at = lines.indexOf('  code: rules.ts isCheap');
    expect(lines[at - 1]).toBe('Why  found by swapping each change into the baseline');
    expect(lines[at + 1]).toMatch(/^ {5}1 of 1 changed runs {2}e\.g\. orders-/);
  });
});
