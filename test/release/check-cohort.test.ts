/** A damaged recording of an encrypted registry is named among those that are wrong, and hides none of the others. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../../src/compare/report.ts';
import { reportDigest } from '../../src/compare/report-digest.ts';
import { newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import { cohortOf } from '../../src/recording/cohort.ts';
import { digestOfHistories, encodeRecordingContent } from '../../src/recording/content.ts';
import { openPostgres } from '../../src/registry/postgres.ts';
import type { StoredRecording } from '../../src/registry/recordings.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { SqlEngine } from '../../src/registry/sql.ts';
import { checkCohort, cohortOfReport } from '../../src/release/check-cohort.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { sampleRecording } from '../registry/samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { reportOf } from './reports.ts';

const COUNT = 5;
let server: TestPostgres;
let registry: Registry;
let raw: SqlEngine;
let recordings: readonly StoredRecording[];

function recording(index: number): StoredRecording {
  const histories = [{ events: [{ workflowExecutionStartedEventAttributes: { identity: `worker ${index}` } }] }];
  return {
    ...sampleRecording(index, { digest: digestOfHistories(histories) }),
    content: encodeRecordingContent(histories),
  };
}

function reportOn(all: readonly StoredRecording[]): Report {
  const [baseline, candidate] = [digestOf('baseline'), digestOf('candidate')];
  const report = reportOf({ baseline, candidate, outcomes: all.map(() => 'matched') });
  const { digest } = cohortOf(all.map(({ summary }) => summary));
  const whole = { ...report, cohort: { ...report.cohort, digest } };
  return { ...whole, digest: reportDigest(whole) };
}

/** As somebody with a hand in the database leaves it. */
async function damage(index: number, column: 'content' | 'trace', sql: string, db = raw): Promise<string> {
  const { id } = recording(index).summary;
  await db.query('ALTER TABLE mission.recordings DISABLE TRIGGER immutable');
  await db.query(`UPDATE mission.recordings SET ${column} = ${sql} WHERE id = $1`, [id]);
  await db.query('ALTER TABLE mission.recordings ENABLE ALWAYS TRIGGER immutable');
  return id;
}

beforeAll(async () => {
  server = await startPostgres();
  const databaseUrl = await server.createDatabase();
  const keyring = parseKeyring(`key:${newSecret()}`, 'the test');
  registry = await openRegistry({ databaseUrl, keyring, actor: 'ada' });
  raw = await openPostgres(databaseUrl, { readOnly: false });
  recordings = Array.from({ length: COUNT }, (_, index) => recording(index));
  await registry.recordings.putAll(recordings);
});

afterAll(async () => {
  await raw?.close();
  await registry?.close();
  await server?.stop();
});

it('names sealed recordings that were changed, cut off, moved or overwritten, and finds the others whole', async () => {
  const report = reportOn(recordings);
  expect(await checkCohort(registry, report)).toMatchObject({ verdict: 'same', stored: COUNT, altered: [] });
  const moved = recording(0).summary.id;
  const altered = [
    await damage(1, 'content', 'set_byte(content, 60, 255 - get_byte(content, 60))'),
    await damage(2, 'trace', 'substring(trace from 1 for 12)'),
    await damage(3, 'content', `(SELECT content FROM mission.recordings WHERE id = '${moved}')`),
    await damage(4, 'trace', "'\\x6e6f7468696e67'::bytea"),
  ];
  const found = await checkCohort(registry, report);
  expect(found).toMatchObject({ verdict: 'changed', stored: COUNT, missing: [], altered: altered.sort() });
  expect(found.reason).toBe('4 of 5 recordings are not what was recorded.');
  await expect(cohortOfReport(registry, report)).rejects.toMatchObject({ code: 'COHORT_CHANGED' });
});

it('says which key is not here, and calls nothing altered', async () => {
  const databaseUrl = await server.createDatabase();
  const sealed = await openRegistry({ databaseUrl, keyring: parseKeyring(`key:${newSecret()}`, 'a'), actor: 'ada' });
  await sealed.recordings.putAll(recordings);
  await sealed.close();
  const without = await openRegistry({ databaseUrl, keyring: parseKeyring(`other:${newSecret()}`, 'b'), actor: 'ada' });
  try {
    await expect(checkCohort(without, reportOn(recordings))).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
  } finally {
    await without.close();
  }
});

it('names those that are not encrypted, and cannot be unpacked or read', async () => {
  const databaseUrl = await server.createDatabase();
  const plain = await openRegistry({ databaseUrl, actor: 'ada' });
  const db = await openPostgres(databaseUrl, { readOnly: false });
  try {
    await plain.recordings.putAll(recordings);
    const notJson = gzipSync('no trace').toString('hex');
    const altered = [
      await damage(1, 'trace', "'\\x6e6f7468696e67'::bytea", db),
      await damage(2, 'trace', 'substring(trace from 1 for 12)', db),
      await damage(3, 'trace', `'\\x${notJson}'::bytea`, db),
    ];
    const found = await checkCohort(plain, reportOn(recordings));
    expect(found).toMatchObject({ verdict: 'changed', altered: altered.sort() });
  } finally {
    await db.close();
    await plain.close();
  }
});

it('takes no fault of the program for a damaged recording', async () => {
  const stream = () => {
    throw new TypeError('a fault');
  };
  const faulty = { ...registry, recordings: { ...registry.recordings, stream } };
  await expect(checkCohort(faulty, reportOn(recordings))).rejects.toThrow('a fault');
});
