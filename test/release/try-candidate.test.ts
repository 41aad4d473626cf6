/** A candidate is tried on real recorded runs, and what comes of it decides about its activation. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import type { IntendedChange } from '../../src/compare/intended-change.ts';
import type { Report } from '../../src/compare/report.ts';
import { isReportIntact } from '../../src/compare/report-digest.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { DEFAULT_POLICY, parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { fromStoredRecording } from '../../src/recording/build-recording.ts';
import { keepCaseArtifact } from '../../src/recording/case-artifacts.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { exportFixture, type Fixture, readFixtures } from '../../src/recording/fixtures.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { Version } from '../../src/registry/versions.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { type TryOptions, tryCandidate } from '../../src/release/try-candidate.ts';
import { tryCases } from '../../src/release/try-cases.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { PROMOTED, PROMPT, verdictMission, type Wording } from './verdict-mission.ts';

const mission = `verdict-${process.pid}`;
const RUNS = 6;
const live = parsePolicyFlags(['model=live']);
let directory: string;
let registry: Registry;

const ref = (number: number) => ({ mission, number });

async function publish(prompt: string, more: Partial<Wording> = {}): Promise<void> {
  await publishMission({ registry, root: await copyProject(verdictMission({ mission, prompt, ...more })), mission });
}

function attempt(number: number, over: Partial<TryOptions> = {}): Promise<Report> {
  return tryCandidate({ registry, candidate: ref(number), policy: DEFAULT_POLICY, workers: 1, ...over });
}

/** Versions: 1 ran, 2 has the promotion's prompt, 3 is 1 refactored. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-try-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publish(PROMPT);
  await activateVersion({ registry, ref: ref(1), by: 'ada' });
  const fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready();
  const { client } = temporal;
  const ids = Array.from({ length: RUNS }, (_, index) => `${mission}-${index}`);
  for (const [index, workflowId] of ids.entries()) {
    const input = { id: `o-${index}`, onSale: index < 2 };
    await startMission({ registry, client, mission, input, workflowId });
  }
  await Promise.all(ids.map((id) => client.workflow.result(id)));
  const redactionKey = new Uint8Array(32);
  const runs = ids.map((workflowId) => ({ workflowId }));
  for await (const { status } of collectRecordings({ client, registry, redactionKey, runs }))
    expect(status).toBe('stored');
  await fleet.shutdown();
  await temporal.close();
  await publish(PROMOTED);
  await publish(PROMPT, { refactored: true });
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

describe('trying a candidate', { timeout: 240_000 }, () => {
  it('flags the runs that a reworded prompt flips, names the prompt, and stops the activation', async () => {
    const report = await attempt(2, { policy: live });
    expect(report.verdict.verdict).toBe('failed');
    expect(report.counts).toMatchObject({
      recordings: RUNS,
      faithful: RUNS,
      outcomes: { changed: 2, diverged: RUNS - 2 },
    });
    expect(report.flips).toContainEqual(
      expect.objectContaining({ pointer: '/approve', from: true, to: false, count: 2 }),
    );
    expect(report.effects).toMatchObject([{ tool: 'issueRefund', kind: 'dropped', count: 2 }]);
    expect(report.divergences).toMatchObject([{ step: 'judge#1', kind: 'request', count: RUNS }]);
    expect(report.changes).toContainEqual(expect.objectContaining({ component: 'prompt', name: 'judge' }));
    expect(report.coverage).toMatchObject({ recordings: RUNS, paths: 2 });
    expect(report.coverage?.changes).toContainEqual({
      component: 'prompt',
      name: 'judge',
      exercised: 'yes',
      runs: RUNS,
    });
    // Code is counted behind answers that were given anew, too: with them, both ways on are taken.
    expect(report.coverage?.code).toEqual({ walked: RUNS, of: RUNS });
    const workflow = report.coverage?.parts.find(
      ({ part, name }) => part === 'function' && name.includes('workflow.ts'),
    );
    expect(workflow).toMatchObject({ runs: RUNS, branches: [] });
    await expect(activateVersion({ registry, ref: ref(2), by: 'ada' })).rejects.toMatchObject({
      code: 'ACTIVATION_REFUSED',
    });
  });

  it('attributes a flip to the one of several changes that brings it about', async () => {
    await publish(PROMOTED, { refactored: true });
    const report = await attempt(4, { policy: live, baseline: ref(1) });
    expect(report.changes.map(({ component }) => component)).toEqual(expect.arrayContaining(['prompt', 'code']));
    const causes = [['prompt judge']];
    expect(report.attribution).toMatchObject({
      examined: RUNS,
      groups: [
        { outcome: 'changed', causes, count: 2 },
        { outcome: 'diverged', causes, count: RUNS - 2 },
      ],
    });
  });

  it('passes a refactoring, stores the report, and that lets it be activated', async () => {
    const report = await attempt(3, { baseline: ref(1) });
    expect(report.verdict.verdict).toBe('passed');
    expect(report.counts.outcomes.matched).toBe(RUNS);
    expect(report.counts.determinismChecked).toBe(RUNS);
    const stored = (await registry.reports.get(report.digest)) as unknown as Report;
    expect(isReportIntact(stored)).toBe(true);
    expect(stored.cohort).toMatchObject({
      recordings: RUNS,
      selection: `run by ${mission}@1, all ${RUNS}`,
      kind: 'recordings',
    });
    const activation = await activateVersion({ registry, ref: ref(3), by: 'ada' });
    expect(activation.ground).toEqual({ kind: 'report', digest: report.digest });
    await activateVersion({ registry, ref: ref(1), by: 'ada', force: { reason: 'the other tests compare with it' } });
  });

  it('reaches nothing with the default policy: a changed request stays unanswered', async () => {
    const report = await attempt(2);
    expect(report.verdict.verdict).toBe('inconclusive');
    expect(report.counts.outcomes).toMatchObject({ unanswered: RUNS });
    expect(report.evidence).not.toHaveProperty('live');
  });

  it('takes the active version as the baseline, and the one before for the active version itself', async () => {
    expect((await attempt(3)).baseline.name).toBe(`${mission}@1`);
    await expect(attempt(1)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('says that a change was exercised by no recording, and may be told to make that inconclusive', async () => {
    await publish(PROMPT, { extraTool: true });
    const { number } = (await registry.versions.latest(mission)) ?? { number: 0 };
    const report = await attempt(number, { baseline: ref(1) });
    const missed = `1 of 3 changes not exercised by any of ${RUNS} recordings: tool sendLetter`;
    expect(report.verdict).toMatchObject({ verdict: 'passed', warnings: [missed] });
    const strict = await attempt(number, { baseline: ref(1), policy: parsePolicyFlags(['coverage=inconclusive']) });
    expect(strict.verdict).toEqual({ verdict: 'inconclusive', reasons: [missed] });
  });

  it('tells its progress, from nothing to all', async () => {
    const done: number[] = [];
    await attempt(3, { onProgress: (progress) => done.push(progress.done) });
    expect(done).toEqual(Array.from({ length: RUNS + 1 }, (_, index) => index));
  });

  it('leaves a partial report when it is stopped, which never passes', async () => {
    const stop = new AbortController();
    const report = await attempt(3, {
      policy: parsePolicyFlags(['second-opinion=0']),
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 2) stop.abort(new Error('interrupted'));
      },
    });
    expect(report).toMatchObject({ partial: true, verdict: { verdict: 'inconclusive' } });
    expect(report.counts.recordings).toBeLessThan(RUNS);
    expect(await registry.reports.get(report.digest)).toMatchObject({ partial: true });
  });
});

describe('intended changes', { timeout: 240_000 }, () => {
  const saleIsFinal = {
    name: 'sale-is-final',
    reason: 'the spring promotion',
    owner: 'ada',
    when: [{ pointer: '/onSale', oneOf: [true] }],
    was: [],
    becomes: [{ pointer: '/approve', oneOf: [false] }],
    mayChange: ['/reason'],
    writes: ['issueRefund'],
  } satisfies IntendedChange;

  async function declare(...intended: readonly IntendedChange[]): Promise<Version> {
    const root = await copyProject(verdictMission({ mission, prompt: PROMOTED }));
    return (await publishMission({ registry, root, mission, intended })).version;
  }

  it('pass the gate where they were declared, and the report on them allows the activation of no other declaration', async () => {
    const { number } = await declare(saleIsFinal);
    const report = await attempt(number, { policy: live, baseline: ref(1) });
    expect(report.intended).toMatchObject({
      asIntended: 2,
      changes: [{ name: 'sale-is-final', runs: 2, states: { happened: 2, missing: 0 } }],
    });
    expect(report.counts.outcomes.changed).toBe(2);
    expect(report.verdict).toMatchObject({
      verdict: 'passed',
      reasons: expect.arrayContaining([
        `changed 2, less 2 as intended of ${RUNS} ≤ allowed 0`,
        'intended change "sale-is-final" came in 2 of 2 runs',
      ]),
    });

    const wider = await declare({ ...saleIsFinal, name: 'all-is-final', when: [] });
    expect(wider.artifact).toBe((await registry.versions.get(mission, number)).artifact);
    expect(wider.number).toBe(number + 1);
    const missed = await attempt(wider.number, { policy: live, baseline: ref(1) });
    expect(missed.verdict).toMatchObject({
      verdict: 'failed',
      reasons: [`intended change "all-is-final" did not come in ${RUNS - 2} of ${RUNS} runs > allowed 0`],
    });
    await expect(activateVersion({ registry, ref: ref(wider.number), by: 'ada' })).rejects.toMatchObject({
      code: 'ACTIVATION_REFUSED',
    });
    const again = await declare(saleIsFinal);
    const activation = await activateVersion({
      registry,
      ref: ref(again.number),
      by: 'ada',
      hosting: { waitMs: 0 },
      force: { reason: 'no worker is up in this test' },
    });
    expect(activation.ground).toEqual({ kind: 'report', digest: report.digest });
    await activateVersion({ registry, ref: ref(1), by: 'ada', force: { reason: 'the other tests compare with it' } });
  });

  it('that are declared for no recording are not shown by them', async () => {
    const { number } = await declare({ ...saleIsFinal, name: 'gold', when: [{ pointer: '/tier', oneOf: ['gold'] }] });
    const report = await attempt(number, { policy: live, baseline: ref(1) });
    expect(report.verdict.verdict).toBe('failed');
    expect(report.verdict.reasons).toEqual([
      `changed 2 of ${RUNS} > allowed 0`,
      `intended change "gold" is declared for 0 of ${RUNS} recordings: it was not shown`,
    ]);
  });

  it('are repeated by a publish that declares the same, and are part of the ledger entry', async () => {
    const first = await declare(saleIsFinal);
    expect((await declare(saleIsFinal)).number).toBe(first.number);
    expect((await registry.versions.get(mission, first.number)).intended).toEqual([saleIsFinal]);
  });
});

describe('choosing recordings', () => {
  it('takes the same sample for the same seed, and says of how many', async () => {
    const selection = { limit: 3, sample: 'spring' };
    const [first, second] = [await attempt(3, { selection }), await attempt(3, { selection })];
    expect(first.cohort.selection).toContain(`a sample of 3 of ${RUNS} (seed "spring")`);
    expect(first.cohort.digest).toBe(second.cohort.digest);
    expect(first.digest).toBe(second.digest);
    expect(first.cohort.sample).toMatchObject({ seed: 'spring', population: RUNS, unseen: 0 });
    expect(first.cohort.sample?.shares.matched).toMatchObject({ share: 1, high: 1 });
  });

  it('takes runs by recording id, workflow id or run id, and calls them picked', async () => {
    const [one, two, three] = await registry.recordings.list({ mission });
    const runs = [one?.id ?? '', two?.workflowId ?? '', three?.runId ?? ''];
    const report = await attempt(3, { selection: { runs } });
    expect(report.cohort).toMatchObject({ recordings: 3, kind: 'picked' });
  });

  it('says which run is not recorded', async () => {
    await expect(attempt(3, { selection: { runs: ['nobody'] } })).rejects.toMatchObject({
      code: 'RECORDING_UNKNOWN',
      message: expect.stringContaining('nobody'),
    });
  });

  it('excludes a recording whose own artifact is not there, and says so', async () => {
    const [stored] = await registry.recordings.list({ mission });
    const known = await registry.recordings.get(stored?.id ?? '');
    const artifact = digestOf('gone');
    await registry.recordings.put({
      ...known,
      summary: { ...known.summary, id: 'stranger/1', workflowId: 'stranger', artifact },
    });
    const report = await attempt(3, { selection: { runs: ['stranger'] } });
    expect(report.excluded).toMatchObject([{ reason: 'unsupported', detail: expect.stringContaining(artifact) }]);
    expect(report.verdict.verdict).toBe('inconclusive');
  });

  it('takes recordings of the version before, when the baseline has none yet, and says so', async () => {
    const report = await attempt(2, { baseline: ref(3), policy: live });
    expect(report.cohort).toMatchObject({
      recordings: RUNS,
      selection: `run by ${mission}@1 (${mission}@3 has none yet), all ${RUNS}`,
    });
    expect(report.counts).toMatchObject({ faithful: RUNS, outcomes: { changed: 2 } });
  });

  it('is inconclusive when no recording fits', async () => {
    const report = await attempt(3, { selection: { since: '2999-01-01T00:00:00.000Z' } });
    expect(report.counts.recordings).toBe(0);
    expect(report.verdict.verdict).toBe('inconclusive');
  });

  it('holds a candidate to the corrected outcome of a regression case', async () => {
    const folder = join(directory, 'cases');
    const [onSale] = (await registry.recordings.list({ mission, version: 1 })).filter(({ workflowId }) =>
      workflowId.endsWith('-0'),
    );
    const recording = fromStoredRecording(await registry.recordings.get(onSale?.id ?? ''));
    await exportFixture(recording, join(folder, mission, 'bargain'), {
      expected: { status: 'completed', result: { approve: false, reason: 'final sale' } },
      why: 'the promotion excludes bargains',
      addedBy: 'ada',
      addedAt: new Date(0),
    });
    const selection = { fixtures: [folder] };
    const same = await attempt(3, { selection });
    expect(same.counts.outcomes).toMatchObject({ changed: 1 });
    expect(same.flips).toContainEqual(expect.objectContaining({ pointer: '/approve', from: false, to: true }));
    // It is as wrong as it was recorded: no change of @3 brought that about.
    expect(same).not.toHaveProperty('attribution');
    const corrected = await attempt(2, { selection, policy: live });
    expect(corrected.counts.outcomes).toMatchObject({ changed: 0, diverged: 1 });
    expect(corrected).toMatchObject({ verdict: { verdict: 'passed' }, cohort: { kind: 'picked' } });
  });

  it('takes the maker of a regression case from beside it, where no registry has it', async () => {
    const folder = join(directory, 'carried');
    const onSale = [`${mission}-0`, `${mission}-1`];
    const stored = await registry.recordings.list({ mission, version: 1 });
    for (const { id, workflowId } of stored.filter((summary) => onSale.includes(summary.workflowId))) {
      await exportFixture(fromStoredRecording(await registry.recordings.get(id)), join(folder, mission, workflowId), {
        why: 'kept as it was',
        guards: '@2',
        addedBy: 'ada',
        addedAt: new Date(0),
      });
    }
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(async (number) => registry.artifacts.get((await registry.versions.get(mission, number)).artifact)),
    );
    if (first === undefined || second === undefined || third === undefined) throw new Error('a version is missing');
    const fixtures = await readAll(folder);
    const cases = (candidate: Artifact) =>
      tryCases({ name: 'the source', candidate, fixtures, policy: live, workers: 1 });

    const alone = await cases(third);
    expect(alone.cases.map(({ verdict }) => verdict)).toEqual(['unproven', 'unproven']);
    expect(alone.cases[0]?.detail).toContain('neither the registry nor the cases have');
    expect(alone.report.verdict.verdict).not.toBe('passed');

    const kept = await keepCaseArtifact(join(folder, mission), first);
    expect(await keepCaseArtifact(join(folder, mission), first)).toBe(kept);
    const refactored = await cases(third);
    expect(refactored.cases.map(({ verdict, detail }) => detail ?? verdict)).toEqual(['right', 'right']);
    expect(refactored.report.verdict.verdict).toBe('passed');
    const reworded = await cases(second);
    expect(reworded.cases.map(({ verdict }) => verdict)).toEqual(['wrong', 'wrong']);
    expect(reworded.cases[0]?.detail).toContain('/approve');

    await writeFile(kept, 'damaged');
    await expect(cases(third)).rejects.toMatchObject({ code: 'FIXTURE_INVALID' });
  });
});

async function readAll(folder: string): Promise<Fixture[]> {
  const fixtures: Fixture[] = [];
  for await (const fixture of readFixtures([folder])) fixtures.push(fixture);
  return fixtures;
}
