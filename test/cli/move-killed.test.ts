/** `mission move` killed half-way, on PostgreSQL and a real server: given again, it moves the rest, and records each run once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { publishFlight } from '../release/flight-mission.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { run } from './run.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const name = `killed-${process.pid}`;
const patience = { timeout: 90_000, interval: 200 };
vi.setConfig({ testTimeout: 300_000, hookTimeout: 240_000 });
let postgres: TestPostgres;
let databaseUrl: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let child: ChildProcess | undefined;
let started = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, name, { tone: 'calm' });
  fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000, keepLast: 9 });
  await fleet.ready();
});

afterAll(async () => {
  child?.kill('SIGKILL');
  await fleet?.shutdown();
  await temporal?.close();
  await registry?.close();
  await postgres?.stop();
});

async function startRuns(count: number): Promise<string[]> {
  const workflowIds = Array.from({ length: count }, () => `${name}-${++started}`);
  for (const workflowId of workflowIds) {
    const input = { id: workflowId };
    await startMission({ registry, client: temporal.client, mission: name, input, workflowId });
  }
  return workflowIds;
}

/** Which of these runs were pinned to another version, by their histories. */
async function pinned(workflowIds: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const workflowId of workflowIds) {
    const { events = [] } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    if (events?.some((event) => event.workflowExecutionOptionsUpdatedEventAttributes)) found.push(workflowId);
  }
  return found;
}

/** Holds the lock that every record of an intervention needs, until it is let go. */
async function holdRecords(): Promise<() => Promise<void>> {
  const release = new AbortController();
  const taken = new AbortController();
  const held = registry.atomically(name, async ({ versions }) => {
    taken.abort();
    // A transaction that does nothing would be ended by the server.
    while (!release.signal.aborted) {
      await versions.list(name);
      await delay(200);
    }
  });
  if (!taken.signal.aborted) await Promise.race([once(taken.signal, 'abort'), held]);
  return async () => {
    release.abort();
    await held;
  };
}

describe('a move that is killed', () => {
  it('between pinning runs and recording them is finished by the same command', async () => {
    const from = (await registry.versions.list(name)).length;
    const runs = await startRuns(20);
    const to = await publishFlight(registry, name, { tone: 'brisk', later: 'gossip' });
    await fleet.refresh();
    await fleet.ready();
    const listed = async (number: number) => {
      const open = await listRuns({ temporal, registry, version: { mission: name, number }, state: 'open' });
      return open.map(({ workflowId }) => workflowId).filter((workflowId) => runs.includes(workflowId));
    };
    await vi.waitFor(async () => expect(await listed(from)).toHaveLength(runs.length), patience);

    const env = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: inject('temporalAddress'), MISSION_ACTOR: 'grace' };
    const target = ['--from', `${name}@${from}`, '--to', `@${to}`];
    const move = ['move', ...target, '--reason', 'killed', '--workers', '1', '--run', runs.join()];
    const letGo = await holdRecords();
    try {
      child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...move], { env: { ...process.env, ...env } });
      const ended = once(child, 'exit');
      await vi.waitFor(async () => expect(await pinned(runs)).not.toEqual([]), patience);
      child.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
    } finally {
      await letGo();
    }
    const before = await pinned(runs);
    expect(before.length).toBeLessThan(runs.length);
    expect(await registry.interventions.list({ workflowIds: runs })).toEqual([]);

    await vi.waitFor(async () => expect(await listed(to)).toEqual(expect.arrayContaining(before)), patience);
    const again = await run(move, { shared: registry, env });
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining(`${runs.length} runs moved`) });
    expect((await pinned(runs)).sort()).toEqual([...runs].sort());
    const recorded = await registry.interventions.list({ workflowIds: runs });
    expect(recorded.map(({ workflowId }) => workflowId).sort()).toEqual([...runs].sort());
    const found = recorded.filter(({ ground }) => ground === 'found').map(({ workflowId }) => workflowId);
    expect(found.sort()).toEqual(before.sort());
    const entries = await registry.audit.list({ action: 'run.move' });
    const own = entries.filter(({ subject }) => runs.includes(subject.split('/')[0] ?? ''));
    expect(own).toHaveLength(runs.length);
    await expect(registry.audit.verify()).resolves.toMatchObject({ intact: true });
  });
});
