/** What a program does with missions, on a real server: start once, follow, ask, decide, cancel, list. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { afterAll, beforeAll, describe, expect, expectTypeOf, inject, it, vi } from 'vitest';
import * as z from 'zod';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import {
  type CancelOptions,
  createMissionClient,
  type MissionClient,
  openRegistry,
  parseVersionRef,
  type Registry,
  type RouterEvent,
} from '../../src/index.ts';
import { defineMission } from '../../src/mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishClaims } from './mission.ts';

const name = `claims-${process.pid}`;
/** The same contract as the published mission, for types. */
const claims = defineMission({
  name,
  input: z.object({ claim: z.string(), asks: z.array(z.string()).optional(), waits: z.boolean().optional() }),
  output: z.object({ tone: z.string(), answers: z.array(z.string()) }),
  decisions: { pay: { question: 'Pay this claim?', options: ['pay', 'reject'] } },
});

let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let client: MissionClient;
const events: RouterEvent[] = [];
const patience = { timeout: 90_000, interval: 200 };
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-client-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishClaims(registry, name, 'calm');
  fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000 });
  await fleet.ready();
  client = await createMissionClient({
    registry,
    temporal: { address: inject('temporalAddress'), env: {} },
    onEvent: (event) => events.push(event),
  });
});

afterAll(async () => {
  await client.close();
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

describe('a mission client', () => {
  it('starts a run on the active version and gives its typed result', async () => {
    const mission = client.mission(claims);
    const run = await mission.start({ claim: 'c-1' });
    expect(run).toMatchObject({ version: `${name}@1`, started: true, reason: expect.stringContaining('weight') });
    const result = await run.result();
    expectTypeOf(result).toEqualTypeOf<{ tone: string; answers: string[] }>();
    expectTypeOf(mission.start).parameter(0).toExtend<{ claim: string }>();
    expectTypeOf(client.mission<typeof claims>(name).start).toEqualTypeOf(mission.start);
    expectTypeOf(run.decide).parameter(0).toHaveProperty('option').toEqualTypeOf<'pay' | 'reject'>();
    expect(result).toEqual({ tone: 'calm', answers: [] });
  });

  it('starts a workflow id once: again, it hands out the run that is there', async () => {
    const mission = client.mission(claims);
    const workflowId = `${name}-once-${randomUUID()}`;
    const [first, second] = [
      await mission.start({ claim: 'c-2', waits: true }, { workflowId }),
      await mission.start({ claim: 'c-2', waits: true }, { workflowId }),
    ];
    expect([first.started, second.started]).toEqual([true, false]);
    expect(second.runId).toBe(first.runId);
    await second.signal('note', 'go');
    expect(await first.result()).toEqual(await second.result());
  });

  it('signals, queries and updates; what the run refuses is RUN_REFUSED with its reason', async () => {
    const { workflowId } = await client.mission(claims).start({ claim: 'c-3', waits: true });
    const run = client.mission(claims).run(workflowId);
    expect(await run.update<number>('add', 'one')).toBe(1);
    expect(await run.query<string[]>('notes')).toEqual(['one']);
    await expect(run.update('add', '')).rejects.toMatchObject({
      code: 'RUN_REFUSED',
      message: expect.stringContaining('An empty note says nothing.'),
    });
    await expect(run.query('nothing')).rejects.toMatchObject({ code: 'RUN_REFUSED' });
    await run.signal('note', 'go');
    await run.result();
    await expect(run.signal('note', 'late')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });

  it('takes the definitions of Temporal for signals, queries and updates, with their types', async () => {
    const { workflowId } = await client.mission(claims).start({ claim: 'c-10', waits: true });
    const run = client.mission(claims).run(workflowId);
    const [note, notes] = [defineSignal<[string]>('note'), defineQuery<string[]>('notes')];
    const add = defineUpdate<number, [string]>('add');
    const added = await run.update(add, 'one');
    expectTypeOf(added).toEqualTypeOf<number>();
    expect(added).toBe(1);
    const told = await run.query(notes);
    expectTypeOf(told).toEqualTypeOf<string[]>();
    expect(told).toEqual(['one']);
    await expect(run.update(add, '')).rejects.toMatchObject({
      code: 'RUN_REFUSED',
      message: expect.stringContaining('the update "add"'),
    });
    await expect(run.query(defineQuery<string>('nothing'))).rejects.toMatchObject({ code: 'RUN_REFUSED' });
    const wrongly = () => [
      // @ts-expect-error: a note is a text
      run.signal(note, 5),
      // @ts-expect-error: something has to be added
      run.update(add),
      // @ts-expect-error: a query is not signalled
      run.signal(notes),
      // @ts-expect-error: this query takes nothing
      run.query(notes, 'all'),
    ];
    expectTypeOf(wrongly).returns.toExtend<readonly Promise<unknown>[]>();
    await run.signal(note, 'go');
    expect(await run.result()).toMatchObject({ tone: 'calm' });
  });

  it('decides what a run holds for a person, once', async () => {
    const run = await client.mission(claims).start({ claim: 'c-4', asks: ['first', 'second'] });
    await vi.waitFor(async () => expect(await run.decisions()).toHaveLength(2), patience);
    await expect(run.decide({ option: 'pay', by: 'grace' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(run.decide({ step: 'third', option: 'pay', by: 'grace' })).rejects.toMatchObject({
      code: 'RUN_REFUSED',
    });
    const wrong = run.decide({ step: 'first', option: 'perhaps' as 'pay', by: 'grace' });
    await expect(wrong).rejects.toMatchObject({ code: 'RUN_REFUSED', message: expect.stringContaining('pay, reject') });

    const both = await Promise.allSettled([
      run.decide({ step: 'first', option: 'pay', by: 'grace' }),
      run.decide({ step: 'first', option: 'reject', by: 'alan' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'RUN_REFUSED' } });
    const decided = await run.decide({ option: 'reject', by: 'alan', comment: 'paid before' });
    expect(decided).toMatchObject({ step: 'second', question: 'Pay this claim?' });
    const { answers } = await run.result();
    expect(answers[0]).toMatch(/^first (pay grace|reject alan)$/);
    expect(answers[1]).toBe('second reject alan paid before');
    expect(await run.decisions()).toEqual([]);
  });

  it('tells how a run ended that has no result', async () => {
    const failed = await client.mission(claims).start({ claim: 'bad' });
    await expect(failed.result()).rejects.toMatchObject({
      code: 'RUN_FAILED',
      details: { status: 'failed' },
      message: expect.stringContaining('No such claim.'),
    });
    const cancelled = await client.mission(claims).start({ claim: 'c-5', waits: true });
    await cancelled.cancel();
    await expect(cancelled.result()).rejects.toMatchObject({ code: 'RUN_FAILED', details: { status: 'cancelled' } });
    await expect(client.mission(claims).run('nobody').result()).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  });

  it('refuses an input that does not fit, before anything is started', async () => {
    const wrong = { claim: 4 } as unknown as { claim: string };
    await expect(client.mission(claims).start(wrong)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('lists runs, and follows an activation at once', async () => {
    await vi.waitFor(
      async () => expect((await client.mission(claims).list({ state: 'ended' })).length).toBeGreaterThan(4),
      patience,
    );
    const number = await publishClaims(registry, name, 'brisk');
    await fleet.refresh();
    await fleet.ready();
    await vi.waitFor(() => expect(client.router.missions()).toMatchObject([{ revision: number }]), patience);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'changed', mission: name, revision: number }));
    const run = await client.mission(claims).start({ claim: 'c-6' });
    expect(run.version).toBe(`${name}@${number}`);
    expect(await run.result()).toMatchObject({ tone: 'brisk' });
  });

  it('is routed by attributes of the caller', async () => {
    const [current] = await registry.routes.history(name);
    const by = { by: 'ada', reason: 'test', activation: { report: null, forced: true } };
    const weights = current?.weights ?? [];
    const rules = [{ name: 'europe', when: [{ pointer: 'caller:/region', oneOf: ['eu'] }], version: 1 }];
    const { revision } = await registry.routes.set(current?.revision ?? 0, { mission: name, weights, rules, ...by });
    await vi.waitFor(() => expect(client.router.missions()).toMatchObject([{ revision }]), patience);
    const start = (attributes: { readonly region: string }) =>
      client.mission(claims).start({ claim: 'c-9' }, { attributes });
    expect(await start({ region: 'eu' })).toMatchObject({ version: `${name}@1`, reason: 'rule "europe"' });
    expect(await start({ region: 'us' })).toMatchObject({ reason: expect.stringContaining('weight') });
    const nested = { region: { is: 'eu' } } as unknown as { readonly region: string };
    await expect(start(nested)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await registry.routes.set(revision, { mission: name, weights, ...by });
    await vi.waitFor(() => expect(client.router.missions()).toMatchObject([{ revision: revision + 1 }]), patience);
  });

  it('moves open runs to another version and stops runs, on the record, once', async () => {
    const mission = client.mission(claims);
    const start = () => mission.start({ claim: 'c-7', waits: true });
    const runs = [await start(), await start()];
    const workflowIds = runs.map(({ workflowId }) => workflowId);
    const from = parseVersionRef(runs[0]?.version ?? '').number;
    const to = await publishClaims(registry, name, 'curt');
    await fleet.refresh();
    await fleet.ready();
    const open = async (number: number) => {
      const listed = await mission.list({ version: { mission: name, number }, state: 'open' });
      return listed.map(({ workflowId }) => workflowId).filter((workflowId) => workflowIds.includes(workflowId));
    };
    await vi.waitFor(async () => expect(await open(from)).toHaveLength(2), patience);
    const move = async (reason = 'too brisk') => {
      const moves = [];
      for await (const one of mission.move({ from, to, workflowIds, by: 'grace', reason })) moves.push(one.status);
      return moves;
    };
    await expect(move('')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await move()).toEqual(['moved', 'moved']);
    await vi.waitFor(async () => expect(await open(to)).toHaveLength(2), patience);
    expect(await move()).toEqual([]);

    const stop = (options: Partial<CancelOptions> = {}) =>
      mission.cancel({ workflowIds, by: 'grace', reason: 'withdrawn', ...options });
    await expect(stop({ reason: ' ' })).rejects.toMatchObject({ code: 'USAGE' });
    const others = client.mission('other').cancel({ workflowIds, by: 'grace', reason: 'withdrawn' });
    await expect(others).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
    expect((await stop()).map(({ status }) => status)).toEqual(['asked', 'asked']);
    for (const run of runs) await expect(run.result()).rejects.toMatchObject({ details: { status: 'cancelled' } });
    expect(await stop()).toEqual([]);
    const recorded = await registry.interventions.list({ workflowIds });
    expect(recorded.map(({ kind }) => kind).sort()).toEqual(['cancel', 'cancel', 'move', 'move']);
    expect(new Set(recorded.map(({ by }) => by))).toEqual(new Set(['grace']));

    const last = await start();
    await vi.waitFor(async () => {
      const [stopped] = await mission.cancel({ version: to, terminate: true, by: 'grace', reason: 'all of it' });
      expect(stopped).toMatchObject({ workflowId: last.workflowId, status: 'terminated', version: `${name}@${to}` });
    }, patience);
    await expect(last.result()).rejects.toMatchObject({ details: { status: 'terminated' } });
  });

  it('schedules runs on the version that is active by then, and only its own', async () => {
    const mission = client.mission(claims);
    const id = `${name}-sweep-${randomUUID()}`;
    const sweep = mission.schedule(id);
    expectTypeOf(sweep.create).parameter(0).toHaveProperty('input').toExtend<{ claim: string }>();
    await expect(sweep.show()).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' });
    const times = { cron: ['0 2 1 1 *'], by: 'ada', note: 'new year' };
    const wrong = { claim: 4 } as unknown as { claim: string };
    await vi.waitFor(
      () => expect(sweep.create({ ...times, input: wrong })).rejects.toMatchObject({ code: 'INPUT_INVALID' }),
      patience,
    );
    await vi.waitFor(() => sweep.create({ ...times, input: { claim: 'c-8' } }), patience);
    await expect(sweep.create({ ...times, input: { claim: 'c-8' } })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await sweep.show()).toMatchObject({ id, mission: name, paused: false, by: 'ada', note: 'new year' });
    await vi.waitFor(
      async () => expect((await mission.schedules()).map((schedule) => schedule.id)).toContain(id),
      patience,
    );
    const active = (await registry.versions.list(name)).length;
    await sweep.trigger({ by: 'ada' });
    await vi.waitFor(async () => {
      const runs = await mission.list({ version: { mission: name, number: active } });
      expect(runs.filter(({ workflowId }) => workflowId.startsWith(id))).toHaveLength(1);
    }, patience);

    const foreign = client.mission('other').schedule(id);
    await expect(foreign.delete({ by: 'ada' })).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' });
    await sweep.pause({ by: 'grace', reason: 'a holiday' });
    expect(await sweep.show()).toMatchObject({ paused: true, note: 'paused by grace: a holiday' });
    await sweep.unpause({ by: 'grace' });
    expect(await sweep.show()).toMatchObject({ paused: false });
    await sweep.delete({ by: 'ada' });
    await expect(sweep.show()).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' });
  });
});
