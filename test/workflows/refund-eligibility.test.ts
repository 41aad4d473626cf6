import { beforeAll, describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { RefundRequest, type RefundVerdict } from '../../workflows/refund-eligibility/schemas.ts';
import { buildMission, quietRuntime, type RunResult, runAll } from './support/run-mission.ts';

const MISSION = 'refund-eligibility';
const SEED = 1;
const COUNT = 200;
const requests = generateRequests(SEED, COUNT);

interface Run extends RunResult {
  readonly verdict: RefundVerdict;
}

async function runVariant(artifact: Artifact, inputs: readonly RefundRequest[]): Promise<Run[]> {
  const runs = await runAll(artifact, inputs);
  return runs.map((run) => ({ ...run, verdict: run.result as RefundVerdict }));
}

const artifacts: Record<string, Artifact> = {};
let production: Run[];

beforeAll(async () => {
  quietRuntime();
  for (const variant of ['v1', 'v2', 'v3', 'v4', 'v5']) artifacts[variant] = await buildMission(MISSION, variant);
  production = await runVariant(artifactOf('v2'), requests);
}, 300_000);

function artifactOf(variant: string): Artifact {
  return artifacts[variant] ?? expect.unreachable(variant);
}

function isFinalSale({ steps }: Run): boolean {
  const asked = steps.find(({ activity }) => activity === 'tool:getPolicy')?.request as { readonly sku: string };
  return asked.sku.endsWith('-FS');
}

/** What a run must do alike for its behaviour to be the same. */
function behaviour({ verdict, steps, notes }: Run) {
  const asked = steps.map(({ activity, request }) => ({ activity, request }));
  return { verdict: { ...verdict, reference: '' }, notes, steps: asked };
}

function count(predicate: (run: Run) => boolean): number {
  return production.filter(predicate).length;
}

describe('generated requests', () => {
  it('are valid, the same for the same seed, and others for another', () => {
    for (const request of requests) RefundRequest.parse(request);
    expect(generateRequests(SEED, COUNT)).toEqual(requests);
    expect(generateRequests(SEED, 5)).toEqual(requests.slice(0, 5));
    expect(generateRequests(SEED + 1, COUNT)).not.toEqual(requests);
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(COUNT);
  });
});

describe(`${COUNT} requests to refund-eligibility`, () => {
  it.each(['in-window', 'small-amount', 'unopened', 'few-refunds', 'final-sale-regret'])(
    'see the rule %s true and false',
    (rule) => {
      for (const result of [true, false]) {
        expect(
          count(({ notes }) => notes.some((note) => note.name === rule && note.result === result)),
        ).toBeGreaterThan(5);
      }
    },
  );

  it.each(['damaged', 'wrong-item', 'late-delivery', 'changed-mind', 'other'])(
    'are of category %s, too',
    (category) => {
      expect(count(({ verdict }) => verdict.category === category)).toBeGreaterThan(5);
    },
  );

  it.each([
    ['rules', true],
    ['rules', false],
    ['assessment', true],
    ['assessment', false],
  ])('are settled by %s with approve = %s', (decidedBy, approve) => {
    expect(count(({ verdict }) => verdict.decidedBy === decidedBy && verdict.approve === approve)).toBeGreaterThan(5);
  });

  it('are decided by every statement of the policy that can be the last word', () => {
    const reasons = production.map(({ verdict }) => verdict.reason).join('\n');
    const prompt = artifactOf('v2').definition.prompts['assess']?.text ?? '';
    const statements = (prompt.match(/^- .*$/gm) ?? []).map((line) => line.slice(2));
    // The first defines the window. Unwanted final-sale items are settled by a rule, and the rest of them is excepted.
    const deciding = statements.slice(1).filter((statement) => !statement.startsWith('Deny final-sale items'));
    expect(deciding).toHaveLength(8);
    for (const statement of deciding) expect(reasons).toContain(statement);
  });

  it('never wait for a person', () => {
    expect(count(({ verdict }) => verdict.decidedBy === 'person')).toBe(0);
  });

  it('end with the one write that their verdict asks for', () => {
    for (const { verdict, steps } of production) {
      const writes = steps.filter(({ context }) => context.effect === 'write').map(({ activity }) => activity);
      expect(writes).toEqual([verdict.approve ? 'tool:issueRefund' : 'tool:sendLetter']);
    }
  });

  it('classify what customers wrote as what it is', () => {
    const others = requests.filter((_, i) => production[i]?.verdict.category === 'other');
    for (const { message } of others) expect(message).toMatch(/refund/);
  });
});

describe('the variants', () => {
  /** Runs of closing-sale items, and every tenth of the rest: a variant is tried on these. */
  const tried = () => production.flatMap((run, i) => (isFinalSale(run) || i % 10 === 0 ? [i] : []));
  const inputs = () => tried().flatMap((i) => requests[i] ?? []);
  const usual = () => tried().flatMap((i) => production[i] ?? []);

  it('v1 answers the same requests, some of them otherwise', async () => {
    const first = await runVariant(artifactOf('v1'), inputs());
    expect(first.some(({ verdict }, i) => verdict.approve !== usual()[i]?.verdict.approve)).toBe(true);
  });

  it('v3 denies final-sale items that arrived damaged, late or wrong, and changes no other verdict', async () => {
    const promotion = await runVariant(artifactOf('v3'), inputs());
    const flipped = promotion.filter(({ verdict }, i) => verdict.approve !== usual()[i]?.verdict.approve);
    expect(flipped.length).toBeGreaterThanOrEqual(10);
    for (const run of flipped) {
      expect(run.verdict).toMatchObject({ approve: false, decidedBy: 'assessment' });
      expect(run.verdict.reason).toContain('spring promotion');
      expect(['damaged', 'late-delivery', 'wrong-item']).toContain(run.verdict.category);
      expect(isFinalSale(run)).toBe(true);
    }
  });

  it('v4 has other code and the same behaviour to the last byte', async () => {
    expect(artifactOf('v4').digest).not.toBe(artifactOf('v2').digest);
    expect(artifactOf('v4').definition).toEqual(artifactOf('v2').definition);
    const refactored = await runVariant(artifactOf('v4'), inputs());
    expect(refactored.map(behaviour)).toEqual(usual().map(behaviour));
  });

  it('v5 keeps the promotion and gives every verdict of v2, for the same reason', async () => {
    expect(artifactOf('v5').definition.prompts['assess']?.text).toContain('spring promotion');
    const fixed = await runVariant(artifactOf('v5'), inputs());
    expect(fixed.map((run) => behaviour(run).verdict)).toEqual(usual().map((run) => behaviour(run).verdict));
  });
});
