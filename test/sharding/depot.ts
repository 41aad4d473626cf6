/** A place with recorded runs on PostgreSQL and a real server, and processes that take shards of replays of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { IntendedChange } from '../../src/compare/intended-change.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { startPostgres, withClient } from '../support/postgres.ts';
import { parcelMission } from './parcel-mission.ts';

export type Death = 'before-keeping' | 'after-keeping';

export interface Depot {
  readonly databaseUrl: string;
  readonly registry: Registry;
  readonly temporal: TemporalConnection;
  /** Starts a process that takes shards; resolves when it does. */
  startWorker(name: string, death?: Death): Promise<ChildProcess>;
  /** Stops all of them in order. */
  stopWorkers(): Promise<void>;
  /** Rows that replays in shards have left. */
  leftovers(): Promise<number>;
  close(): Promise<void>;
}

const PATIENCE = { timeout: 60_000, interval: 100 };

const light: IntendedChange = {
  name: 'light-only',
  reason: 'The cars are smaller.',
  owner: 'depot',
  when: [{ pointer: '/weight', oneOf: [8, 9, 10, 11] }],
  was: [],
  becomes: [{ pointer: '/taken', oneOf: [false] }],
  mayChange: [],
  writes: ['bookCar'],
};

/** Versions of the mission: 1 has `runs` recordings; 2 takes less, as declared; 3 is hostile to some parcels. */
export async function openDepot(mission: string, runs: number, temporalAddress: string): Promise<Depot> {
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const registry = await openRegistry({ databaseUrl, actor: 'ada' });
  const temporal = await connectTemporal({ address: temporalAddress, env: {} });
  await publish(registry, mission, { takes: 'weight <= 11' });
  await recordRuns({ registry, temporal, mission, runs });
  await publish(registry, mission, { takes: 'weight <= 7', intended: [light] });
  await publish(registry, mission, { takes: 'weight <= 10', first: HOSTILE });
  let workers: ChildProcess[] = [];
  return {
    databaseUrl,
    registry,
    temporal,
    startWorker: async (name, death) => {
      const child = spawnWorker([databaseUrl, temporalAddress, name, ...(death ? [death] : [])]);
      workers.push(child);
      await expect.poll(async () => (await namesOf(registry)).includes(name), PATIENCE).toBe(true);
      return child;
    },
    stopWorkers: async () => {
      for (const child of workers) await endProcess(child, 'SIGTERM');
      workers = [];
    },
    leftovers: () => countLeftovers(databaseUrl),
    close: async () => {
      await temporal.close();
      await registry.close();
      await postgres.stop();
    },
  };
}

const HOSTILE = `
        if (weight === 3) for (;;) { if (id === '') break; }
        if (weight === 5) throw 'not even an error';
        if (weight === 9) Object.prototype['taken' as never] = 'everywhere' as never;`;

interface Publication {
  readonly takes: string;
  readonly first?: string;
  readonly intended?: readonly IntendedChange[];
}

async function publish(registry: Registry, mission: string, { intended, ...code }: Publication): Promise<void> {
  const root = await copyProject(parcelMission({ mission, ...code }));
  await publishMission({ registry, root, mission, intended });
  await rm(root, { recursive: true });
}

interface Recording extends Pick<Depot, 'registry' | 'temporal'> {
  readonly mission: string;
  readonly runs: number;
}

async function recordRuns({ registry, temporal, mission, runs }: Recording): Promise<void> {
  const fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 200, drainMs: 1_000 });
  await activateVersion({ registry, ref: { mission, number: 1 }, by: 'ada', hosting: { waitMs: 60_000 } });
  const { client } = temporal;
  const ids = Array.from({ length: runs }, (_, weight) => `${mission}-${weight}`);
  for (const [weight, workflowId] of ids.entries()) {
    await startMission({ registry, client, mission, input: { id: `p-${weight}`, weight }, workflowId });
  }
  await Promise.all(ids.map((id) => client.workflow.result(id)));
  const redactionKey = new Uint8Array(32);
  const ended = ids.map((workflowId) => ({ workflowId }));
  for await (const { status } of collectRecordings({ client, registry, redactionKey, runs: ended }))
    expect(status).toBe('stored');
  await fleet.shutdown();
}

function spawnWorker(given: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL('shard-worker.ts', import.meta.url));
  const argv = ['--import', 'tsx', script, ...given];
  return spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function namesOf({ replayHosts }: Registry): Promise<readonly string[]> {
  return (await replayHosts.live()).map(({ identity }) => identity);
}

export async function endProcess(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

function countLeftovers(databaseUrl: string): Promise<number> {
  const tables = ['replays', 'replay_shards', 'replay_results'];
  const counts = tables.map((table) => `(SELECT count(*) FROM mission.${table})`).join(' + ');
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(`SELECT ${counts} AS count`);
    return Number(rows[0].count);
  });
}
