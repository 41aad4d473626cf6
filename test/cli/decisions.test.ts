/** Questions for people on the command line, from a run on a real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { questionsOf } from '../../src/decisions/open-decisions.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishClaims } from '../client/mission.ts';
import { type Ran, run } from './run.ts';

const name = `queue-${process.pid}`;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-decisions-'));
  registry = await openRegistry({ directory, actor: 'ada' });
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
  return run(argv, { cwd: directory, shared: registry, env });
}

const start = (workflowId: string, asks: string[]) =>
  startMission({ registry, client: temporal.client, mission: name, input: { claim: 'c-1', asks }, workflowId });

describe('what a run holds for a person', () => {
  it('is listed with its evidence and the command that answers it, decided once, and gone', async () => {
    const workflowId = `${name}-1`;
    await start(workflowId, ['pay-it']);
    const listed = await vi.waitFor(
      async () => {
        const answer = await mission('decisions', name);
        expect(answer.out).toContain('Pay this claim?');
        return answer.out;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(listed).toContain(`mission decide ${workflowId} pay-it --option pay | --option reject`);
    expect(listed).toContain('c-1');
    expect(listed).toContain(`${name}@1`);

    expect(await mission('decide', workflowId, '--option', 'maybe')).toMatchObject({
      code: 2,
      err: expect.stringContaining('RUN_REFUSED'),
    });
    const decided = await mission('decide', workflowId, '--option', 'pay', '--comment', 'checked', '--json');
    expect(JSON.parse(decided.out)).toMatchObject({ step: 'pay-it', option: 'pay', by: 'grace', comment: 'checked' });
    expect(await temporal.client.workflow.result(workflowId)).toMatchObject({ answers: ['pay-it pay grace checked'] });
    expect((await mission('decide', workflowId, '--option', 'pay')).code).toBe(2);
    await vi.waitFor(async () => expect((await mission('decisions', name)).out).toContain('Nothing waits'), {
      timeout: 60_000,
      interval: 200,
    });
  });

  it('has to be named when several are open', async () => {
    const workflowId = `${name}-2`;
    await start(workflowId, ['first', 'second']);
    await vi.waitFor(async () => expect((await mission('decisions', name, '--json')).out).toContain('second'), {
      timeout: 60_000,
      interval: 200,
    });
    expect(await mission('decide', workflowId, '--option', 'pay')).toMatchObject({
      code: 2,
      err: expect.stringContaining('first, second'),
    });
    expect((await mission('decide', workflowId, 'second', '--option', 'pay', '--by', 'alan')).code).toBe(0);
    expect((await mission('decide', workflowId, '--option', 'reject')).code).toBe(0);
    const { answers } = await temporal.client.workflow.result(workflowId);
    expect(answers).toEqual(['first reject grace', 'second pay alan']);
  });

  it('is listed up to a limit, of which those who have waited longest are the first', async () => {
    for (const asks of ['first', 'second', 'third']) await start(`${name}-limit-${asks}`, [asks]);
    await vi.waitFor(async () => expect(JSON.parse((await mission('decisions', name, '--json')).out)).toHaveLength(3), {
      timeout: 60_000,
      interval: 200,
    });
    const { out } = await mission('decisions', name, '--limit', '2');
    expect(out.match(/limit-\w+/gu)).toEqual(['limit-first', 'limit-second']);
    expect(out).toContain('The oldest 2; --limit shows more.');
    for (const asks of ['first', 'second', 'third'])
      expect(await mission('decide', `${name}-limit-${asks}`, '--option', 'pay')).toMatchObject({ code: 0 });
  });

  it('is nothing for a run that is not there', async () => {
    expect(await mission('decide', 'nobody', '--option', 'pay')).toMatchObject({
      code: 2,
      err: expect.stringContaining('RUN_UNKNOWN'),
    });
  });

  it('is read from memos leniently: what has another form is no question', () => {
    const question = { step: 'a', name: 'pay', question: 'Pay?', options: ['yes'], evidence: {} };
    const memo = {
      'mission.decision.a': question,
      'mission.decision.b': null,
      'mission.decision.c': 'x',
      other: question,
    };
    const found = questionsOf({
      workflowId: 'w',
      runId: 'r',
      type: 'ask',
      taskQueue: 'mission/m',
      startTime: new Date(0),
      memo,
    });
    expect(found).toEqual([
      { ...question, workflowId: 'w', runId: 'r', mission: 'm', runStartedAt: '1970-01-01T00:00:00.000Z' },
    ]);
  });
});
