import { expect, it } from 'vitest';
import { gzipped } from '../../src/registry/gzip.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { describeOnBothEngines } from './engines.ts';
import { MISSION, sampleReport } from './samples.ts';

const CANDIDATE = digestOf('candidate');

describeOnBothEngines('reports', (bench) => {
  it('come back whole, and are stored once', async () => {
    const registry = await bench.open();
    const report = sampleReport({ note: 'a \u0000 b' });
    expect(await registry.reports.put(report)).toEqual({ added: true });
    expect(await registry.reports.put(report)).toEqual({ added: false });
    expect(await registry.reports.get(report.digest)).toEqual(report);
    expect(await registry.audit.list()).toMatchObject([{ action: 'report.put', subject: report.digest }]);
  });

  it('that pass are found by exactly the candidate artifact: newest, complete, passed', async () => {
    const registry = await bench.open();
    const find = (candidateArtifact: string, baselineArtifact?: string) =>
      registry.reports.findPassing({
        mission: MISSION,
        candidateArtifact,
        ...(baselineArtifact === undefined ? {} : { baselineArtifact }),
      });
    expect(await find(CANDIDATE)).toBeUndefined();
    const older = sampleReport({ createdAt: '2026-02-01T00:00:00.000Z' });
    const newer = sampleReport({ createdAt: '2026-02-02T00:00:00.000Z' });
    const misses = [
      sampleReport({ createdAt: '2026-02-03T00:00:00.000Z', verdict: { verdict: 'failed' } }),
      sampleReport({ createdAt: '2026-02-04T00:00:00.000Z', verdict: { verdict: 'inconclusive' } }),
      sampleReport({ createdAt: '2026-02-05T00:00:00.000Z', partial: true }),
      sampleReport({ createdAt: '2026-02-06T00:00:00.000Z', mission: 'other' }),
    ];
    for (const report of [...misses, newer, older]) await registry.reports.put(report);
    expect(await find(CANDIDATE)).toMatchObject({
      digest: newer.digest,
      verdict: 'passed',
      cohort: digestOf('cohort'),
    });
    expect(await find(CANDIDATE, digestOf('baseline'))).toMatchObject({ digest: newer.digest });
    expect(await find(CANDIDATE, digestOf('another'))).toBeUndefined();
    expect(await find(digestOf('another'))).toBeUndefined();
  });

  it('are listed newest first, by mission and verdict', async () => {
    const registry = await bench.open();
    const older = sampleReport({ createdAt: '2026-02-01T00:00:00.000Z' });
    const failed = sampleReport({ verdict: { verdict: 'failed' } });
    for (const report of [older, failed, sampleReport({ mission: 'other' })]) await registry.reports.put(report);
    const digests = async (filter: object) => (await registry.reports.list(filter)).map(({ digest }) => digest);
    expect(await digests({ mission: MISSION })).toEqual([failed.digest, older.digest]);
    expect(await digests({ mission: MISSION, verdict: 'passed' })).toEqual([older.digest]);
    expect(await digests({ limit: 1, mission: MISSION })).toEqual([failed.digest]);
  });

  it('that are not there are REPORT_UNKNOWN', async () => {
    const registry = await bench.open();
    await expect(registry.reports.get(digestOf('nothing'))).rejects.toMatchObject({ code: 'REPORT_UNKNOWN' });
  });

  it('that were changed in the database are ARTIFACT_CORRUPT', async () => {
    const place = await bench.newPlace();
    const registry = await bench.open(place);
    const report = sampleReport({ verdict: { verdict: 'failed' } });
    await registry.reports.put(report);
    await registry.close();
    const engine = await bench.engine(place);
    await engine.query('ALTER TABLE mission.reports DISABLE TRIGGER ALL');
    const edited = JSON.stringify({ ...report, verdict: { verdict: 'passed' } });
    await engine.query('UPDATE mission.reports SET document = $1', [await gzipped(edited)]);
    await engine.close();
    const again = await bench.open(place);
    await expect(again.reports.get(report.digest)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });
});
