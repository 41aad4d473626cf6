/** What a rollback says on the command line: what it did, how long it took, and what is still in flight on the bad version. */
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
    });
    expect(await registry.routes.current(name)).toMatchObject({ by: 'grace' });
  }, 240_000);
});
