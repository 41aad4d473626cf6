/** Somebody who owns the database changes the audit trail in it; a signed head that was kept elsewhere shows each way. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chainEntry } from '../../src/registry/audit-chain.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { sampleRecording } from '../registry/samples.ts';
import { startPostgres, type TestPostgres, withClient } from '../support/postgres.ts';
import { type Ran, run } from './run.ts';

/** Entries that the head covers, and those that came after it. */
const COVERED = 6;
const ALL = 8;

let cwd: string;
let postgres: TestPostgres;
let databaseUrl: string;
let registry: Registry;

const mission = (...argv: string[]): Promise<Ran> => run(['audit', ...argv], { cwd, shared: registry });
const verify = (head: string) => mission('verify', '--head', head, '--public-key', 'audit-key.pub.pem', '--json');

/** With the triggers out of the way, as the owner of the tables can have them. */
async function attack(statements: readonly string[]): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query('ALTER TABLE mission.audit DISABLE TRIGGER ALL');
    for (const statement of statements) await client.query(statement);
  });
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-attacks-'));
  await writeFile(join(cwd, 'package.json'), '{}');
  postgres = await startPostgres();
});

beforeEach(async () => {
  await registry?.close();
  for (const file of ['audit-key.pem', 'audit-key.pub.pem']) await rm(join(cwd, file), { force: true });
  databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  for (let seq = 1; seq <= COVERED; seq += 1) await registry.recordings.put(sampleRecording(seq));
  await mission('keygen');
  await mission('head', '--sign', 'audit-key.pem', '--out', 'head.json');
  for (let seq = COVERED + 1; seq <= ALL; seq += 1) await registry.recordings.put(sampleRecording(seq));
  await mission('head', '--sign', 'audit-key.pem', '--out', 'later.json');
});

afterAll(async () => {
  await registry?.close();
  await postgres?.stop();
  await rm(cwd, { recursive: true, force: true });
});

/** The trail from the second entry on with another actor, and hashes that fit it. */
async function rewritten(): Promise<string[]> {
  const statements: string[] = [];
  let head = { seq: 0, hash: '' };
  for await (const entry of registry.audit.stream()) {
    const { at, action, subject, details } = entry;
    const actor = entry.seq === 1 ? entry.actor : 'eve';
    if (entry.seq === 1) head = { seq: 0, hash: entry.previousHash };
    head = chainEntry(head, { at, action, subject, details: details as never, actor });
    const { previousHash, hash } = head as unknown as { previousHash: string; hash: string };
    statements.push(
      `UPDATE mission.audit SET actor = '${actor}', previous_hash = '${previousHash}', hash = '${hash}' WHERE seq = ${entry.seq}`,
    );
  }
  return statements;
}

describe('in the database itself, a signed head shows', () => {
  it.each<[string, string, readonly string[]]>([
    ['a cut tail', 'truncated', ['DELETE FROM mission.audit WHERE seq > 4']],
    ['a trail that is gone', 'truncated', ['DELETE FROM mission.audit']],
    ['an entry taken out', 'out-of-sequence', ['DELETE FROM mission.audit WHERE seq = 3']],
    ['an edit', 'edited', [`UPDATE mission.audit SET actor = 'eve' WHERE seq = 3`]],
    [
      'a reordering',
      'unlinked',
      ['SET seq = 100 WHERE seq = 2', 'SET seq = 2 WHERE seq = 3', 'SET seq = 3 WHERE seq = 100'].map(
        (move) => `UPDATE mission.audit ${move}`,
      ),
    ],
  ])('%s', async (_, problem, statements) => {
    await attack(statements);
    const { code, out, err } = await verify('head.json');
    expect(code).toBe(4);
    expect(JSON.parse(out || err)).toMatchObject({ error: { code: 'AUDIT_BROKEN', details: { problem } } });
  });

  it('a trail written anew, whose own hashes all fit', async () => {
    await attack(await rewritten());
    expect((await mission('verify')).code).toBe(0);
    const { code, out, err } = await verify('head.json');
    expect(code).toBe(4);
    expect(JSON.parse(out || err)).toMatchObject({
      error: { code: 'AUDIT_BROKEN', details: { problem: 'other-head' } },
    });
  });

  it('nothing of what came after it was signed: the next head does', async () => {
    await attack([`DELETE FROM mission.audit WHERE seq > ${COVERED}`]);
    expect((await verify('head.json')).code).toBe(0);
    const { code, out, err } = await verify('later.json');
    expect(code).toBe(4);
    expect(JSON.parse(out || err)).toMatchObject({ error: { details: { problem: 'truncated' } } });
  });
});

describe('keys and heads', () => {
  it('the private key is for its owner alone, and both files are PEM', async () => {
    expect((await stat(join(cwd, 'audit-key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(cwd, 'audit-key.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(await readFile(join(cwd, 'audit-key.pub.pem'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });

  it('a head that is not signed is not taken for one that is', async () => {
    await mission('head', '--out', 'plain.txt');
    expect(await verify('plain.txt')).toMatchObject({ code: 2, out: expect.stringContaining('is not signed') });
    expect((await mission('verify', '--head', 'plain.txt')).code).toBe(0);
    expect(await mission('verify', '--public-key', 'audit-key.pub.pem')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--head'),
    });
  });

  it('who signed is said only when a public key proved it', async () => {
    expect((await mission('verify', '--head', 'head.json')).out).not.toContain('signed by');
    const proven = await mission('verify', '--head', 'head.json', '--public-key', 'audit-key.pub.pem');
    expect(proven.out).toContain('signed by ada');
  });

  it('the head of a trail that has only begun can be signed and is held to', async () => {
    const empty = await openRegistry({ databaseUrl: await postgres.createDatabase(), actor: 'ada' });
    try {
      const on = (...argv: string[]) => run(['audit', ...argv], { cwd, shared: empty });
      expect((await on('head', '--sign', 'audit-key.pem', '--out', 'empty.json')).code).toBe(0);
      await empty.recordings.put(sampleRecording(1));
      const argv = ['verify', '--head', 'empty.json', '--public-key', 'audit-key.pub.pem'];
      expect((await on(...argv)).code).toBe(0);
    } finally {
      await empty.close();
    }
  });
});
