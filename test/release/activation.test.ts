/** Activation rests on evidence, rollback on nothing; both are on the record. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { missionLog } from '../../src/release/mission-log.ts';
import { rollback } from '../../src/release/rollback.ts';
import type { Digest } from '../../src/shared/digest.ts';
import { sampleArtifact, sampleVersion } from '../registry/samples.ts';
import { reportOf, storeReport } from './reports.ts';

let directory: string;
let registry: Registry;
/** Each test has a mission of its own in the one registry. */
let mission: string;
let sequence = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-release-'));
  registry = await openRegistry({ directory, actor: 'ada' });
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => {
  sequence += 1;
  mission = `refund-${sequence}`;
});

async function publish(...prompts: readonly string[]): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (const prompt of prompts) {
    const artifact = sampleArtifact(prompt, mission);
    await registry.artifacts.put(artifact);
    await registry.versions.append(sampleVersion(artifact));
    digests.push(artifact.digest);
  }
  return digests;
}

async function published(...prompts: readonly string[]) {
  const digests = await publish(...prompts);
  await activate(1);
  return { baseline: digests[0] as Digest, candidate: digests[1] as Digest };
}

function activate(number: number, force?: string) {
  const forced = force === undefined ? {} : { force: { reason: force } };
  return activateVersion({ registry, ref: { mission, number }, by: 'ada', ...forced });
}

async function trafficOf(): Promise<unknown> {
  return (await registry.routes.current(mission))?.weights;
}

const all = (version: number) => [{ version, weight: 10_000 }];

/** A report of this test's mission; `reportOf` names another one. */
async function store(report: ReturnType<typeof reportOf>): Promise<string> {
  const { reportDigest } = await import('../../src/compare/report-digest.ts');
  const named = { ...report, mission };
  const stored = { ...named, digest: reportDigest(named) };
  await storeReport(registry, stored);
  return stored.digest;
}

describe('activating', () => {
  it('asks nothing of the first active version, for there is nothing to compare it with', async () => {
    await publish('a');
    expect(await activate(1)).toMatchObject({ changed: true, ground: { kind: 'first-version' } });
    expect(await trafficOf()).toEqual(all(1));
  });

  it('says so when all traffic is there already, and stores nothing', async () => {
    await published('a', 'b');
    const before = await registry.audit.head();
    expect(await activate(1)).toMatchObject({ changed: false });
    expect(await registry.audit.head()).toEqual(before);
  });

  it('lets a version through on a passing report for both exact artifacts, and records which', async () => {
    const artifacts = await published('a', 'b');
    const digest = await store(reportOf(artifacts));
    expect(await activate(2)).toMatchObject({ changed: true, ground: { kind: 'report', digest }, previous: 1 });
    expect((await registry.routes.current(mission))?.activation).toEqual({ report: digest, forced: false });
  });

  it('takes a passing report although a picked one is newer', async () => {
    const artifacts = await published('a', 'b');
    const digest = await store(reportOf(artifacts));
    await store(reportOf({ ...artifacts, kind: 'picked', createdAt: '2026-03-02T00:00:00.000Z' }));
    expect(await activate(2)).toMatchObject({ ground: { kind: 'report', digest } });
  });

  it.each<
    [string, (artifacts: { baseline: Digest; candidate: Digest }) => ReturnType<typeof reportOf> | undefined, RegExp]
  >([
    ['there is no report', () => undefined, /never replayed against/],
    ['the report failed', (artifacts) => reportOf({ ...artifacts, outcomes: ['matched', 'changed'] }), /failed/],
    ['the report has no data', (artifacts) => reportOf({ ...artifacts, outcomes: [] }), /no verdict/],
    ['the replay was stopped early', (artifacts) => reportOf({ ...artifacts, cohort: 2 }), /stopped early/],
    ['the runs were picked by hand', (artifacts) => reportOf({ ...artifacts, kind: 'picked' }), /picked by hand/],
    [
      'the report is on another baseline',
      ({ candidate }) => reportOf({ candidate, baseline: sampleArtifact('other').digest }),
      /never replayed against/,
    ],
    [
      'the report is on another candidate',
      ({ baseline }) => reportOf({ baseline, candidate: sampleArtifact('other').digest }),
      /never replayed against/,
    ],
  ])('refuses when %s', async (_, report, why) => {
    const made = report(await published('a', 'b'));
    if (made !== undefined) await store(made);
    const refused = activate(2);
    await expect(refused).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED', message: expect.stringMatching(why) });
    await expect(refused).rejects.toMatchObject({ remedy: expect.stringContaining(`mission replay ${mission}@2`) });
    expect(await trafficOf()).toEqual(all(1));
  });

  it('refuses a report whose verdict was written into it afterwards', async () => {
    const artifacts = await published('a', 'b');
    const failed = reportOf({ ...artifacts, outcomes: ['changed'] });
    const forged = { ...failed, mission, verdict: { verdict: 'passed' as const, reasons: [] } };
    await storeReport(registry, forged);
    await expect(activate(2)).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED' });
    const { reportDigest } = await import('../../src/compare/report-digest.ts');
    await storeReport(registry, { ...forged, digest: reportDigest(forged) });
    await expect(activate(2)).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED' });
  });

  it('refuses a report whose counts were edited afterwards', async () => {
    const artifacts = await published('a', 'b');
    const failed = reportOf({ ...artifacts, outcomes: ['changed'] });
    const { counts } = reportOf({ ...artifacts, outcomes: ['matched'] });
    await storeReport(registry, { ...failed, mission, counts, verdict: { verdict: 'passed', reasons: [] } });
    await expect(activate(2)).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED' });
  });

  it('needs no report for the artifact that is active already', async () => {
    await published('a', 'b');
    await activate(2, 'try');
    await publish('a');
    await activate(3, 'back');
    expect(await activate(1)).toMatchObject({ changed: true, ground: { kind: 'same-artifact' } });
  });

  it('can be forced with a reason, which is recorded', async () => {
    await published('a', 'b');
    await expect(activate(2, ' ')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await activate(2, 'the shop is down')).toMatchObject({ ground: { kind: 'forced' } });
    const [entry] = (await registry.audit.list({ subject: `${mission}#2` })) ?? [];
    expect(entry?.details).toMatchObject({ activation: { forced: true, report: null }, by: 'ada' });
    expect(JSON.stringify(entry?.details)).toContain('the shop is down');
  });

  it('changes nothing when someone else changed the route meanwhile', async () => {
    await published('a', 'b');
    const racing = await Promise.allSettled([activate(2, 'one'), activate(2, 'two')]);
    const codes = racing.map((one): string => (one.status === 'rejected' ? one.reason.code : 'done'));
    expect(new Set(codes)).toEqual(new Set(['ROUTE_CONFLICT', 'done']));
  });
});

describe('rolling back', () => {
  it('brings back what was active before as a new version with all traffic, in one action', async () => {
    const { baseline } = await published('a', 'b');
    await activate(2, 'try');
    const done = await rollback({ registry, mission, reason: 'denies damaged items', by: 'grace' });
    expect(done).toMatchObject({ previous: 2, restored: { number: 1 } });
    expect(done.version).toMatchObject({
      number: 3,
      kind: 'rollback',
      restores: 1,
      artifact: baseline,
      author: 'grace',
    });
    expect(await trafficOf()).toEqual(all(3));
  });

  it('goes to any version that is named', async () => {
    await published('a', 'b', 'c');
    const { version } = await rollback({ registry, mission, to: { mission, number: 3 }, reason: 'r', by: 'ada' });
    expect(version).toMatchObject({ number: 4, restores: 3 });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['nothing is active', () => publish('a', 'b'), 'NO_ACTIVE_VERSION'],
    ['nothing was active before', () => published('a', 'b'), 'USAGE'],
  ])('is refused when %s', async (_, prepare, code) => {
    await prepare();
    await expect(rollback({ registry, mission, reason: 'r', by: 'ada' })).rejects.toMatchObject({ code });
  });

  it('is refused without a reason, to an unknown version, and to what has all traffic; nothing is stored then', async () => {
    await published('a', 'b');
    const before = await registry.audit.head();
    const to = (number: number) => ({ registry, mission, to: { mission, number }, reason: 'r', by: 'ada' });
    await expect(rollback({ ...to(2), reason: '' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(rollback(to(9))).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    await expect(rollback(to(1))).rejects.toMatchObject({ code: 'USAGE' });
    expect(await registry.audit.head()).toEqual(before);
  });
});

describe('the log of a mission', () => {
  it('tells versions, replays and traffic in the order of the audit trail, with reasons', async () => {
    const artifacts = await published('a', 'b');
    await store(reportOf(artifacts));
    await activate(2);
    await rollback({ registry, mission, reason: 'denies damaged items', by: 'grace' });
    const log = await missionLog(registry, mission);
    expect(log.map(({ kind }) => kind)).toEqual([
      'published',
      'published',
      'traffic',
      'replayed',
      'traffic',
      'rolled-back',
      'traffic',
    ]);
    expect(log.map(({ text }) => text).join('\n')).toContain(`${mission}@3 brings back ${mission}@1`);
    expect(log.at(-1)).toMatchObject({ by: 'grace', reason: expect.stringContaining('denies damaged items') });
    const places = log.map(({ audit }) => audit?.seq ?? 0);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(places.every((seq) => seq > 0)).toBe(true);
  });

  it('says that there is no such mission', async () => {
    await expect(missionLog(registry, 'nobody')).rejects.toMatchObject({ code: 'MISSION_UNKNOWN' });
  });
});
