/** Of plain workflows the report says which functions the histories made run, and which code in them never did. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import type { CoverageReport } from '../../src/compare/coverage.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import type { Report } from '../../src/compare/report.ts';
import { parsePolicy } from '../../src/gate/parse-policy.ts';
import { CoveredRuns, coverCode } from '../../src/release/cover-code.ts';
import { tryWorkflows } from '../../src/release/try-workflows.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { ESM_PROJECT, makeProject, type Recorded, recordOrders, type ScratchProject } from '../replay/plain/project.ts';
import { sourceOf } from '../replay/plain/record.ts';

const RULES = `
export function isCheap(amount: number): boolean {
  if (amount < 0) {
    throw new Error('who pays whom?');
  }
  return amount > 200 ? isBargain(amount) : amount < 100;
}

function isBargain(amount: number): boolean {
  return amount === 299;
}

export function isFree(amount: number): boolean {
  return amount === 0;
}
`;

describe('coverage of plain workflows', () => {
  let project: ScratchProject;
  let recorded: readonly Recorded[];

  async function coverage(names: readonly string[], workflowsPath = 'src/workflows', policy: JsonObject = {}) {
    const report = await tryWorkflows({
      candidate: { name: workflowsPath, code: { workflowsPath, root: project.root } },
      histories: recorded.filter(({ name }) => names.includes(name)).map(({ history }) => history),
      selection: 'histories',
      policy: parsePolicy({ secondOpinion: 0, ...policy }, 'the test'),
      workers: 1,
    });
    return report;
  }

  function partsOf({ coverage: found }: Report): Record<string, readonly [runs: number, never: readonly string[]]> {
    const { parts } = found as CoverageReport;
    return Object.fromEntries(
      parts.map(({ part, kind, name, runs, branches }) => [
        `${kind ?? part} ${name}`,
        [runs, branches.map(({ branch }) => branch)],
      ]),
    );
  }

  beforeAll(async () => {
    project = await makeProject({ ...ESM_PROJECT, 'src/workflows/rules.ts': RULES });
    const source = { workflowsPath: 'src/workflows', root: project.root };
    recorded = await recordOrders({ address: inject('temporalAddress'), source, orders: ['pen', 'desk', 'chair?'] });
  });

  afterAll(() => project.remove());

  it('tells functions by the runs they were in, blocks that no run took, and activities', async () => {
    const report = await coverage(['pen']);
    expect(partsOf(report)).toMatchObject({
      'activity price': [1, []],
      'activity charge': [1, []],
      'function order.ts order': [1, []],
      'function rules.ts isCheap': [1, ['if (amount < 0) {', 'isBargain(amount)']],
      'function rules.ts isBargain': [0, []],
      'function rules.ts isFree': [0, []],
    });
    expect(report.coverage).toMatchObject({ recordings: 1, paths: 1 });
  });

  it('adds up over runs: what one of them took is taken, and other ways are other ways', async () => {
    const report = await coverage(['pen', 'desk']);
    expect(partsOf(report)).toMatchObject({
      'function rules.ts isCheap': [2, ['if (amount < 0) {']],
      'function rules.ts isBargain': [1, []],
      'function rules.ts isFree': [0, []],
    });
    expect(report.coverage).toMatchObject({ recordings: 2, paths: 2 });
    expect((await coverage(['desk', 'pen'])).coverage).toEqual(report.coverage);
    const text = renderTerminal(report, { palette: PLAIN, width: 100 });
    expect(text).toContain('2 ways in 2 recordings; ');
    expect(text).toMatch(/function rules\.ts isCheap {2}2 runs, never if \(amount < 0\) \{/);
    expect(text).toMatch(/Never used: .*function rules\.ts isFree/);
  });

  it('says of an open run that what comes after was not run', async () => {
    const parts = partsOf(await coverage(['chair?']));
    expect(parts['function order.ts order']).toEqual([1, [expect.stringContaining('charge')]]);
    expect(parts['activity price']).toEqual([1, []]);
    expect(parts).not.toHaveProperty('activity charge');
  });

  it('says why it was given up where no process can be started to count', async () => {
    const report = await coverage(['pen']);
    const runs = new CoveredRuns();
    const { history } = recorded.find(({ name }) => name === 'pen') as Recorded;
    runs.add(sourceOf(history), { outcome: 'matched' } as ReplayResult);
    const policy = parsePolicy({}, 'the test');
    const bundle = await bundleWorkflows({ workflowsPath: 'src/workflows', root: project.root });
    const limits = { ...policy.limits, memoryMb: 4 };
    const found = await coverCode(bundle, { ...policy, limits }, { runs: runs.runs, of: 1 }, undefined);
    expect(found?.code).toEqual({
      walked: 0,
      of: 1,
      stopped: 'no process started (it exceeded its memory limit (memoryMb: 4))',
    });
    const said = 'Code coverage was given up after 0 of 1 recordings: no process started';
    const stopped = { ...report, coverage: found as CoverageReport };
    expect(renderTerminal(stopped, { palette: PLAIN, width: 200 })).toContain(said);
    expect(renderMarkdown(stopped)).toContain(said);
    expect(renderTerminal(report, { palette: PLAIN, width: 200 })).not.toContain('given up');
  });

  it('is there for what can be run again, and not for code that hangs', async () => {
    await project.write({
      'src/hangs.ts': 'export async function order() {\n  for (;;);\n}\n',
    });
    const report = await coverage(['pen'], 'src/hangs.ts', { limits: { perRecordingMs: 500 } });
    expect(report.counts.outcomes.failed).toBe(1);
    expect(report).not.toHaveProperty('coverage');
  });
});
