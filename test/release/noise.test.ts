/** With a model that has second thoughts, a harmless rewording passes and a real change does not; asking twice costs once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { isReportIntact } from '../../src/compare/report-digest.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { type TryOptions, tryCandidate } from '../../src/release/try-candidate.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { noisyMission, PLAIN, REWORDED, STRICTER } from './noisy-mission.ts';

const mission = 'noisy-verdict';
const RUNS = 16;
const NOISE = 0.1;
const policy = parsePolicyFlags(['model=live', 'write=simulator', 'noise=4', 'second-opinion=0']);
let directory: string;
let registry: Registry;

const ref = (number: number) => ({ mission, number });

async function publish(prompt: string): Promise<void> {
  await publishMission({ registry, root: await copyProject(noisyMission({ mission, prompt }, NOISE)), mission });
}

function attempt(number: number, over: Partial<TryOptions> = {}): Promise<Report> {
  return tryCandidate({ registry, candidate: ref(number), baseline: ref(1), policy, workers: 2, ...over });
}

/** The bytes of a report without what differs from replay to replay. */
function foundBy({ createdAt: _createdAt, live: _live, ...rest }: Report): string {
  const results = rest.results.map(({ detail, ...line }) => ({
    ...line,
    detail: detail && { ...detail, durationMs: 0 },
  }));
  return JSON.stringify({ ...rest, results });
}

/** Versions: 1 ran, 2 is reworded and means the same, 3 denies what is on sale. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-noise-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publish(PLAIN);
  await activateVersion({ registry, ref: ref(1), by: 'ada' });
  const fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready();
  const { client } = temporal;
  const ids = Array.from({ length: RUNS }, (_, index) => `${mission}-${index}`);
  for (const [index, workflowId] of ids.entries()) {
    const input = { id: `o-${index}`, onSale: index < 4 };
    await startMission({ registry, client, mission, input, workflowId });
  }
  await Promise.all(ids.map((id) => client.workflow.result(id)));
  const runs = ids.map((workflowId) => ({ workflowId }));
  for await (const { status } of collectRecordings({ client, registry, redactionKey: new Uint8Array(32), runs }))
    expect(status).toBe('stored');
  await fleet.shutdown();
  await temporal.close();
  await publish(REWORDED);
  await publish(STRICTER);
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

describe('a noisy model', () => {
  it('makes a harmless rewording look like a change, until its noise is measured', async () => {
    const report = await attempt(2);
    expect(report.counts.outcomes.changed).toBeGreaterThan(0);
    expect(report.noise?.recordings).toBe(RUNS);
    expect(report.noise?.excess).toEqual({ changed: 0, failed: 0 });
    expect(report.noise?.fields.filter(({ part }) => part !== 'step').map((field) => field.class)).not.toContain(
      'real',
    );
    expect(report.verdict.verdict).not.toBe('failed');
    const { noise: _, ...strict } = policy;
    expect((await attempt(2, { policy: strict })).verdict.verdict).toBe('failed');
  });

  it('does not hide a change', async () => {
    const report = await attempt(3);
    expect(report.verdict.verdict).toBe('failed');
    await expect(activateVersion({ registry, ref: ref(3), by: 'ada' })).rejects.toMatchObject({
      code: 'ACTIVATION_REFUSED',
      remedy: expect.stringContaining('--answer model=live,write=simulator --noise 4'),
    });
    expect(report.noise?.fields).toContainEqual(
      expect.objectContaining({ part: 'end', name: '/approve', class: 'real' }),
    );
    expect(report.noise?.fields).toContainEqual(
      expect.objectContaining({ part: 'write', name: 'issueRefund dropped', class: 'real' }),
    );
    expect(isReportIntact(report)).toBe(true);
  });

  it('is measured by a version against itself', async () => {
    const report = await attempt(1);
    expect(report.counts.outcomes).toMatchObject({ matched: RUNS, changed: 0 });
    expect(report.noise).toMatchObject({ recordings: RUNS, excess: { changed: 0, failed: 0 } });
    const approve = report.noise?.fields.find(({ name }) => name === '/approve');
    expect(approve?.class).toBe('noise');
    expect(approve?.baseline.differing).toBeGreaterThan(0);
    expect(report.verdict.verdict).toBe('passed');
  });
});

describe('answers that were paid for', () => {
  it('are given again for nothing, whatever the number of workers and the order, and the report is the same', async () => {
    await registry.answers.remove();
    const first = await attempt(3);
    expect(first.live).toMatchObject({ cached: 0 });
    expect(first.live?.calls).toBeGreaterThan(RUNS);
    const second = await attempt(3, { workers: 1 });
    expect(second.live).toMatchObject({ calls: 0, inputTokens: 0, outputTokens: 0 });
    expect(second.digest).toBe(first.digest);
    expect(foundBy(second)).toBe(foundBy(first));
  });

  it('can be listed and deleted', async () => {
    await attempt(3);
    const totals = await registry.answers.totals({ mission });
    expect(totals).toMatchObject([{ mission, kind: 'model', name: 'judge' }]);
    expect(totals[0]?.inputTokens).toBeGreaterThan(0);
    expect(await registry.answers.remove({ mission, before: '2000-01-01T00:00:00.000Z' })).toBe(0);
    expect(await registry.answers.remove({ mission })).toBe(totals[0]?.answers);
    expect(await registry.answers.totals()).toEqual([]);
  });
});

describe('a budget', () => {
  const { noise: _, ...counted } = policy;

  it.each([
    ['calls', { liveCalls: 3 }, {}, 'the budget of 3 live calls is spent'],
    ['tokens', { liveTokens: 1, liveConcurrency: 1 }, {}, 'the budget of 1 tokens is spent'],
    [
      'money',
      { liveCost: 0.5, liveConcurrency: 1 },
      { prices: { 'test/judge': { inputPerMillion: 1_000_000, outputPerMillion: 1_000_000 } } },
      'the budget of 0.5 for live answers is spent',
    ],
    ['money without a price', { liveCost: 1 }, {}, 'model "test/judge" has no price'],
  ])('of %s leaves the other runs unanswered, and says so', async (_name, limits, more, reason) => {
    await registry.answers.remove();
    const report = await attempt(3, { policy: { ...counted, ...more, limits: { ...counted.limits, ...limits } } });
    expect(report.counts.outcomes.unanswered).toBeGreaterThan(0);
    expect(report.unanswered[0]?.reason).toContain(reason);
    expect(report.verdict.verdict).not.toBe('passed');
  });

  it('is not asked for noise where nothing may be asked anew', async () => {
    await expect(attempt(3, { policy: parsePolicyFlags(['noise=3']) })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
