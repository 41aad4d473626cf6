/**
 * Projects with Temporal's AI integrations are replayed as they are: recorded by Temporal's own worker with the plugin of the
 * integration, replayed by the command line with the same plugins. What the model is asked differently is told, as text.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundleWorkflows, type WorkflowBundle } from '../../src/artifact/bundle-workflows.ts';
import { loadPlugins } from '../../src/cli/load-plugins.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import type { Report } from '../../src/compare/report.ts';
import { parsePolicy } from '../../src/gate/parse-policy.ts';
import type { ReplayPolicyInput } from '../../src/gate/policy.ts';
import { readHistoryFiles } from '../../src/recording/history-files.ts';
import { tryWorkflows } from '../../src/release/try-workflows.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { run } from '../cli/run.ts';
import { type AssistantProject, type Integration, makeAssistant, recordAnswers } from './integrations/record.ts';

interface Expected {
  readonly integration: Integration;
  /** The first question to the model. */
  readonly step: string;
  readonly instructions: string;
  readonly description: string;
  readonly model: string;
}

const INTEGRATIONS: readonly Expected[] = [
  {
    integration: 'ai-sdk',
    step: 'invokeModel#1',
    instructions: '/options/prompt/0/content',
    description: '/options/tools/0/description',
    model: '/modelId',
  },
  {
    integration: 'openai-agents',
    step: 'invokeModelActivity#1',
    instructions: '/request/systemInstructions',
    description: '/request/tools/0/description',
    model: '/modelName',
  },
];

const LAST_RULE = 'Never promise a date that the order does not have.';

/** One edit of each thing that a model is asked, and of what is made of its answer: bundling such a project takes seconds. */
const EDITS: readonly (readonly [from: string, to: string])[] = [
  [LAST_RULE, `Be brief.\n${LAST_RULE}`],
  ['Finds an order by its number.', 'Finds the order of a customer, whatever number it has.'],
  ["'shop-model'", "'shop-model-large'"],
  ['return { text', 'return { polite: true, text'],
];

describe.each(INTEGRATIONS)('a project with $integration', ({ integration, step, ...pointers }) => {
  let project: AssistantProject;
  let edited: WorkflowBundle;

  async function bundle(edits: typeof EDITS): Promise<WorkflowBundle> {
    const plugins = await loadPlugins('src/plugins.ts', project.root);
    return bundleWorkflows({ workflowsPath: await project.variant(edits), plugins, root: project.root });
  }

  async function report(code: WorkflowBundle, policy: ReplayPolicyInput = {}) {
    const made = await tryWorkflows({
      candidate: { name: './src', code: { bundle: code } },
      histories: readHistoryFiles(join(project.root, 'histories')),
      selection: './histories',
      policy: parsePolicy(policy as JsonObject, 'the test'),
    });
    return { report: made, shown: renderTerminal(made, { palette: PLAIN, width: 100 }).split('\n') };
  }

  beforeAll(async () => {
    project = await makeAssistant(integration);
    const answers = await recordAnswers(inject('temporalAddress'), project, ['16', '17']);
    expect(answers).toEqual([
      { text: 'I have looked it up. Order 16: delivered on 1 March.', steps: 2 },
      { text: 'I have looked it up. Order 17: on its way.', steps: 2 },
    ]);
    edited = await bundle(EDITS);
  });

  afterAll(() => project.remove());

  it('matches where nothing was changed, and Temporal’s own replayer agrees', async () => {
    const argv = [
      '--workflows',
      project.workflows,
      '--histories',
      'histories',
      '--plugins',
      'src/plugins.ts',
      '--json',
    ];
    const { code, out } = await run(['replay', ...argv], { cwd: project.root, env: {} });
    const { results, counts } = JSON.parse(out) as Report;
    expect(results.map(({ summary }) => summary)).toEqual([undefined, undefined]);
    expect(counts).toMatchObject({ outcomes: { matched: 2 }, determinismChecked: 2, determinismDisagreements: 0 });
    expect(code).toBe(0);
  });

  it('shows what the model is asked differently, texts as texts, at the first question that is another', async () => {
    const { report: made, shown } = await report(edited);
    expect(made.divergences).toMatchObject([{ step, kind: 'request', count: 2 }]);
    expect(made.divergences[0]?.pointers.toSorted()).toEqual(Object.values(pointers).toSorted());
    expect(made.unanswered).toMatchObject([{ step, count: 2 }]);
    expect(made.counts.determinismDisagreements).toBe(0);
    for (const line of [
      `      ${pointers.instructions}`,
      '    + Be brief.',
      `      ${LAST_RULE}`,
      '    - Finds an order by its number.',
      '    + Finds the order of a customer, whatever number it has.',
      `      ${pointers.model}  "shop-model" → "shop-model-large"`,
    ]) {
      expect(shown).toContain(line);
    }
    expect(renderMarkdown(made)).toContain('\n+ Be brief.\n');
  });

  it('goes on with the recorded answers to the end, if told to', async () => {
    const { report: made } = await report(edited, { answers: { activity: 'recorded' } });
    expect(made.flips).toMatchObject([{ pointer: '/polite', to: true, count: 2 }]);
    expect(made.counts).toMatchObject({ outcomes: { changed: 2 }, determinismDisagreements: 0 });
    expect(made.evidence).toMatchObject({ stale: 4 });
    expect(made.verdict.verdict).toBe('failed');
  });

  // The other one's tools are no activities.
  if (integration === 'ai-sdk')
    it('names the tool’s activity that is no longer asked for', async () => {
      const made = await report(await bundle([['(input) => findOrder(input)', "async () => 'lost'"]]));
      expect(made.report.divergences).toMatchObject([{ step: 'findOrder#1', kind: 'missing', count: 2 }]);
      expect(made.report.counts.determinismDisagreements).toBe(0);
    });
});
