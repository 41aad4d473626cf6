/** Two processes that host versions, on PostgreSQL and a real server: what is ready where, a kill, a retirement, a wake. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { createMissionClient } from '../../src/client/mission-client.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { retireVersion } from '../../src/release/hosting-orders.ts';
import { missionLog } from '../../src/release/mission-log.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { copyProject } from '../artifact/project.ts';
import { run } from '../cli/run.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

const mission = `letter-${process.pid}`;
const WAIT = { timeout: 60_000, interval: 100 };
const hosting = { waitMs: 60_000 };
const force = { reason: 'test' };
let postgres: TestPostgres;
let databaseUrl: string;
let registry: Registry;
let temporal: TemporalConnection;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  registry = await openRegistry({ databaseUrl, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  for (const tone of ['calm', 'kind', 'warm']) await publish(tone);
});

afterAll(async () => {
  for (const child of processes) await end(child, 'SIGKILL');
  await temporal?.close();
  await registry?.close();
  await postgres?.stop();
});

async function publish(tone: string): Promise<void> {
  const root = await copyProject({
    [`workflows/${mission}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const letter = defineMission({
        name: '${mission}', input: z.object({}), output: z.string(), rules: { tone: '${tone}' } });`,
    [`workflows/${mission}/workflow.ts`]: () => `
      import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
      import { letter } from './mission.ts';
      export const run = letter.workflow(async ({ rules }) => {
        let told = false;
        setHandler(defineSignal('go'), () => { told = true; });
        setHandler(defineQuery<string>('tone'), () => rules.tone);
        await condition(() => told);
        return rules.tone;
      });`,
    [`activities/${mission}.ts`]: () => `
      import { defineActivities } from 'mission-runtime/activity';
      export default defineActivities({});`,
  });
  const artifact = await buildArtifact({ root, mission });
  await rm(root, { recursive: true });
  await registry.artifacts.put(artifact);
  const entry = { mission, kind: 'publish', author: 'ada', message: tone, commit: null, environment: {} } as const;
  await registry.versions.append({ ...entry, artifact: artifact.digest });
}

function startProcess(): ChildProcess {
  const script = fileURLToPath(new URL('fleet-process.ts', import.meta.url));
  const argv = ['--import', 'tsx', script, databaseUrl, inject('temporalAddress'), mission];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  processes.push(child);
  return child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Process id → the versions that it is ready for. */
async function ready(): Promise<Record<number, string>> {
  const versions = await registry.versions.list(mission);
  const live = await registry.workers.live(mission);
  return Object.fromEntries(
    live.map(({ pid, hosted }) => {
      const digests = hosted.filter(({ state }) => state === 'ready').map(({ artifact }) => artifact);
      const numbers = versions.filter(({ artifact }) => digests.includes(artifact)).map(({ number }) => number);
      return [pid, numbers.join()];
    }),
  );
}

const start = (workflowId: string) =>
  startMission({ registry, client: temporal.client, mission, input: {}, workflowId: `${mission}-${workflowId}` });

const ref = (number: number) => ({ mission, number });

/** The tests of a story: each goes on where the one before ended. */
describe('two processes', () => {
  let first: ChildProcess;
  let second: ChildProcess;

  it('host nothing of what was published only', async () => {
    first = startProcess();
    second = startProcess();
    await expect.poll(ready, WAIT).toEqual({ [first.pid ?? 0]: '', [second.pid ?? 0]: '' });
  });

  it('host a version that is to be activated: the activation waits, and then a start is accepted at once', async () => {
    const activation = await activateVersion({ registry, ref: ref(1), by: 'ada', hosting });
    expect(activation).not.toHaveProperty('unhosted');
    const { artifact } = await registry.versions.get(mission, 1);
    const { taskQueue, deployment } = placementOf(mission, artifact, mission);
    // Without the router, which would try a refused start again.
    const plain = {
      taskQueue,
      workflowId: `${mission}-at-once`,
      args: [{}],
      versioningOverride: { pinnedTo: deployment },
    };
    const handle = await temporal.client.workflow.start(mission, plain);
    await handle.signal('go');
    expect(await handle.result()).toBe('calm');
    await expect.poll(ready, WAIT).toEqual({ [first.pid ?? 0]: '1', [second.pid ?? 0]: '1' });
  });

  it('are shown by `mission workers`, as text and as JSON', async () => {
    const env = { DATABASE_URL: databaseUrl };
    const { out } = await run(['workers'], { env });
    expect(out).toContain(`process ${first.pid}`);
    expect(out.match(new RegExp(`${mission}@1 +ready`, 'g'))).toHaveLength(2);
    const { processes: shown, unready } = JSON.parse((await run(['workers', mission, '--json'], { env })).out);
    expect(unready).toEqual([]);
    expect(shown).toMatchObject([1, 2].map(() => ({ hosted: [{ versions: [`${mission}@1`], state: 'ready' }] })));
  });

  it('of which one is killed: its word runs out, and the other is still ready and takes what comes', async () => {
    await start('open');
    await end(first, 'SIGKILL');
    await expect.poll(ready, WAIT).toEqual({ [second.pid ?? 0]: '1' });
    expect(await activateVersion({ registry, ref: ref(2), by: 'ada', force, hosting })).not.toHaveProperty('unhosted');
    await expect.poll(ready, WAIT).toEqual({ [second.pid ?? 0]: '1,2' });
  });

  it('keep what has traffic or open runs: it cannot be retired', async () => {
    const retire = (number: number) =>
      retireVersion({ registry, temporal, ref: ref(number), by: 'ada', reason: 'superseded' });
    await expect(retire(2)).rejects.toMatchObject({
      code: 'VERSION_IN_USE',
      message: expect.stringContaining('traffic'),
    });
    await expect
      .poll(() => retire(1).catch((error: { message: string }) => error.message), WAIT)
      .toContain('runs of it are open');
    const handle = temporal.client.workflow.getHandle(`${mission}-open`);
    await handle.signal('go');
    expect(await handle.result()).toBe('calm');
    await expect
      .poll(
        () =>
          retire(1).then(
            ({ server }) => server,
            () => 'open',
          ),
        WAIT,
      )
      .toBe('later');
    await expect.poll(ready, WAIT).toEqual({ [second.pid ?? 0]: '2' });
  });

  it('host a retired version again for a query of one of its closed runs', async () => {
    const client = await createMissionClient({ registry, temporal });
    expect(await client.mission(mission).run(`${mission}-open`).query('tone')).toBe('calm');
    await client.close();
    await expect.poll(ready, WAIT).toEqual({ [second.pid ?? 0]: '1,2' });
    const log = (await missionLog(registry, mission)).filter(({ kind }) => kind === 'hosting');
    expect(log.map(({ text, by }) => `${by}: ${text.split(' until ')[0]}`)).toEqual([
      `ada: ${mission}@1 woken`,
      `ada: ${mission}@2 woken`,
      `ada: ${mission}@1 retired`,
      `client: ${mission}@1 woken`,
    ]);
  });

  it('take their word back at once when they are stopped; then no route change goes through', async () => {
    await end(second, 'SIGTERM');
    expect(await ready()).toEqual({});
    await expect(
      activateVersion({ registry, ref: ref(3), by: 'ada', force: undefined, hosting: { waitMs: 0 } }),
    ).rejects.toMatchObject({ code: 'ACTIVATION_REFUSED' });
    const refused = await run(['rollback', mission, '--reason', 'wrong', '--wait', '0s'], {
      env: { DATABASE_URL: databaseUrl },
    });
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('no worker process lives') });
  });
});
