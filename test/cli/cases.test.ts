/**
 * Regression cases from the command line, on runs that a real server recorded: an expectation that no version could meet is not
 * kept, nothing is asked that the policy does not name, and encrypted cases need their key.
 */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { newSecret } from '../../src/encryption/keyring.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { copyProject, replace } from '../artifact/project.ts';
import { PROMOTED, PROMPT, verdictMission } from '../release/verdict-mission.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Ran, run } from './run.ts';

// Servers are started and awaited here: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const mission = `cased-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
const [bargain, regular] = [`${mission}-bargain`, `${mission}-regular`];
const DENIED = { approve: false, reason: 'final sale' };

let folder: string;
let postgres: TestPostgres;
let registry: Registry;
/** The source as it ran, and with the promotion's prompt. */
let source: string;
let reworded: string;
/** Where a test keeps its cases. */
let cases: string;

const asked = () => join(folder, 'asked.log');
const questions = async () => (await readFile(asked(), 'utf8')).split('\n').filter((line) => line !== '').length;

interface Way {
  readonly cwd?: string;
  readonly keys?: string;
  /** Without: as in a checkout that has no registry. */
  readonly shared?: Registry | undefined;
}

function mission$(argv: readonly string[], { cwd = source, keys, ...way }: Way = {}): Promise<Ran> {
  const env = { MISSION_ACTOR: 'ada', ...(keys !== undefined && { MISSION_PAYLOAD_KEYS: keys }) };
  const shared = 'shared' in way ? way.shared : registry;
  return run(argv, { cwd, env, ...(shared !== undefined && { shared }) });
}

const add = (id: string, expected: unknown, way?: Way, ...more: string[]) =>
  mission$(['case', 'add', id, '--expect', JSON.stringify(expected), '--why', 'a test', '--dir', cases, ...more], way);
const tryAll = (way?: Way, ...more: string[]) =>
  mission$(['cases', mission, '--dir', cases, '--workers', '1', '--json', ...more], way);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mission-test-cases-'));
  await appendFile(asked(), '');
  postgres = await startPostgres();
  registry = await openRegistry({ databaseUrl: await postgres.createDatabase(), actor: 'ada' });
  source = await copyProject(verdictMission({ mission, prompt: PROMPT, asked: asked() }));
  reworded = await copyProject(verdictMission({ mission, prompt: PROMOTED, asked: asked() }));
  await publishMission({ registry, root: source, mission });
  await activateVersion({ registry, ref: { mission, number: 1 }, by: 'ada', force: { reason: 'test' } });
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  const { client } = temporal;
  const fleet = await startFleet({ registry, temporal, missions: [mission], drainMs: 1_000 });
  await fleet.ready(60_000);
  const ids = [bargain, regular];
  for (const workflowId of ids) {
    const input = { id: `order-of-${workflowId}`, onSale: workflowId === bargain };
    await startMission({ registry, client, mission, input, workflowId });
  }
  await Promise.all(ids.map((id) => client.workflow.result(id)));
  const runs = ids.map((workflowId) => ({ workflowId }));
  const collected = collectRecordings({ client, registry, redactionKey: new Uint8Array(32), runs });
  for await (const { status } of collected) expect(status).toBe('stored');
  await fleet.shutdown();
  await temporal.close();
});

afterAll(async () => {
  await registry?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  cases = await mkdtemp(join(folder, 'cases-'));
});

describe('the expectation of a case', () => {
  it.each<[string, unknown, string]>([
    ['a field of another type', { approve: 'yes', reason: 'x' }, '/approve'],
    ['a field that is missing', { approve: true }, '/reason'],
    ['a field that is misspelt', { approve: true, reason: 'x', aprove: true }, '/aprove'],
    ['no object at all', true, ''],
  ])('with %s is refused with its place, and nothing is kept', async (_, expected, pointer) => {
    const { code, err, out } = await add(regular, expected, {}, '--json');
    expect(code).toBe(2);
    const { error } = JSON.parse(out || err);
    expect(error).toMatchObject({ code: 'INPUT_INVALID', details: { pointer, contract: `${mission}@1` } });
    expect(error.message).toContain(`does not fit the output of ${mission}@1`);
    expect(error.message).toContain(pointer === '' ? 'The expected result does not' : `at ${pointer} `);
    expect(await readdir(cases)).toEqual([]);
  });

  it('may be what only the source as it is by now can answer', async () => {
    const grown = { approve: true, reason: 'in time', code: 'T1' };
    expect((await add(regular, grown)).code).toBe(2);
    const later = await copyProject({
      ...verdictMission({ mission, prompt: PROMPT }),
    });
    const file = join(later, `workflows/${mission}/mission.ts`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, replace('reason: z.string() })', 'reason: z.string(), code: z.string().optional() })')(text));
    expect(await add(regular, grown, { cwd: later })).toMatchObject({ code: 0 });
  });

  it('of an imported history is held to the source, where nobody else can say', async () => {
    await add(regular, { approve: true, reason: 'in time' });
    const history = join(cases, mission, regular, 'history.json');
    const argv = ['case', 'import', history, '--mission', mission, '--why', 'x', '--dir', cases, '--name', 'imported'];
    const way = { shared: undefined };
    const wrong = await mission$([...argv, '--expect', '{"approve":1,"reason":"x"}'], way);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('/approve') });
    expect(wrong.err).toContain('the source of');
    expect((await mission$([...argv, '--expect', JSON.stringify(DENIED)], way)).code).toBe(0);
  });
});

describe('cases', () => {
  it('ask nobody unless told so: a reworded prompt cannot be judged, and no model hears of it', async () => {
    await add(bargain, DENIED);
    const before = await questions();
    const { code, out } = await tryAll({ cwd: reworded });
    expect(code).toBe(3);
    expect(JSON.parse(out).missions[0].cases).toMatchObject([{ verdict: 'unproven' }]);
    expect(await questions()).toBe(before);
  });

  it('ask anew when the policy says so, once: the next time the kept answers are taken', async () => {
    await add(bargain, DENIED);
    await add(regular, { approve: true, reason: 'in time' });
    await mission$(['answers', 'clear', mission]);
    const before = await questions();
    const live = () =>
      mission$(['cases', mission, '--dir', cases, '--workers', '1', '--answer', 'model=live'], { cwd: reworded });
    const first = await live();
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('2 of 2 cases right: passed') });
    expect(first.out).toContain('Asked anew: 2 calls, 4 tokens, 0 answers from earlier replays');
    expect(await questions()).toBe(before + 2);
    const second = await live();
    expect(second).toMatchObject({ code: 0, out: expect.stringContaining('Asked anew: 0 calls') });
    expect(second.out).toContain('2 answers from earlier replays');
    expect(await questions()).toBe(before + 2);
  });

  it('stay within the budget of the policy, and go without a cache where there is no registry', async () => {
    await add(bargain, DENIED);
    await add(regular, { approve: true, reason: 'in time' });
    const way = { cwd: reworded, shared: undefined };
    const before = await questions();
    const budget = ['--answer', 'model=live', '--policy', 'live-calls<=1'];
    const { code, out, err } = await tryAll(way, ...budget);
    expect(code).toBe(3);
    expect(err).toContain('answers are not kept');
    const { cases: tried } = JSON.parse(out).missions[0];
    expect(tried.map(({ verdict }: { verdict: string }) => verdict).sort()).toEqual(['right', 'unproven']);
    expect(JSON.stringify(tried)).toContain('the budget of 1 live calls is spent');
    expect(await questions()).toBe(before + 1);
    await tryAll(way, ...budget);
    expect(await questions()).toBe(before + 2);
  });
});

describe('encrypted cases', () => {
  const old = `k-old:${newSecret()}`;
  const fresh = `k-new:${newSecret()}`;

  it('replay with their key, also when it is no longer the active one, and show reviewers what they may see', async () => {
    await add(bargain, DENIED, { keys: old });
    const files = await Promise.all(
      ['case.json', 'history.json'].map((file) => readFile(join(cases, mission, bargain, file), 'utf8')),
    );
    for (const text of files) {
      expect(text).toContain('k-old');
      expect(text).not.toContain(`order-of-${bargain}`);
      expect(text).not.toContain('final sale');
    }
    expect(files[0]).toContain('"why": "a test"');
    for (const keys of [old, `${fresh},${old}`]) {
      const { code, out } = await tryAll({ cwd: reworded, keys }, '--answer', 'model=live');
      expect(JSON.parse(out)).toMatchObject({ verdict: 'passed', missions: [{ cases: [{ verdict: 'right' }] }] });
      expect(code).toBe(0);
    }
  });

  it.each<[string, string | undefined, string]>([
    ['no key', undefined, 'no keys are configured'],
    ['other keys', fresh, 'the keys here are "k-new"'],
    ['another key of the same id', `k-old:${newSecret()}`, 'of fingerprint'],
  ])('with %s say which key they need and what to do', async (_, keys, words) => {
    await add(bargain, DENIED, { keys: old });
    for (const argv of [
      ['cases', mission, '--dir', cases],
      ['cases', mission, '--dir', cases, '--list'],
    ]) {
      const { code, err, out } = await mission$([...argv, '--json'], { ...(keys !== undefined && { keys }) });
      expect(code).toBe(4);
      expect(JSON.parse(out || err)).toMatchObject({
        error: {
          code: 'ENCRYPTION_KEY_MISSING',
          message: expect.stringContaining(words),
          remedy: expect.stringContaining('"k-old"'),
        },
      });
    }
  });

  it('are not opened in the place of another case, or with another expectation', async () => {
    await add(bargain, DENIED, { keys: old });
    await add(regular, { approve: true, reason: 'in time' }, { keys: old });
    const at = (id: string, file: string) => join(cases, mission, id, file);
    const other = JSON.parse(await readFile(at(regular, 'case.json'), 'utf8'));
    const own = JSON.parse(await readFile(at(bargain, 'case.json'), 'utf8'));
    await writeFile(at(bargain, 'case.json'), JSON.stringify({ ...own, encrypted: other.encrypted }));
    const swapped = await tryAll({ keys: old });
    expect(JSON.parse(swapped.out || swapped.err)).toMatchObject({ error: { code: 'ENCRYPTED_DATA_INVALID' } });
    await writeFile(at(bargain, 'case.json'), JSON.stringify(own));
    await writeFile(at(bargain, 'history.json'), await readFile(at(regular, 'history.json')));
    const moved = await tryAll({ keys: old });
    expect(JSON.parse(moved.out || moved.err)).toMatchObject({ error: { code: 'ENCRYPTED_DATA_INVALID' } });
  });
});
