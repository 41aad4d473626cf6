/** What a rollback says on the command line: what it did, how long it took, and what is still in flight on the bad version. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { countOpenRuns } from '../../src/fleet/count-open-runs.ts';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { buildIdOf, describeDeployment } from '../../src/temporal/worker-deployments.ts';
import { publishFlight } from '../release/flight-mission.ts';
import { type Ran, run } from './run.ts';

const name = `taken-back-${process.pid}`;
const BAD = 2;
let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
let sequence = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-rollback-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishFlight(registry, name, { tone: 'calm' });
  await publishFlight(registry, name, { tone: 'harsh' });
  fleet = await startFleet({ registry, temporal, missions: [name], pollMs: 200, drainMs: 1_000 });
  await fleet.ready(60_000);
}, 240_000);

afterAll(async () => {
  await fleet?.shutdown();
  await temporal?.close();
  await registry?.close();
  await rm(directory, { recursive: true, force: true });
});

function rollback(address: string, ...argv: string[]): Promise<Ran> {
  const env = { MISSION_ACTOR: 'grace', TEMPORAL_ADDRESS: address };
  return run(['rollback', name, '--to', '@1', '--reason', 'too harsh', ...argv], {
    cwd: directory,
    env,
    shared: registry,
  });
}

/** The bad version has all traffic, and so many more runs are open on it. */
async function release(runs: number): Promise<void> {
  const ref = { mission: name, number: BAD };
  await activateVersion({ registry, ref, by: 'ada', force: { reason: 'test' } });
  for (let left = runs; left > 0; left -= 1) {
    const workflowId = `${name}-${++sequence}`;
    await startMission({ registry, client: temporal.client, mission: name, input: { id: workflowId }, workflowId });
  }
}

async function openOnBad(): Promise<number> {
  return countOpenRuns({ client: temporal.client, registry }, await registry.versions.get(name, BAD));
}

async function endAll(): Promise<void> {
  for (let number = sequence; number > 0; number -= 1) {
    const handle = temporal.client.workflow.getHandle(`${name}-${number}`);
    await handle.signal('tell', 'end').catch(() => undefined);
  }
  await expect.poll(openOnBad, { timeout: 90_000, interval: 200 }).toBe(0);
}

describe('a rollback', () => {
  it('says what it did, how long it took, and what is still in flight on the bad version, which ends there', async () => {
    await endAll();
    await release(2);
    await expect.poll(openOnBad, { timeout: 90_000, interval: 200 }).toBe(2);
    const { code, out } = await rollback(inject('temporalAddress'));
    expect(code).toBe(0);
    const latest = await registry.versions.latest(name);
    expect(out).toContain(`${name}@${latest?.number} brings back ${name}@1 and takes all new runs (before: @${BAD})`);
    expect(out).toMatch(/route revision \d+, in [\d.]+ (ms|s)\./);
    expect(out).toContain(`Still in flight on ${name}@${BAD}: 2 runs`);
    expect(out).toContain(`mission runs --version ${name}@${BAD} --open`);
    await endAll();
    const result = await temporal.client.workflow.getHandle(`${name}-${sequence}`).result();
    expect(result).toMatchObject({ tone: 'harsh' });
  }, 240_000);

  it('says so when nothing is; as JSON, all of it in numbers', async () => {
    await endAll();
    await release(0);
    expect(JSON.parse((await rollback(inject('temporalAddress'), '--json')).out)).toMatchObject({
      restores: 1,
      previous: BAD,
      replaced: [BAD],
      tookMs: expect.any(Number),
      server: { follows: true, version: expect.stringContaining(`${name}@`) },
      inFlight: [{ version: BAD, runs: 0 }],
    });
    await release(0);
    expect((await rollback(inject('temporalAddress'))).out).toContain(
      `Nothing is in flight on ${name}@${BAD} any more.`,
    );
  }, 240_000);

  it('is done although the Temporal server cannot be reached, and says that nothing could be counted', async () => {
    await release(0);
    const { code, out } = await rollback('127.0.0.1:1', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      restores: 1,
      inFlight: null,
      uncounted: expect.stringContaining('127.0.0.1:1'),
      server: { follows: false, why: expect.stringContaining('127.0.0.1:1') },
    });
    expect(await registry.routes.current(name)).toMatchObject({ by: 'grace' });
  }, 240_000);
});

describe('a rollback where no worker lives', () => {
  it('has plain clients and schedules follow all the same, and says when a version was never hosted', async () => {
    const alone = `alone-${randomUUID().slice(0, 8)}`;
    await publishFlight(registry, alone, { tone: 'calm' });
    await publishFlight(registry, alone, { tone: 'harsh' });
    const polled = await startFleet({ registry, temporal, missions: [alone], pollMs: 200, drainMs: 1_000 });
    const builds = await buildsOf(alone);
    await expect.poll(() => currentOf(alone), { timeout: 90_000, interval: 200 }).toBe(builds[1]);
    await polled.ready(60_000);
    await polled.shutdown();
    await publishFlight(registry, alone, { tone: 'never hosted' });

    const back = (to: string, ...argv: string[]) =>
      run(['rollback', alone, '--to', to, '--reason', 'too harsh', '--force', ...argv], {
        cwd: directory,
        env: { MISSION_ACTOR: 'grace', TEMPORAL_ADDRESS: inject('temporalAddress') },
        shared: registry,
      });
    const { code, out } = await back('@1');
    expect(code).toBe(0);
    expect(out).toContain(`Schedules and plain Temporal clients get ${alone}@4 too.`);
    expect(await currentOf(alone)).toBe(builds[0]);

    const never = await back('@3', '--json');
    expect(never.code).toBe(0);
    expect(JSON.parse(never.out)).toMatchObject({
      restores: 3,
      server: { follows: false, why: expect.stringContaining(`no worker of ${alone}@5`) },
    });
    expect(await currentOf(alone)).toBe(builds[0]);
    expect(await registry.routes.current(alone)).toMatchObject({ weights: [{ version: 5, weight: 10_000 }] });
  }, 240_000);
});

async function buildsOf(mission: string): Promise<readonly string[]> {
  return (await registry.versions.list(mission)).map(({ artifact }) => buildIdOf(artifact));
}

/** What a start without our client gets, as the server has it. */
async function currentOf(mission: string): Promise<string | undefined> {
  return (await describeDeployment(temporal, await registry.deployments.nameOf(mission)))?.currentBuildId;
}
