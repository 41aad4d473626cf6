/** Open runs and schedules on the command line, on a real server. Each test has runs of its own, so that it can be tried again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import type { Interventions } from '../../src/registry/interventions.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { verifyExplanation } from '../../src/release/verify-explanation.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishFlight } from '../release/flight-mission.ts';
import { type Ran, type RunOptions, run } from './run.ts';

const name = `inflight-${process.pid}`;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-in-flight-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, name, { tone: 'calm' });
  fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready();
}, 240_000);

afterAll(async () => {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

function mission(...argv: string[]): Promise<Ran> {
  return missionWith({ shared: registry }, argv);
}

function missionWith(options: RunOptions, argv: readonly string[]): Promise<Ran> {
  const env = { MISSION_ACTOR: 'grace', TEMPORAL_ADDRESS: inject('temporalAddress') };
  return run(argv, { cwd: directory, env, columns: 140, ...options });
}

/** The registry, where something happens before interventions are read or one is stored. */
function registryThat(before: { readonly list?: () => void; readonly put?: () => void }): Registry {
  const wrapped = (ledger: Interventions): Interventions => ({
    list: async (filter) => {
      before.list?.();
      return ledger.list(filter);
    },
    put: async (intervention) => {
      before.put?.();
      return ledger.put(intervention);
    },
    holding: (one, work) => ledger.holding(one, (inner) => work(wrapped(inner))),
  });
  return { ...registry, interventions: wrapped(registry.interventions) };
}

const json = async (...argv: string[]) => JSON.parse((await mission(...argv, '--json')).out) as unknown;
const tell = (workflowId: string, word: string) => temporal.client.workflow.getHandle(workflowId).signal('tell', word);
const patience = { timeout: 90_000, interval: 200 };

/** The number of the version with all traffic. */
let latest = 1;
let names = 0;
const fresh = (word: string) => `${name}-${word}-${++names}`;

async function start(word: string, signal?: string): Promise<string> {
  const workflowId = fresh(word);
  await startMission({ registry, client: temporal.client, mission: name, input: { id: workflowId }, workflowId });
  if (signal !== undefined) await tell(workflowId, signal);
  return workflowId;
}

async function publish(behaviour: Parameters<typeof publishFlight>[2]): Promise<number> {
  latest = await publishFlight(registry, name, behaviour);
  await fleet.refresh();
  await fleet.ready();
  return latest;
}

/** Which of these runs are open on a version. The server's list is behind. */
async function openOn(number: number, workflowIds: readonly string[]): Promise<string[]> {
  const runs = await json('runs', name, '--version', `@${number}`, '--open', '--fast', '--limit', '500');
  const listed = (runs as { workflowId: string }[]).map(({ workflowId }) => workflowId);
  return listed.filter((workflowId) => workflowIds.includes(workflowId)).sort();
}

const listed = (number: number, workflowIds: readonly string[]) =>
  vi.waitFor(async () => expect(await openOn(number, workflowIds)).toEqual([...workflowIds].sort()), patience);

describe('runs in flight', () => {
  it('are listed with where they stand: the step, since when, its attempts and its last failure', async () => {
    const stuck = await start('stuck', 'fail');
    const asks = await start('asks', 'ask');
    await vi.waitFor(async () => {
      const runs = await json('runs', name, '--version', `${name}@${latest}`, '--open');
      const look = { step: 'look#2', kind: 'tool', lastFailure: 'There is nothing to see.' };
      expect(runs).toContainEqual(
        expect.objectContaining({
          workflowId: stuck,
          stepsDone: 2,
          waitsFor: [expect.objectContaining({ ...look, attempts: expect.any(Number) })],
        }),
      );
      const question = expect.objectContaining({ step: 'land#1', kind: 'decision' });
      expect(runs).toContainEqual(expect.objectContaining({ workflowId: asks, waitsFor: [question] }));
    }, patience);
    const { out } = await mission('runs', name, '--open');
    expect(out).toMatch(/2 steps done; at look#2 \(tool\) for .*, last failure: There is nothing to see\./);
    expect(out).toMatch(/at land#1 \(decision\) for/);
  }, 240_000);

  it('are moved where they fit, and the others are listed with the reason', async () => {
    const first = latest;
    const runs = [await start('moved', 'ask'), await start('moved')];
    const [asks = ''] = runs;
    const second = await publish({ tone: 'brisk', later: 'gossip' });
    await listed(first, runs);
    const move = (from: number, to: number, ...flags: string[]) =>
      mission('move', name, '--from', `@${from}`, '--to', `@${to}`, '--run', runs.join(), ...flags);
    expect(await move(first, second)).toMatchObject({ code: 2, err: expect.stringMatching(/reason/) });
    const unforced = await mission('move', '--from', `${name}@${first}`, '--to', `@${second}`, '--no-verify');
    expect(unforced).toMatchObject({ code: 2, err: expect.stringContaining('--force') });
    const dry = await move(first, second, '--dry-run', '--verify');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('Nothing was moved') });
    expect(await openOn(first, runs)).toHaveLength(2);
    const moved = await move(first, second, '--reason', 'too calm');
    const words = `2 runs moved from ${name}@${first} to @${second}`;
    expect(moved).toMatchObject({ code: 0, out: expect.stringContaining(words) });
    await vi.waitFor(async () => {
      const { out } = await mission('runs', name, '--version', `${name}@${second}`, '--open', '--fast');
      expect(out).toContain(`${name}@${second} (began on @${first})`);
    }, patience);
    expect((await move(first, second, '--reason', 'again')).out).toContain('No open runs');
    expect((await mission('log', name)).out).toContain(`2 runs moved from @${first} to @${second}`);

    const third = await publish({ tone: 'odd', first: 'little' });
    const kept = await move(second, third, '--reason', 'test');
    expect(kept).toMatchObject({ code: 1, out: expect.stringContaining('2 runs cannot') });
    expect(kept.out).toContain('look#1 asks something else');
    const { out: explained } = await mission('explain', asks);
    expect(explained).toContain(`began on ${name}@${first}`);
    expect(explained).toContain('too calm');
    const forced = await move(second, third, '--no-verify', '--force', '--reason', 'emergency');
    expect(forced).toMatchObject({ code: 0, out: expect.stringContaining('unchecked') });
    expect((await mission('explain', asks)).out).toContain('without a check): emergency');
  }, 240_000);

  it('are stopped by name or by version, on the record; many only when confirmed', async () => {
    const version = await publish({ tone: 'odd' });
    const [asked, ...others] = [await start('stopped'), await start('stopped'), await start('stopped')];
    await listed(version, [asked, ...others]);
    const cancelled = await mission('stop', asked, '--reason', 'asked twice');
    expect(cancelled).toMatchObject({ code: 0, out: expect.stringContaining('1 run asked to end') });
    await listed(version, others);
    const all = ['stop', '--version', `${name}@${version}`, '--reason', 'wrong'];
    await vi.waitFor(async () => {
      expect((await mission(...all, '--dry-run')).out).toContain('2 runs would be stopped');
    }, patience);
    expect(await mission(...all)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect((await mission(...all, '--terminate', '--yes')).out).toContain('2 runs terminated');
    await vi.waitFor(async () => expect((await mission(...all, '--yes')).out).toContain('nothing was done'), patience);
    const recorded = await registry.interventions.list({ workflowIds: [asked, ...others] });
    expect(recorded.map(({ kind }) => kind)).toEqual(['cancel', 'terminate', 'terminate']);
    expect(await registry.audit.list({ action: 'run.cancel' })).toContainEqual(
      expect.objectContaining({
        details: expect.objectContaining({ by: 'grace', reason: 'asked twice', from: version }),
      }),
    );
    expect((await mission('log', name)).out).toContain('asked twice');
    expect(await mission('stop', '--reason', 'x')).toMatchObject({ code: 2 });
    const unknown = await mission('stop', 'nobody', '--reason', 'x');
    expect(unknown).toMatchObject({ code: 2, err: expect.stringMatching(/RUN_UNKNOWN/) });
  }, 240_000);

  it('are moved once, however often the command is broken off and given again', async () => {
    const from = latest;
    const runs: string[] = [];
    for (let index = 0; index < 5; index += 1) runs.push(await start('once'));
    const to = await publish({ tone: 'late' });
    await listed(from, runs);
    const target = ['--from', `@${from}`, '--to', `@${to}`];
    const move = ['move', name, ...target, '--reason', 'half way', '--run', runs.join()];

    const interrupt = new AbortController();
    const interrupting = registryThat({ list: () => interrupt.abort(new Error('interrupted')) });
    const interrupted = await missionWith({ shared: interrupting, signal: interrupt.signal }, move);
    expect(interrupted.code).toBe(130);

    // After the first record it fails between the pin of a run and its record: runs are on the target, and nothing tells of it.
    let stored = 0;
    const put = () => {
      if (stored++ > 0) throw new Error('The disk is full.');
    };
    const failed = await missionWith({ shared: registryThat({ put }) }, move);
    expect(failed).toMatchObject({ code: 4, err: expect.stringContaining('The disk is full.') });
    expect(await registry.interventions.list({ workflowIds: runs })).toHaveLength(1);
    await vi.waitFor(async () => expect((await openOn(to, runs)).length).toBeGreaterThan(1), patience);

    const finished = await mission(...move);
    expect(finished.code).toBe(0);
    await listed(to, runs);
    expect((await mission(...move)).out).toContain('No open runs');
    const recorded = await registry.interventions.list({ workflowIds: runs });
    expect(recorded.map(({ workflowId }) => workflowId).sort()).toEqual([...runs].sort());
    expect(recorded.map(({ ground }) => ground)).toContain('found');
    for (const one of recorded) expect(one).toMatchObject({ kind: 'move', from, to, reason: 'half way' });
  }, 240_000);

  it('are asked to end again when the request was recorded and never sent', async () => {
    const workflowId = await start('unsent');
    const handle = temporal.client.workflow.getHandle(workflowId);
    const { runId } = await handle.describe();
    const run = { mission: name, workflowId, runId, from: latest, to: null, ground: null };
    await registry.interventions.put({ ...run, kind: 'cancel', action: fresh('crashed'), by: 'ada', reason: 'lost' });
    const cancel = () => mission('stop', workflowId, '--reason', 'once more');
    expect((await cancel()).out).toContain('1 run asked to end');
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect((await cancel()).out).toContain('nothing was done');
  }, 240_000);
});

describe('versions of runs in flight', () => {
  it('are hosted, shown by mission workers, held and woken; with open runs they are not retired', async () => {
    const version = `${name}@${latest}`;
    await start('kept');
    await mission('release-hold', version, '--reason', 'of an earlier try');
    await vi.waitFor(async () => {
      const { out } = await mission('workers', name);
      expect(out).toMatch(new RegExp(`process ${process.pid}, for .* workers?\\n`));
      expect(out).toMatch(new RegExp(`${version} +ready +for `));
    }, patience);
    expect(await json('workers', name)).toMatchObject({ processes: [{ pid: process.pid }], unready: [] });

    const held = await mission('hold', version, '--reason', 'an audit');
    expect(held).toMatchObject({ code: 0, out: expect.stringContaining('until the hold is released') });
    const twice = await mission('hold', version, '--reason', 'an audit');
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('held already, by grace') });
    expect((await mission('wake', version, '--for', '2h')).out).toMatch(/asked to host .* until .* UTC/);
    await vi.waitFor(async () => {
      const { err } = await mission('retire', version, '--reason', 'old');
      expect(err.replaceAll(/\s+/g, ' ')).toMatch(/has traffic; runs of it are open; .* is held by grace: an audit/);
    }, patience);
    expect((await mission('release-hold', version, '--reason', 'over')).out).toContain('is held no longer');
    const again = await mission('release-hold', version, '--reason', 'over');
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('is not held') });
  }, 240_000);
});

/** What nobody's start says of a run that the server started; and no report was there. */
const UNSTAMPED = ['report', 'run', 'stamp'];

describe('schedules', () => {
  const input = JSON.stringify({ id: 'scheduled' });
  const startedBy = async (id: string) => {
    const runs = (await json('runs', name, '--open', '--fast')) as { workflowId: string; version: string }[];
    return runs.filter(({ workflowId }) => workflowId.startsWith(`${id}-`)).map(({ version }) => version);
  };
  const create = (id: string, ...flags: string[]) => mission('schedule', 'create', name, id, ...flags);
  const yearly = ['--cron', '0 2 1 1 *', '--input', input];

  /** The server starts runs on the version that the fleet has told it by then. */
  const created = async (id: string, ...flags: string[]) =>
    vi.waitFor(async () => {
      const made = await create(id, ...yearly, ...flags);
      expect(made).toMatchObject({ code: 0, out: expect.stringContaining('next run') });
    }, patience);

  it('start runs on the version that is active by then; they are listed and recorded like others', async () => {
    const id = fresh('nightly');
    const first = latest;
    await created(id, '--overlap', 'allow-all');
    const again = await create(id, '--every', '1h', '--input', input);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('already') });
    await mission('schedule', 'trigger', id);
    await vi.waitFor(async () => expect(await startedBy(id)).toEqual([`${name}@${first}`]), patience);

    const second = await publish({ tone: 'calm', later: 'rumours' });
    const shown = await vi.waitFor(async () => {
      const details = (await json('schedule', 'show', id)) as { problem?: string; recent: { workflowId: string }[] };
      expect(details).toMatchObject({ version: `${name}@${second}`, input: { id: 'scheduled' }, by: 'grace' });
      expect(details.problem).toBeUndefined();
      return details;
    }, patience);
    expect((await mission('schedule', 'show', id)).out).toMatch(
      new RegExp(`${id} +next run .* UTC, on ${name}@${second} as things are\\n +by grace\\n +input .*\\n.* ${id}-`),
    );
    await mission('schedule', 'trigger', id);
    const both = [`${name}@${first}`, `${name}@${second}`];
    await vi.waitFor(async () => expect((await startedBy(id)).sort()).toEqual(both.sort()), patience);

    const [{ workflowId } = { workflowId: '' }] = shown.recent;
    await tell(workflowId, 'end');
    expect(await temporal.client.workflow.getHandle(workflowId).result()).toMatchObject({ seen: ['all'] });
    const options = { client: temporal.client, registry, redactionKey: new Uint8Array(32) };
    for await (const one of collectRecordings({ ...options, runs: [{ workflowId }] })) {
      expect(one).toMatchObject({ status: 'stored', recording: { mission: name, version: first, redacted: true } });
    }
    expect((await mission('explain', workflowId)).out).toContain('Temporal server');
    const { intact, checks } = verifyExplanation(await json('explain', workflowId));
    expect(checks.filter(({ state }) => state !== 'consistent').map(({ part }) => part)).toEqual(UNSTAMPED);
    expect(intact).toBe(true);
  }, 240_000);

  it('are listed, paused with the reason, unpaused and deleted', async () => {
    const id = fresh('paused');
    await created(id);
    await vi.waitFor(async () => expect((await mission('schedule', 'list', name)).out).toContain(id), patience);
    await mission('schedule', 'pause', id, '--reason', 'a holiday');
    expect(await json('schedule', 'show', id)).toMatchObject({ paused: true, note: 'paused by grace: a holiday' });
    await mission('schedule', 'unpause', id);
    expect(await json('schedule', 'show', id)).toMatchObject({ paused: false });
    expect((await mission('schedule', 'delete', id)).code).toBe(0);
    const gone = await mission('schedule', 'show', id);
    expect(gone).toMatchObject({ code: 2, err: expect.stringMatching(/SCHEDULE_UNKNOWN/) });
  }, 240_000);

  it('have all that people do to them on the record, and what failed as failed', async () => {
    const id = fresh('recorded');
    await created(id);
    await create(id, ...yearly);
    await mission('schedule', 'pause', id, '--reason', 'a holiday');
    await mission('schedule', 'unpause', id);
    await mission('schedule', 'trigger', id);
    await mission('schedule', 'delete', id, '--reason', 'not wanted');
    await mission('schedule', 'delete', id);

    const entries = (await json('log', name)) as { text: string; kind: string; by: string; reason?: string }[];
    const own = entries.filter(({ text }) => text.startsWith(`schedule ${id}`));
    expect(own.map(({ kind, by, text, reason }) => [kind, by, text.slice(`schedule ${id}`.length), reason])).toEqual([
      ['schedule', 'grace', ' created: 0 2 1 1 *', undefined],
      ['schedule', 'grace', ', to create it failed', expect.stringContaining('already')],
      ['schedule', 'grace', ' paused', 'a holiday'],
      ['schedule', 'grace', ' unpaused', undefined],
      ['schedule', 'grace', ' told to start a run', undefined],
      ['schedule', 'grace', ' deleted', 'not wanted'],
    ]);
    const said = (await mission('log', name)).out;
    expect(said).toMatch(new RegExp(`◷ schedule ${id} paused +grace #\\d+\\n +a holiday`));
    const trail = await registry.audit.list({ subject: id });
    expect(trail.map(({ action, details }) => `${action} by ${(details as { by: string }).by}`)).toEqual([
      'schedule.create by grace',
      'schedule.create by grace',
      'schedule.create by grace',
      'schedule.pause by grace',
      'schedule.unpause by grace',
      'schedule.trigger by grace',
      'schedule.delete by grace',
    ]);
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
  }, 240_000);

  it.each([
    ['an input that does not fit', ['--every', '1h', '--input', '{"id":4}'], /INPUT_INVALID/],
    ['no times', ['--input', input], /--cron/],
    ['a cron expression that is none', ['--cron', 'never', '--input', input], /five fields/],
    ['a time zone that is none', ['--cron', '0 2 * * *', '--timezone', 'Mars/Base', '--input', input], /Mars\/Base/],
  ])('are refused with %s', async (_, flags, error) => {
    await vi.waitFor(async () => {
      expect(await create(fresh('refused'), ...flags)).toMatchObject({ code: 2, err: expect.stringMatching(error) });
    }, patience);
  });

  it('are refused for a mission that is not there', async () => {
    const unknown = await mission('schedule', 'create', 'nothing', 'other', '--every', '1h', '--input', '{}');
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('MISSION_UNKNOWN') });
  });
});
