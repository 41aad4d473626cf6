/** Causes of every outcome, on the regression cases of this repository: what failed, changed, diverged or stayed unanswered has its own. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderJUnit } from '../../src/compare/render/junit.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import type { Report } from '../../src/compare/report.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';

const mission = 'refund-eligibility';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CASES = join(ROOT, 'replay-fixtures');
const HOME = `workflows/${mission}`;

type Edit = readonly [file: string, find: string, replace: string];

const THROWS: Edit = [
  'rules.ts',
  'return Math.floor((Date.parse(requestedAt) - Date.parse(deliveredAt)) / DAY_MS);',
  "const days = Math.floor((Date.parse(requestedAt) - Date.parse(deliveredAt)) / DAY_MS);\n  if (days > 90) throw 'nobody remembers';\n  return days;",
];
const DENIES: Edit = ['mission.ts', 'refundsPerYear: 3', 'refundsPerYear: 0'];
const ASKS_SOMEBODY: Edit = ['mission.ts', 'decideAbove: 5_000', 'decideAbove: 10'];
const REWORDS_LETTERS: Edit = ['prompts/letter.ts', 'Write', 'Please write'];
/** Returns more than a run may give back. */
const FLOODS: Edit = [
  'workflow.ts',
  'const { reason } = decision;',
  "const reason = days > 90 ? 'x'.repeat(17_000_000) : decision.reason;",
];
/** Changes nothing that a run does. */
const IDLE: Edit = ['rules.ts', 'return sale.finalSale && (', 'return sale.finalSale === true && ('];

let folder: string;
let registry: Registry;

async function publish(...edits: readonly Edit[]): Promise<number> {
  const root = await mkdtemp(join(folder, 'project-'));
  for (const part of ['workflows', 'activities']) await cp(join(ROOT, part), join(root, part), { recursive: true });
  for (const [file, find, replace] of edits) {
    const path = join(root, HOME, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(find)) throw new Error(`${file} has no ${find}`);
    await writeFile(path, text.replace(find, replace));
  }
  return (await publishMission({ registry, root, mission })).version.number;
}

async function tried(flags: readonly string[], number: number): Promise<Report> {
  return tryCandidate({
    registry,
    candidate: { mission, number },
    baseline: { mission, number: 1 },
    selection: { fixtures: [CASES] },
    policy: parsePolicyFlags(['second-opinion=0', ...flags]),
    workers: 1,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mission-test-causes-'));
  registry = await openRegistry({ directory: join(folder, 'registry'), actor: 'ada' });
  await publish();
}, 60_000);

afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const DAYS = `code: ${HOME}/rules.ts daysSince`;

const decided = ['model=live', 'write=simulator'];
const width = 120;

describe('a candidate that decides otherwise by one change', { timeout: 240_000 }, () => {
  it('and ends in an error by another has a cause for each', async () => {
    const report = await tried(decided, await publish(THROWS, DENIES, IDLE));
    expect(report.counts.outcomes).toMatchObject({ changed: 2 });
    expect(report.attribution).toEqual({
      examined: 2,
      groups: [
        { outcome: 'changed', causes: [[DAYS]], count: 1, example: expect.stringMatching(/^refund-0007/) },
        {
          outcome: 'changed',
          causes: [['rule refundsPerYear']],
          count: 1,
          example: expect.stringMatching(/^refund-0015/),
        },
      ],
    });
  });

  it('and breaks a limit by another has a cause for each outcome, in every rendering, as far as the policy says', async () => {
    const number = await publish(FLOODS, DENIES, IDLE);
    const report = await tried(decided, number);
    expect(report.counts.outcomes).toMatchObject({ changed: 1, failed: 1 });
    expect(report.attribution?.groups).toMatchObject([
      { outcome: 'changed', causes: [['rule refundsPerYear']], count: 1 },
      { outcome: 'failed', causes: [['code: step letter']], count: 1 },
    ]);
    const text = renderTerminal(report, { palette: PLAIN, width });
    expect(text).toMatch(/rule refundsPerYear +1 of 1 changed runs +e\.g\. refund-0015/);
    expect(text).toMatch(/code: step letter +1 of 1 failed runs +e\.g\. refund-0007/);
    expect(renderMarkdown(report)).toContain('- 1 of 1 failed runs: code: step letter');
    expect(renderJUnit(report)).toContain('why: 1 of 1 failed runs: code: step letter');

    const one = await tried([...decided, 'causes=1'], number);
    expect(one.attribution).toMatchObject({ examined: 1, groups: [{ outcome: 'changed', count: 1 }] });
    expect(renderTerminal(one, { palette: PLAIN, width })).toContain('0 of 1 failed runs were looked into');
    expect(await tried([...decided, 'causes=0'], number)).not.toHaveProperty('attribution');
  });
});

describe('a candidate that asks what is not recorded', { timeout: 240_000 }, () => {
  it('has for each run the change that makes it ask', async () => {
    const report = await tried([], await publish(ASKS_SOMEBODY, REWORDS_LETTERS, IDLE));
    expect(report.counts.outcomes).toMatchObject({ unanswered: 2 });
    expect(report.attribution?.groups).toMatchObject([
      { outcome: 'unanswered', causes: [['prompt letter']], count: 1 },
      { outcome: 'unanswered', causes: [['rule decideAbove']], count: 1 },
    ]);
  });

  it('and comes to the same end by it has the change by which it takes another way', async () => {
    const report = await tried(['model=recorded', 'write=recorded'], await publish(REWORDS_LETTERS, IDLE));
    expect(report.counts.outcomes).toMatchObject({ matched: 1, diverged: 1 });
    expect(report.attribution).toMatchObject({
      examined: 1,
      groups: [{ outcome: 'diverged', causes: [['prompt letter']], count: 1 }],
    });
  });
});
