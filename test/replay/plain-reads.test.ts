/** A policy says of activities of a plain project that they only read: what comes of it in the report, in its causes, and in the debugger. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { run } from '../cli/run.ts';
import { ESM_PROJECT, makeProject, recordOrders, type ScratchProject } from './plain/project.ts';

// A server is started, and code is bundled again and again: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const WORKFLOWS = './src/workflows';
/** Asks for no price any more, and comes to the same end for a pen. */
const KNOWN = './src/known-price';

describe('mission replay --policy reads=…', () => {
  let project: ScratchProject;

  beforeAll(async () => {
    project = await makeProject(ESM_PROJECT);
    const source = { workflowsPath: WORKFLOWS, root: project.root };
    const recorded = await recordOrders({ address: inject('temporalAddress'), source, orders: ['pen'] });
    const order = `${ESM_PROJECT['src/workflows/order.ts']}`;
    await project.write({
      ...Object.fromEntries(recorded.map(({ name, history }) => [`histories/${name}.json`, encodeHistory(history)])),
      'src/known-price/index.ts': `${ESM_PROJECT['src/workflows/index.ts']}`,
      'src/known-price/order.ts': order.replace('await price(item)', '5'),
      'src/known-price/rules.ts': `${ESM_PROJECT['src/workflows/rules.ts']}`,
    });
  });

  afterAll(() => project.remove());

  const mission = (...argv: readonly string[]) => run(argv, { cwd: project.root });

  async function replay(...argv: readonly string[]) {
    const code = ['--workflows', KNOWN, '--baseline-workflows', WORKFLOWS];
    const ran = await mission('replay', ...code, '--histories', './histories/pen.json', ...argv);
    const file = join(project.root, 'mission-replay-report', 'report.json');
    return { ...ran, report: JSON.parse(await readFile(file, 'utf8')) as Report };
  }

  it('lets an activity go that the policy declares to be a read, and says which declarations no run asked for', async () => {
    const strict = await replay();
    expect(strict.code).toBe(1);
    expect(strict.report).toMatchObject({ effects: [{ tool: 'price', kind: 'dropped' }] });
    const [why] = strict.report.attribution?.groups ?? [];
    expect(why).toMatchObject({ outcome: 'changed', causes: [['code: order.ts order: const amount = 5;']] });
    const { code, out, report } = await replay('--policy', 'reads=price,quote,get*,model=recorded');
    expect(code).toBe(0);
    expect(report).toMatchObject({
      verdict: { verdict: 'passed' },
      counts: { outcomes: { diverged: 1, changed: 0 } },
      effects: [],
      policy: { value: { reads: ['price', 'quote', 'get*'], answers: { model: 'recorded' } } },
      reads: [
        { name: 'price', runs: 1 },
        { name: 'quote', runs: 0 },
        { name: 'get*', runs: 0 },
      ],
    });
    expect(report.attribution?.groups).toMatchObject([{ outcome: 'diverged', causes: why?.causes }]);
    expect(report.policy.digest).not.toBe(strict.report.policy.digest);
    expect(report.results[0]?.detail).toMatchObject({ effectDifferences: [], readsUsed: ['price'] });
    expect(out).toContain('Reads of the policy that no run asked for: quote, get*');
    const markdown = await readFile(join(project.root, 'mission-replay-report', 'report.md'), 'utf8');
    expect(markdown).toContain('Reads of the policy that no run asked for: quote, get\\*');
    expect((await replay('--policy', 'reads=quote')).code).toBe(1);
    await project.write({ 'policy.json': '{ "reads": ["price"] }' });
    expect((await replay('--policy', 'policy.json')).out).not.toContain('no run asked for');
  });

  it('holds in the debugger, too', async () => {
    const debug = async (...argv: readonly string[]) => {
      const code = ['--history', 'histories/pen.json', '--workflows', KNOWN];
      const { out } = await mission('debug', ...code, '--json', ...argv);
      return JSON.parse(out).difference;
    };
    expect(await debug()).toMatchObject({ outcome: 'changed' });
    expect(await debug('--answer', 'reads=price,quote')).toMatchObject({ outcome: 'diverged' });
  });
});
