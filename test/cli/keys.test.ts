/** Keys as an operator handles them: made, used, rotated and removed, with cases in the repository and rows in the registry. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { exportFixture, readFixture } from '../../src/recording/fixtures.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { createVault } from '../../src/registry/vault.ts';
import { sampleJson } from '../recording/support/sample.ts';
import { sampleRecording, sampleReport } from '../registry/samples.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Ran, run } from './run.ts';

// Servers are started and awaited here: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let cwd: string;
let registry: Registry;
let postgres: TestPostgres;
let databaseUrl: string;

/** A registry that one process opened with one key, as `mission worker` does; the key file may have gone on since. */
const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd, shared: registry });
const json = async (...argv: string[]) => {
  const { out, err } = await mission(...argv, '--json');
  return JSON.parse(out || err);
};
const keyFile = () => join(cwd, '.mission', 'payload.keys');
const caseFolder = () => join(cwd, 'replay-fixtures', 'refund', 'case-1');
const keyring = async () => parseKeyring(await readFile(keyFile(), 'utf8'), 'keys');

/** What a restart of the process that has the registry does. */
async function reopen(): Promise<void> {
  await registry.close();
  registry = await openRegistry({ databaseUrl, actor: 'ada', keyring: await keyring() });
}

/** A project without keys, and a registry in clear. */
async function begin(): Promise<void> {
  await registry?.close();
  for (const folder of ['.mission', 'replay-fixtures']) await rm(join(cwd, folder), { recursive: true, force: true });
  databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
}

beforeAll(async () => {
  postgres = await startPostgres();
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-keys-'));
  await writeFile(join(cwd, 'package.json'), '{}');
});

afterAll(async () => {
  await registry?.close();
  await postgres?.stop();
  await rm(cwd, { recursive: true, force: true });
});

describe('mission keys', () => {
  it('leads from nothing to a key, to the next one, and to the end of the first', async () => {
    await begin();
    expect((await mission('keys', 'list')).out).toContain('mission keys new');
    expect(await mission('keys', 'rotate')).toMatchObject({
      code: 2,
      err: expect.stringContaining('mission keys new'),
    });
    await registry.recordings.put(sampleRecording(1));

    const made = await mission('keys', 'new', '--id', 'spring');
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('key spring is in') });
    expect(made.out).not.toMatch(/[0-9a-f]{64}/);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    // The process that has the registry still works without keys: it must not be taken for rotated.
    expect(await mission('keys', 'rotate')).toMatchObject({ code: 2, err: expect.stringContaining('without keys') });
    await reopen();

    await registry.recordings.put(sampleRecording(2));
    await registry.reports.put(sampleReport());
    const recording = buildRecording([decodeHistory(sampleJson('mission'), 'mission')]);
    const why = { why: 'kept', guards: '@3', addedBy: 'kim', addedAt: new Date(0) };
    await exportFixture(recording, caseFolder(), { ...why, vault: createVault(await keyring()) });
    const before = await readFixture(caseFolder(), createVault(await keyring()));

    expect(await json('keys', 'list')).toMatchObject({
      keys: [{ id: 'spring', active: true, here: true, recordings: 1, reports: 1, answers: 0, cases: 1 }],
      inClear: { recordings: 1 },
    });
    expect(await json('keys', 'rotate')).toMatchObject({ key: 'spring', recordings: 1, reports: 0, cases: 0 });

    await mission('keys', 'new', '--id', 'summer');
    await reopen();
    expect(await json('keys', 'list')).toMatchObject({
      keys: [
        { id: 'summer', active: true, recordings: 0 },
        { id: 'spring', active: false, recordings: 2, reports: 1, cases: 1 },
      ],
    });
    const refused = await mission('keys', 'remove', 'spring');
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining('2 recordings, 1 report, 0 kept answers, 1 case'),
    });
    expect(refused.err).toContain('mission keys rotate');
    expect((await mission('keys', 'remove', 'summer')).err).toContain('active');

    expect(await json('keys', 'rotate')).toMatchObject({ key: 'summer', recordings: 2, reports: 1, cases: 1 });
    expect(await json('keys', 'remove', 'spring')).toEqual({ removed: 'spring', keys: ['summer'] });
    await reopen();
    expect((await registry.recordings.get(sampleRecording(1).summary.id)).summary).toEqual(sampleRecording(1).summary);
    const after = await readFixture(caseFolder(), createVault(await keyring()));
    expect(after.case).toEqual(before.case);
    expect(after.recording.digest).toBe(before.recording.digest);
    expect(await readFile(keyFile(), 'utf8')).not.toContain('spring');
  });

  it('tells which key is missing here, and fails so that a script sees it', async () => {
    const kept = await readFile(keyFile(), 'utf8');
    await writeFile(keyFile(), `winter:${newSecret()}\n`);
    const { code, out } = await mission('keys', 'list');
    await writeFile(keyFile(), kept);
    expect(code).toBe(4);
    expect(out).toMatch(/summer\s+not here/);
  });

  it('from the environment are only printed and counted: nothing here can change them', async () => {
    const env = { MISSION_ACTOR: 'ada', MISSION_PAYLOAD_KEYS: `env-1:${newSecret()}` };
    const file = await readFile(keyFile(), 'utf8');
    const made = await run(['keys', 'new', '--id', 'env-2'], { cwd, env, shared: registry });
    expect(made.out.trim()).toMatch(/^env-2:[0-9a-f]{64}$/);
    expect(made.err).toContain('in front of the others');
    const removed = await run(['keys', 'remove', 'env-1'], { cwd, env, shared: registry });
    expect(removed).toMatchObject({ code: 2, err: expect.stringContaining('MISSION_PAYLOAD_KEYS') });
    expect(await readFile(keyFile(), 'utf8')).toBe(file);
  });

  it.each([
    ['an id that is none', ['keys', 'new', '--id', 'No Good'], 'cannot be the id'],
    ['an id that is there', ['keys', 'new', '--id', 'summer'], 'a key "summer"'],
    ['a key that is not there', ['keys', 'remove', 'autumn'], 'no key "autumn"'],
  ])('refuse %s', async (_, argv, words) => {
    expect(await mission(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
  });
});
