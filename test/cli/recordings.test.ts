/** Runs on the command line, on a real server: started; once they ended recorded, listed, kept as regression cases, sampled, deleted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishClaims } from '../client/mission.ts';
import { type Ran, run } from './run.ts';

const name = `claims-${process.pid}-${Math.trunc(performance.now())}`;
const patience = { timeout: 90_000, interval: 300 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let runs = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-recordings-'));
  registry = await openRegistry({ directory: join(directory, '.mission', 'registry'), actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishClaims(registry, name, 'calm');
  fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000 });
  await fleet.ready();
});

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

function mission(...argv: string[]): Promise<Ran> {
  const env = { MISSION_ACTOR: 'grace', TEMPORAL_ADDRESS: inject('temporalAddress') };
  return run(argv, { cwd: directory, shared: registry, env, columns: 140 });
}

const json = async (...argv: string[]) => JSON.parse((await mission(...argv, '--json')).out) as Record<string, unknown>;

/** Runs that have ended; the claim `bad` fails. */
async function ended(...claims: string[]): Promise<string[]> {
  const workflowIds = claims.map((claim) => `${name}-${claim}-${++runs}`);
  for (const [index, workflowId] of workflowIds.entries()) {
    const input = { claim: claims[index] };
    await startMission({ registry, client: temporal.client, mission: name, input, workflowId });
    await temporal.client.workflow
      .getHandle(workflowId)
      .result()
      .catch(() => undefined);
  }
  return workflowIds;
}

/** The server's list is behind: asks again until these are recorded. */
async function recorded(...claims: string[]): Promise<string[]> {
  const workflowIds = await ended(...claims);
  await vi.waitFor(async () => {
    expect(await mission('collect', name)).toMatchObject({ code: 0 });
    const { recordings } = await json('recordings', name, '--limit', '500');
    const ids = (recordings as { workflowId: string }[]).map(({ workflowId }) => workflowId);
    expect(ids).toEqual(expect.arrayContaining(workflowIds));
  }, patience);
  return workflowIds;
}

describe('mission start', () => {
  const start = (...flags: string[]) => mission('start', name, '--input', '{"claim":"c"}', ...flags);

  it('starts a workflow id once, and says on which version and why', async () => {
    const id = `${name}-started-${++runs}`;
    const started = await start('--id', id, '--key', 'customer-4');
    expect(started.code).toBe(0);
    expect(started.out).toMatch(new RegExp(`✓ started ${id} on ${name}@1 \\(.*weight`));
    expect((await start('--id', id)).out).toContain(`was there already: ${id} on ${name}@1`);
    expect(await json('start', name, '--input', '{"claim":"c"}', '--id', id)).toMatchObject({ started: false });
  });

  it('waits for the end when it is told to: its result, or 1 and the reason', async () => {
    const waited = await start('--wait');
    expect(JSON.parse(waited.out)).toEqual({ tone: 'calm', answers: [] });
    expect(waited.err).toContain('started');
    const failed = await mission('start', name, '--input', '{"claim":"bad"}', '--wait');
    expect(failed).toMatchObject({ code: 1, out: expect.stringContaining('No such claim.') });
  });

  it('gives up waiting when it is interrupted; the run goes on', async () => {
    const id = `${name}-waits-${++runs}`;
    const interrupt = new AbortController();
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
    const input = '{"claim":"c","waits":true}';
    const options = { cwd: directory, shared: registry, env, input, signal: interrupt.signal };
    const waiting = run(['start', name, '--input', '-', '--id', id, '--wait'], options);
    const handle = temporal.client.workflow.getHandle(id);
    await vi.waitFor(() => handle.describe(), patience);
    interrupt.abort(new Error('interrupted'));
    expect(await waiting).toMatchObject({ code: 130, err: expect.stringContaining('Interrupted.') });
    await handle.signal('note', 'go');
    expect(await handle.result()).toMatchObject({ tone: 'calm' });
  });

  it.each([
    ['{"claim":', /is not JSON/],
    ['{"claim":4}', /INPUT_INVALID/],
    ['@nowhere.json', /cannot be read/],
  ])('refuses the input %s', async (input, error) => {
    const refused = await mission('start', name, '--input', input);
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(error) });
  });
});

describe('mission collect and recordings', () => {
  it('record each ended run once, and list them', async () => {
    const [good = '', bad = ''] = await recorded('good', 'bad');
    const again = await json('collect', name);
    expect(again).toMatchObject({ stored: 0, failed: 0, failures: [] });
    expect(again['known']).toBeGreaterThanOrEqual(2);
    expect((await mission('collect', name)).out).toMatch(/0 runs recorded; of \d+ looked at, \d+ were recorded before/);

    const { out } = await mission('recordings', name);
    expect(out).toMatch(new RegExp(`${good} +${name}@1 .* events`));
    expect(out).toContain(bad);
    expect((await mission('recordings', '--version', `${name}@1`, '--limit', '1')).out).toMatch(/1 of \d+; --limit/);
    expect((await mission('recordings', name, '--since', '2999-01-01')).out).toContain('No recordings');
    expect((await mission('recordings', '--failed')).out).toContain('Every ended run that was found is recorded');
    expect(await json('recordings', '--failed')).toEqual({ failures: [] });
    expect((await mission('collect', name, '--since', '2999-01-01')).out).toContain('No ended runs were found');
  });

  it('say which runs could not be recorded, why, and when they are tried again', async () => {
    const problem = { code: 'HISTORY_INVALID', message: 'It is cut off.', remedy: undefined };
    const cut = { mission: name, workflowId: 'cut', runId: '00000000-0000-4000-8000-000000000000' };
    await registry.collection.fail(cut, problem, null);
    const { out } = await mission('recordings', '--failed');
    expect(out).toMatch(/cut 00000000.*\n.*HISTORY_INVALID: It is cut off\.\n.*lost: not tried again/);
    expect((await mission('recordings', name)).out).toContain('1 run could not be recorded: mission recordings');
  });
});

describe('mission case', () => {
  it('keeps a recorded run with the outcome that is right, which mission cases holds a version to', async () => {
    const [good = ''] = await recorded('good');
    const why = ['--why', 'a test', '--dir', `cases-${good}`];
    const cases = (...flags: string[]) => mission('cases', name, '--dir', `cases-${good}`, ...flags);
    const kept = await mission('case', 'add', good, '--as-recorded', '--guards', '@2, which is curt', ...why);
    expect(kept).toMatchObject({ code: 0, out: expect.stringContaining('Commit both') });
    expect(kept.err).not.toContain('guards against');
    const twice = await mission('case', 'add', good, '--as-recorded', ...why);
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('--replace') });
    expect((await cases('--list')).out).toMatch(/a test\n +grace, .*guards against @2, which is curt/);
    const right = await cases('--version', `${name}@1`, '--workers', '1', '--out', 'reports');
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining('1 of 1 case right: passed') });

    const expected = JSON.stringify({ tone: 'kind', answers: [] });
    const replaced = await mission('case', 'add', good, '--expect', expected, '--replace', ...why);
    expect(replaced).toMatchObject({ code: 0, err: expect.stringContaining('To name the change itself') });
    const presumed = new RegExp(`a test\\n +grace, .*, guards against ${name}@1, which decided otherwise`);
    expect((await cases('--list')).out).toMatch(presumed);
    const wrong = await cases('--version', '@1', '--workers', '1');
    expect(wrong).toMatchObject({ code: 1, out: expect.stringContaining('1 wrong: failed') });
    expect(wrong.out).toContain('/tone');
  });

  it('imports a history file', async () => {
    const [good = ''] = await ended('good');
    const history = await temporal.client.workflow.getHandle(good).fetchHistory();
    await writeFile(join(directory, 'history.json'), encodeHistory(history));
    const imported = (...flags: string[]) =>
      mission('case', 'import', 'history.json', '--as-recorded', '--why', 'a test', '--dir', 'imported', ...flags);
    expect(await imported('--name', good)).toMatchObject({ code: 0, err: expect.stringContaining('personal data') });
    expect(await json('cases', name, '--dir', 'imported', '--list')).toContainEqual(
      expect.objectContaining({ mission: name, why: 'a test', addedBy: 'grace' }),
    );
  });

  it.each<[string, string[], RegExp]>([
    ['no outcome', ['add', 'x', '--why', 'y'], /one of --expect, --expect-failure and --as-recorded/],
    [
      'two outcomes',
      ['add', 'x', '--why', 'y', '--as-recorded', '--expect', '1'],
      /one of --expect, --expect-failure and --as-recorded/,
    ],
    ['a run that is not recorded', ['add', 'nobody', '--why', 'y', '--as-recorded'], /RECORDING_UNKNOWN/],
    ['a file that is not there', ['import', 'no.json', '--why', 'y', '--as-recorded'], /HISTORY_INVALID/],
  ])('refuses %s', async (_, argv, error) => {
    expect(await mission('case', ...argv)).toMatchObject({ code: 2, err: expect.stringMatching(error) });
  });

  it('refuses a folder without cases', async () => {
    const none = await mission('cases', name, '--dir', 'nowhere', '--list');
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('mission case add') });
  });
});

describe('mission retention', () => {
  const set = (...flags: string[]) => mission('retention', 'set', name, ...flags, '--reason', 'a test');

  it('keeps the newest recordings and what is on hold, and deletes the rest when it is applied', async () => {
    const own = await recorded('one', 'two', 'three');
    const [first = '', , third = ''] = own;
    expect((await mission('retention', 'hold', first, '--reason', 'an audit')).out).toContain('is on hold.');
    expect((await mission('retention', 'hold', first, '--reason', 'an audit')).out).toContain('was on hold already');
    expect((await set('--max-count', '1')).out).toContain('kept for ever, the newest 1 at most');
    expect((await mission('retention', 'show', name)).out).toContain('On hold: ');
    const { deleted } = await json('retention', 'apply', name);
    expect(deleted).toEqual({ [name]: expect.any(Number) });
    const left = async () => {
      const { recordings } = await json('recordings', name);
      const listed = (recordings as { workflowId: string }[]).map(({ workflowId }) => workflowId);
      return listed.filter((workflowId) => own.includes(workflowId)).sort();
    };
    expect(await left()).toEqual([first, third].sort());
    expect((await mission('retention', 'show', name)).out).toMatch(/[1-9]\d* recordings? deleted/);
    expect((await mission('collect', name)).out).toMatch(/^✓ 0 runs recorded/);

    expect((await mission('retention', 'release', first, '--reason', 'over')).out).toContain('is released');
    expect((await mission('retention', 'apply', name)).out).toBe(`${name}: 1 recording deleted\n`);
    expect((await set('--max-count', 'any', '--keep', '90d')).out).toContain('kept for 90 d');
    expect((await set('--keep', 'forever')).out).toMatch(/kept for ever$/m);
    const { missions } = await json('retention', 'show', name);
    expect(missions).toMatchObject([{ policy: { keepMs: null, maxCount: null, rate: 10_000, rareBelow: null } }]);
  });

  it('samples runs, all failures among what is recorded', async () => {
    expect((await set('--sample', '0', '--all-failures', '--rare', '5')).out).toMatch(
      /0 % of the runs are recorded, and all failures, and ways that fewer than 5 recordings went/,
    );
    expect((await set('--rare', 'off')).out).toContain('0 % of the runs are recorded, and all failures;');
    const [good = '', bad = ''] = await ended('good', 'bad');
    await vi.waitFor(async () => {
      await mission('collect', name);
      const { recordings } = await json('recordings', name);
      expect(recordings).toContainEqual(expect.objectContaining({ workflowId: bad }));
      const { missions } = await json('retention', 'show', name);
      expect(missions).toMatchObject([{ mission: name, policy: { rate: 0, allFailures: true } }]);
      expect((await mission('recordings', name)).out).toMatch(/[1-9] runs? sampled out/);
    }, patience);
    const { recordings } = await json('recordings', name);
    expect(recordings).not.toContainEqual(expect.objectContaining({ workflowId: good }));
    expect((await set('--sample', '10000', '--no-all-failures')).out).toContain('every run is recorded');
  });

  it.each<[string[], RegExp]>([
    [['set', name, '--keep', '90d'], /required option '--reason/],
    [['set', name, '--sample', '10001', '--reason', 'x'], /parts per 10,000/],
    [['set', name, '--keep', 'long', '--reason', 'x'], /long/],
    [['hold', 'nobody', '--reason', 'x'], /RECORDING_UNKNOWN/],
  ])('%j is refused', async (argv, error) => {
    expect(await mission('retention', ...argv)).toMatchObject({ code: 2, err: expect.stringMatching(error) });
  });
});
