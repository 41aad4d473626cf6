/** What a program does with missions, on a real server: start once, follow, ask, decide, cancel, list. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, inject, it, vi } from 'vitest';
import * as z from 'zod';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import {
  createMissionClient,
  type MissionClient,
  openRegistry,
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
    const workflowId = `${name}-once`;
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

  it('decides what a run holds for a person, once', async () => {
    const run = await client.mission(claims).start({ claim: 'c-4', asks: ['first', 'second'] });
    await vi.waitFor(async () => expect(await run.decisions()).toHaveLength(2), { timeout: 10_000 });
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
      { timeout: 10_000 },
    );
    const number = await publishClaims(registry, name, 'brisk');
    await fleet.refresh();
    await fleet.ready();
    await vi.waitFor(() => expect(client.router.missions()).toMatchObject([{ revision: 2 }]), { timeout: 5_000 });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'changed', mission: name, revision: 2 }));
    const run = await client.mission(claims).start({ claim: 'c-6' });
    expect(run.version).toBe(`${name}@${number}`);
    expect(await run.result()).toMatchObject({ tone: 'brisk' });
  });
});
