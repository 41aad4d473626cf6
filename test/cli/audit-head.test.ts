/** A signed head that was kept elsewhere proves an exported trail offline, and shows each way in which it can be falsified. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../src/registry/audit-chain.ts';
import { chainEntry } from '../../src/registry/audit-chain.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { sampleRecording } from '../registry/samples.ts';
import { type Ran, run } from './run.ts';

let cwd: string;
let registry: Registry;

const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd, shared: registry });
/** With no registry to look into. */
const offline = (...argv: string[]): Promise<Ran> => run(argv, { cwd });
const verify = (file: string, head = 'head.json') =>
  offline('audit', 'verify', '--file', file, '--head', head, '--public-key', 'audit-key.pub.pem', '--json');

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mission-test-audit-head-'));
  registry = await openRegistry({ directory: join(cwd, 'registry'), actor: 'ada' });
  for (let seq = 1; seq <= 6; seq += 1) await registry.recordings.put(sampleRecording(seq));
  expect((await mission('audit', 'keygen')).code).toBe(0);
  expect((await mission('audit', 'head', '--sign', 'audit-key.pem', '--out', 'head.json')).code).toBe(0);
  await registry.recordings.put(sampleRecording(7));
  expect((await mission('audit', 'export', '--out', 'trail.jsonl')).code).toBe(0);
});

afterAll(async () => {
  await registry.close();
  await rm(cwd, { recursive: true, force: true });
});

async function falsified(name: string, change: (entries: AuditEntry[]) => AuditEntry[]): Promise<string> {
  const lines = (await readFile(join(cwd, 'trail.jsonl'), 'utf8')).trim().split('\n');
  const entries = change(lines.map((line) => JSON.parse(line)));
  await writeFile(join(cwd, name), entries.map((entry) => JSON.stringify(entry)).join('\n'));
  return name;
}

describe('a signed head', () => {
  it('proves the trail that went on since, and says who signed it', async () => {
    const { code, out } = await offline(
      'audit',
      'verify',
      '--file',
      'trail.jsonl',
      '--head',
      'head.json',
      '--public-key',
      'audit-key.pub.pem',
    );
    expect(code).toBe(0);
    expect(out).toContain('7 entries');
    expect(out).toContain('signed by ada');
  });

  it('is proven by the registry too, and prints as seq:hash without a key', async () => {
    const { out } = await mission('audit', 'head');
    expect((await mission('audit', 'verify', '--head', out.trim())).code).toBe(0);
    expect((await mission('audit', 'verify', '--head', 'head.json', '--public-key', 'audit-key.pub.pem')).code).toBe(0);
  });

  it.each<[string, string, (entries: AuditEntry[]) => AuditEntry[]]>([
    ['an edit', 'edited', (all) => all.map((one) => (one.seq === 3 ? { ...one, actor: 'eve' } : one))],
    ['a reordering', 'out-of-sequence', ([a, b, c, ...rest]) => [a, c, b, ...rest].filter((one) => one !== undefined)],
    ['a cut tail', 'truncated', (all) => all.slice(0, 4)],
    ['an entry taken out', 'out-of-sequence', (all) => all.filter(({ seq }) => seq !== 2)],
    ['a trail written anew', 'other-head', rewritten],
  ])('shows %s', async (name, problem, change) => {
    const { code, out, err } = await verify(await falsified(`${name.replaceAll(' ', '-')}.jsonl`, change));
    expect(code).toBe(4);
    expect(JSON.parse(out || err)).toMatchObject({ error: { code: 'AUDIT_BROKEN', details: { problem } } });
  });

  it.each<[string, (head: Record<string, unknown>) => unknown]>([
    ['another place', (head) => ({ ...head, seq: 4 })],
    ['another time', (head) => ({ ...head, signedAt: '2020-01-01T00:00:00.000Z' })],
    ['another signer', (head) => ({ ...head, signedBy: 'eve' })],
    ['another signature', (head) => ({ ...head, signature: Buffer.alloc(64).toString('base64') })],
    ['no signature', (head) => ({ ...head, signature: undefined })],
  ])('with %s is refused', async (_, change) => {
    const head = JSON.parse(await readFile(join(cwd, 'head.json'), 'utf8'));
    await writeFile(join(cwd, 'changed.json'), JSON.stringify(change(head)));
    const { code, out, err } = await verify('trail.jsonl', 'changed.json');
    expect(code).toBe(4);
    expect(JSON.parse(out || err)).toMatchObject({ error: { code: 'AUDIT_BROKEN' } });
  });

  it('of another key is refused', async () => {
    await mission('audit', 'keygen', '--out', 'other');
    await mission('audit', 'head', '--sign', 'other.pem', '--out', 'other.json');
    expect((await verify('trail.jsonl', 'other.json')).code).toBe(4);
  });

  it('is signed as OpenSSL signs: its keys are read by it', async () => {
    const { stdout } = await promisify(execFile)('openssl', ['pkey', '-in', join(cwd, 'audit-key.pem'), '-pubout']);
    expect(stdout).toBe(await readFile(join(cwd, 'audit-key.pub.pem'), 'utf8'));
  });
});

describe('an export', () => {
  it('says the head of what it holds, though the trail has gone on', async () => {
    let seq = 100;
    const stream = async function* () {
      yield* registry.audit.stream();
      await registry.recordings.put(sampleRecording(++seq));
    };
    const busy = { ...registry, audit: { ...registry.audit, stream } };
    const { out } = await run(['audit', 'export', '--out', 'busy.jsonl', '--json'], { cwd, shared: busy });
    const lines = (await readFile(join(cwd, 'busy.jsonl'), 'utf8')).trim().split('\n');
    const { seq: last, hash } = JSON.parse(lines.at(-1) ?? '');
    expect(JSON.parse(out).head).toEqual({ seq: last, hash });
    expect((await registry.audit.head()).seq).toBe(last + 1);
    expect((await offline('audit', 'verify', '--file', 'busy.jsonl', '--head', `${last}:${hash}`)).code).toBe(0);
  });

  it('of which a line was cut is broken at that line; one that is not there is no export', async () => {
    const whole = await readFile(join(cwd, 'trail.jsonl'), 'utf8');
    await writeFile(join(cwd, 'cut.jsonl'), whole.slice(0, -20));
    const { code, out } = await offline('audit', 'verify', '--file', 'cut.jsonl', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'AUDIT_BROKEN', details: { line: 7 } } });
    expect(JSON.parse(out).error.message).toContain('Line 7 of');
    for (const none of ['nowhere.jsonl', '.']) expect((await offline('audit', 'verify', '--file', none)).code).toBe(2);
  });
});

it('a key is not overwritten, and what is no key is refused with what to do', async () => {
  const before = await readFile(join(cwd, 'audit-key.pem'), 'utf8');
  expect((await mission('audit', 'keygen')).code).toBe(2);
  expect(await readFile(join(cwd, 'audit-key.pem'), 'utf8')).toBe(before);
  await writeFile(join(cwd, 'no-key.pem'), 'hello');
  const { code, err } = await mission('audit', 'head', '--sign', 'no-key.pem');
  expect(code).toBe(2);
  expect(err).toContain('mission audit keygen');
});

/** What somebody who owns the database could do: other entries, and hashes that fit them. */
function rewritten(entries: AuditEntry[]): AuditEntry[] {
  let head: Pick<AuditEntry, 'seq' | 'hash'> = { seq: 0, hash: entries[0]?.previousHash ?? '' };
  return entries.map(({ at, action, subject, details }) => {
    const entry = chainEntry(head, { at, action, subject, details: details as never, actor: 'eve' });
    head = entry;
    return entry;
  });
}
