/** The report says which of a mission's own code the recordings made run, and which changed lines and rules they never came past. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoverageReport, createCoverage } from '../../src/compare/coverage.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { renderMarkdown } from '../../src/compare/render/markdown.ts';
import { PLAIN } from '../../src/compare/render/palette.ts';
import { renderTerminal } from '../../src/compare/render/terminal.ts';
import type { Report } from '../../src/compare/report.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { readFixtures } from '../../src/recording/fixtures.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { coverMission } from '../../src/release/cover-mission.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import type { TracedSource } from '../../src/release/recording-notes.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { tryCases } from '../../src/release/try-cases.ts';
import { WalkSample } from '../../src/release/walk-sample.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const mission = 'refund-eligibility';
const fixtures = [join(ROOT, 'replay-fixtures')];
const RULES = `workflows/${mission}/rules.ts`;
const WORKFLOW = `workflows/${mission}/workflow.ts`;
let directory: string;
let registry: Registry;
let number = 1;

/** A version of the project's own mission, with edits: from what, to what, by file. */
async function publish(edits: Readonly<Record<string, readonly (readonly [string, string])[]>>): Promise<void> {
  const root = await mkdtemp(join(directory, 'project-'));
  // Packages are found from the folder of the project.
  for (const path of ['workflows', 'activities', 'package.json'])
    await cp(join(ROOT, path), join(root, path), { recursive: true });
  for (const [file, changes] of Object.entries(edits)) {
    let text = await readFile(join(root, file), 'utf8');
    for (const [from, to] of changes) {
      expect(text).toContain(from);
      text = text.replace(from, to);
    }
    await writeFile(join(root, file), text);
  }
  await publishMission({ registry, root, mission });
  number += 1;
}

/** The latest version, on the regression cases: two requests, both assessed, one of them refunded. */
function attempt(...flags: string[]): Promise<Report> {
  return tryCandidate({
    registry,
    candidate: { mission, number },
    baseline: { mission, number: 1 },
    policy: parsePolicyFlags(['second-opinion=0', 'model=recorded', ...flags]),
    selection: { fixtures },
    workers: 1,
  });
}

function changesOf({ coverage }: Report) {
  return Object.fromEntries(
    (coverage?.changes ?? []).map(({ component, name, ...rest }) => [`${component} ${name}`, rest]),
  );
}

function functionsOf({ parts }: CoverageReport) {
  return Object.fromEntries(
    parts
      .filter(({ part }) => part === 'function')
      .map(({ name, runs, branches }) => [name, [runs, branches.map(({ branch }) => branch)]]),
  );
}

describe("coverage of a mission's code", { timeout: 240_000 }, () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mission-test-cover-'));
    registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
    await publishMission({ registry, root: ROOT, mission });
  });

  afterAll(async () => {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('names functions by file and line, with what in them never ran', async () => {
    const read = [];
    for await (const fixture of readFixtures(fixtures, registry.vault)) read.push(fixture);
    const candidate = await registry.artifacts.get((await registry.versions.get(mission, 1)).artifact);
    const { report } = await tryCases({
      name: 'the source',
      candidate,
      fixtures: read.filter(({ case: { mission: own } }) => own === mission),
      policy: parsePolicyFlags([]),
      workers: 1,
    });
    const { coverage } = report as { coverage: CoverageReport };
    expect(coverage.code).toEqual({ walked: 2, of: 2 });
    expect(functionsOf(coverage)).toMatchObject({
      [`${RULES}:7 daysSince`]: [2, []],
      [`${WORKFLOW}:16 (total) => total <= rules.refundWithoutQuestion…`]: [2, []],
      [`${WORKFLOW}:21 decide`]: [
        2,
        expect.arrayContaining([expect.stringContaining("line 22 return { approve: false, decidedBy: 'rules'")]),
      ],
    });
    expect(Object.keys(functionsOf(coverage)).every((name) => name.startsWith('workflows/'))).toBe(true);
  });

  it('says why it was given up where no process can be started to count', async () => {
    const candidate = await registry.artifacts.get((await registry.versions.get(mission, 1)).artifact);
    const sample = new WalkSample();
    sample.add({ recording: { id: 'one' }, outcome: 'matched', steps: [] } as unknown as ReplayResult, []);
    const steps = createCoverage({ candidate: candidate.definition, baseline: candidate.definition, changes: [] });
    const policy = parsePolicyFlags([]);
    const options = {
      candidate,
      baseline: candidate,
      policy: { ...policy, limits: { ...policy.limits, memoryMb: 4 } },
      sample,
      again: async function* () {
        yield { summary: { id: 'one' }, content: new Uint8Array() } as unknown as TracedSource;
      },
    };
    const stopped = 'no process started (it exceeded its memory limit (memoryMb: 4))';
    const before = steps.finish();
    expect(await coverMission(before, options)).toEqual({ ...before, code: { walked: 0, of: 1, stopped } });
    const interrupted = { ...options, signal: AbortSignal.abort() };
    expect(await coverMission(before, interrupted)).toEqual(before);
  });

  it('says of changed lines and rules whether a recording came past them', async () => {
    await publish({
      [RULES]: [
        ['const DAY_MS = 86_400_000;', 'const DAY_MS = 86_400_001;\nconst LEAST = [0];'],
        ['Math.max(0, ', 'Math.max(...LEAST, '],
      ],
      [WORKFLOW]: [
        ['Too many refunds this year.', 'Too many.'],
        ['amount > rules.decideAbove', 'amount >= rules.decideAbove'],
        [
          "const finalSaleRegret = step.rule('final-sale-regret', isFinalSaleRegret(sale, category));",
          "const finalSaleRegret = step.rule('final-sale-regret', isFinalSaleRegret(sale, category) === true);",
        ],
        [
          '  if (decision.approve) {\n    const { reference }',
          '  if (decision.approve) {\n    const receipt = order.id;\n    const { reference }',
        ],
      ],
      [`workflows/${mission}/mission.ts`]: [
        ['refundsPerYear: 3', 'refundsPerYear: 4,\n    neverRead: 1'],
        ['decideAbove: 5_000', 'decideAbove: 4_000'],
      ],
    });
    const report = await attempt();
    expect(report.counts.outcomes.matched).toBe(2);
    const changes = changesOf(report);
    // Read where all is as it was: no recording tells 3 from 4.
    expect(changes['rule refundsPerYear']).toEqual({ exercised: 'yes', runs: 2, differing: 0 });
    // Asked of what was approved alone.
    expect(changes['rule decideAbove']).toEqual({ exercised: 'yes', runs: 1, differing: 0 });
    expect(changes['rule neverRead']).toEqual({ exercised: 'no', runs: 0, differing: 0 });
    // A constant at the top of a module is exercised where it is used, be it spread.
    expect(changes[`code ${RULES}`]).toEqual({ exercised: 'yes', runs: 2, differing: 0 });
    expect(changes[`code ${WORKFLOW}`]).toMatchObject({
      exercised: 'partly',
      runs: 2,
      missed: [{ place: `${WORKFLOW}:22`, text: expect.stringContaining('if (!fewRefunds)') }],
      missedCount: 1,
    });
    expect(report.verdict.verdict).toBe('passed');
    const words = `rule neverRead, code ${WORKFLOW} (1 of its changed lines)`;
    expect(report.verdict.warnings).toEqual([`2 of 5 changes not exercised by any of 2 recordings: ${words}`]);
    const text = renderTerminal(report, { palette: PLAIN, width: 160 });
    expect(text).toContain('functions run');
    expect(text).toMatch(/workflow\.ts:22 +changed, and exercised by no recording: if \(!fewRefunds\)/);
    expect(text).toMatch(/function workflow\.ts:21 decide +2 runs, never line 22 return/);
    expect(text).toContain(
      'Rules that changed and were read, in runs that all match: decideAbove (1 run), refundsPerYear (2 runs)',
    );
    expect(renderMarkdown(report)).toContain(`\`code ${WORKFLOW}:22\``);
    expect((await attempt()).digest).toBe(report.digest);
  });

  it('has the gate insist on it, and tells lines that were taken away', async () => {
    await publish({
      [WORKFLOW]: [
        [
          "    if (!fewRefunds) return { approve: false, decidedBy: 'rules', reason: 'Too many refunds this year.' };\n",
          '',
        ],
      ],
    });
    const report = await attempt('coverage=inconclusive');
    expect(report.verdict.verdict).toBe('inconclusive');
    expect(changesOf(report)[`code ${WORKFLOW}`]).toMatchObject({
      exercised: 'partly',
      missed: [{ place: `${WORKFLOW}:22`, isRemoved: true }],
    });
  });
});
