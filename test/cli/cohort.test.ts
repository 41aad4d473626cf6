/** Whoever has a report can check later that its recordings are what was replayed, and replay exactly these again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { reportDigest } from '../../src/compare/report-digest.ts';
import { toStoredRecording } from '../../src/recording/build-recording.ts';
import { readFixtures } from '../../src/recording/fixtures.ts';
import { RECORD_ALL } from '../../src/registry/recording-policy.ts';
import type { StoredRecording } from '../../src/registry/recordings.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { type Ran, run } from './run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const mission = 'refund-eligibility';
const why = { by: 'ada', reason: 'data protection' };
let cwd: string;
let registry: Registry;
let recordings: StoredRecording[];
let first: Report;

function command(...argv: string[]): Promise<Ran> {
  return run(argv, { cwd, shared: registry });
}

/** The same on itself: what is asked here is which recordings, not what they show. */
async function replay(...argv: string[]): Promise<Report> {
  const { out, err } = await command(
    'replay',
    `${mission}@1`,
    '--against',
    '@1',
    '--policy',
    'second-opinion=0',
    '--workers',
    '1',
    '--json',
    ...argv,
  );
  return JSON.parse(out || err);
}

async function check(report: string): Promise<{ readonly code: number; readonly found: Record<string, unknown> }> {
  const { code, out, err } = await command('report', report, '--check', '--json');
  return { code, found: JSON.parse(out || err) };
}

/** As the registry has it after somebody else's hand, or another run of that name. */
function renamed({ summary, ...rest }: StoredRecording, workflowId: string, digest = summary.digest): StoredRecording {
  return { ...rest, summary: { ...summary, id: `${workflowId}/${summary.runId}`, workflowId, digest } };
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-cohort-'));
  await writeFile(join(cwd, 'package.json'), '{}');
  registry = await openRegistry({ directory: join(cwd, 'registry'), actor: 'ada' });
  const { version } = await publishMission({ registry, root: ROOT, mission });
  recordings = [];
  for await (const { recording } of readFixtures([join(ROOT, 'replay-fixtures')], registry.vault)) {
    if (recording.mission === mission) {
      recordings.push(toStoredRecording({ ...recording, version: 1, artifact: version.artifact }));
    }
  }
  expect(recordings).toHaveLength(2);
  await registry.recordings.putAll(recordings);
  first = await replay();
}, 240_000);

afterAll(async () => {
  await registry.close();
  await rm(cwd, { recursive: true, force: true });
});

describe('the cohort of a report', { timeout: 240_000 }, () => {
  it('is proven by its digest, and replayed again though there are more recordings now', async () => {
    expect(first.counts).toMatchObject({ recordings: 2, faithful: 2 });
    expect(await check(first.digest.slice(7, 15))).toMatchObject({
      code: 0,
      found: { verdict: 'same', recordings: 2, stored: 2, cohort: first.cohort.digest, deleted: [], missing: [] },
    });
    const [one] = recordings as [StoredRecording, StoredRecording];
    await registry.recordings.put(renamed(one, 'another'));
    expect((await replay()).cohort).toMatchObject({ recordings: 3 });
    const again = await replay('--cohort', first.digest.slice(7, 15));
    expect(again.cohort).toMatchObject({ digest: first.cohort.digest, recordings: 2, kind: 'recordings' });
    expect(again.cohort.selection).toContain(`the cohort of report ${first.digest.slice(7, 19)} (run by ${mission}@1`);
    expect(again.results).toEqual(first.results);
    // By the digest of the cohort, and by a file.
    expect((await replay('--cohort', first.cohort.digest)).cohort.digest).toBe(first.cohort.digest);
    await writeFile(join(cwd, 'kept.json'), JSON.stringify(first));
    expect((await check('kept.json')).found).toMatchObject({ verdict: 'same' });
  });

  it('is not taken from a report that was edited, nor beside another selection', async () => {
    const [kept, ...others] = first.results;
    await writeFile(join(cwd, 'edited.json'), JSON.stringify({ ...first, results: [kept], counts: others }));
    expect(await check('edited.json')).toMatchObject({ code: 1, found: { verdict: 'changed' } });
    expect(await replay('--cohort', 'edited.json')).toMatchObject({ error: { code: 'COHORT_CHANGED' } });
    await writeFile(join(cwd, 'none.json'), '{"format":1}');
    expect(await replay('--cohort', 'none.json')).toMatchObject({ error: { code: 'INPUT_INVALID' } });
    expect(await replay('--cohort', 'abcdef')).toMatchObject({ error: { code: 'REPORT_UNKNOWN' } });
    expect(await replay('--cohort', 'kept.json', '--limit', '1')).toMatchObject({ error: { code: 'USAGE' } });
  });

  it('is no evidence by the word of a file: whether somebody picked its runs, the registry tells', async () => {
    const picked = await replay('--runs', recordings[0]?.summary.id ?? '');
    expect(picked.cohort.kind).toBe('picked');
    const claimed = { ...picked, cohort: { ...picked.cohort, kind: 'recordings' as const } };
    const forged = { ...claimed, digest: reportDigest(claimed) };
    await writeFile(join(cwd, 'forged.json'), JSON.stringify(forged));
    expect((await check('forged.json')).found).toMatchObject({ verdict: 'same' });
    expect((await replay('--cohort', 'forged.json')).cohort).toMatchObject({ kind: 'picked', recordings: 1 });
  });

  it('of regression cases proves nothing here: they have the ids of the recordings that they were made of', async () => {
    const report = await replay('--fixtures', join(ROOT, 'replay-fixtures'));
    expect(report.cohort.recordings).toBe(2);
    const [one] = recordings as [StoredRecording, StoredRecording];
    expect(report.results.map(({ recording }) => recording.id)).toContain(one.summary.id);
    const other = { ...report, cohort: { ...report.cohort, digest: `sha256:${'0'.repeat(64)}` } };
    const smaller = { ...other, digest: reportDigest(other) };
    await writeFile(join(cwd, 'cases.json'), JSON.stringify(smaller));
    expect(await check('cases.json')).toMatchObject({ code: 3, found: { verdict: 'unproven' } });
  });

  it('is another when the content of a recording is not what was recorded', async () => {
    const [one] = recordings as [StoredRecording, StoredRecording];
    const altered = renamed(one, 'altered', `sha256:${'0'.repeat(64)}`);
    await registry.recordings.put(altered);
    const report = await replay();
    const { code, found } = await check(report.digest);
    expect({ code, found }).toMatchObject({ code: 1, found: { verdict: 'changed', altered: [altered.summary.id] } });
    expect((await command('report', report.digest, '--check')).out).toContain(`altered  ${altered.summary.id}`);
  });

  it('names what retention deleted since, and counts it', async () => {
    await registry.retention.hold(recordings[0]?.summary.id ?? '', why);
    await registry.retention.setPolicy(mission, { ...RECORD_ALL, keepMs: 1 }, why);
    await registry.retention.apply(mission);
    const gone = recordings[1]?.summary.id;
    expect(await check(first.digest)).toMatchObject({
      code: 0,
      found: {
        verdict: 'same',
        stored: 1,
        deleted: [{ id: gone, reason: expect.stringContaining('retention policy') }],
      },
    });
    expect((await command('report', first.digest, '--check')).out).toMatch(
      /✓ same .*2 recordings are what was replayed; 1 were deleted since.*\n {2}deleted {2}refund-/,
    );
    const again = await replay('--cohort', first.digest);
    expect(again.cohort).toMatchObject({ digest: first.cohort.digest, recordings: 2 });
    expect(again.counts).toMatchObject({ recordings: 2, faithful: 1, excluded: 1 });
    expect(again.excluded).toMatchObject([{ recording: { id: gone }, reason: 'deleted' }]);
    expect(again.verdict.verdict).toBe('inconclusive');
  });

  it('is unproven in a registry that never had it', async () => {
    const directory = join(cwd, 'elsewhere');
    const other = await openRegistry({ directory, actor: 'ada' });
    try {
      const { code, out } = await run(['report', 'kept.json', '--check', '--json'], { cwd, shared: other });
      const ids = recordings.map(({ summary }) => summary.id).sort();
      expect({ code, found: JSON.parse(out) }).toMatchObject({ code: 3, found: { verdict: 'unproven', missing: ids } });
    } finally {
      await other.close();
    }
  });
});
