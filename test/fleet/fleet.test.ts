/** Versions side by side, from stored artifacts alone, on a real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { type Fleet, type FleetOptions, startFleet } from '../../src/fleet/fleet.ts';
import { describeFleetEvent } from '../../src/fleet/fleet-event.ts';
import { listRuns } from '../../src/fleet/list-runs.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { shortDigest } from '../../src/shared/digest.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { copyProject, type Edits } from '../artifact/project.ts';

const mission = `ticket-${process.pid}`;
const folders = { workflow: `workflows/${mission}`, activity: `activities/${mission}.ts` };
let registry: Registry;
let temporal: TemporalConnection;
let directory: string;
let fleet: Fleet | undefined;
let sequence = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-fleet-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
});

afterEach(async () => {
  await fleet?.shutdown();
  fleet = undefined;
});

afterAll(async () => {
  await temporal.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

interface Behaviour {
  /** What the prompt, the workflow code and the activity code of this version answer with. */
  readonly rule: string;
  readonly workflow: string;
  readonly activity: string;
  /** Waits in the workflow for a signal before it ends. */
  readonly waits?: boolean;
}

function source({ rule, workflow, activity, waits = false }: Behaviour): Edits {
  return {
    [`${folders.workflow}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const ticket = defineMission({
        name: '${mission}',
        input: z.object({ text: z.string(), tier: z.string().optional() }),
        output: z.array(z.string()),
        rules: { tone: '${rule}' },
        tools: { look: { effect: 'read', input: z.object({}), output: z.object({ seen: z.string() }) } },
      });`,
    [`${folders.workflow}/workflow.ts`]: () => `
      import { condition, defineSignal, setHandler } from '@temporalio/workflow';
      import { ticket } from './mission.ts';
      export const run = ticket.workflow(async ({ step, rules }) => {
        let told = ${!waits};
        setHandler(defineSignal('go'), () => { told = true; });
        const { seen } = await step.tool('look', {});
        await condition(() => told);
        return ['${workflow}', rules.tone, seen];
      });`,
    [folders.activity]: () => `
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { ticket } from '../${folders.workflow}/mission.ts';
      export default defineActivities({ tools: defineTools(ticket, { look: () => ({ seen: '${activity}' }) }) });`,
  };
}

/** Publishes a version and deletes the folder that it came from. */
async function publish(behaviour: Behaviour): Promise<number> {
  const root = await copyProject(source(behaviour));
  const artifact = await buildArtifact({ root, mission });
  await rm(root, { recursive: true });
  await registry.artifacts.put(artifact);
  const { version } = await registry.versions.append({
    mission,
    artifact: artifact.digest,
    kind: 'publish',
    author: 'ada',
    message: behaviour.workflow,
    commit: null,
    environment: {},
  });
  return version.number;
}

async function route(
  weights: Readonly<Record<number, number>>,
  rules: readonly { version: number; tier: string }[] = [],
) {
  const current = await registry.routes.current(mission);
  await registry.routes.set(current?.revision ?? 0, {
    mission,
    weights: Object.entries(weights).map(([version, weight]) => ({ version: Number(version), weight })),
    rules: rules.map(({ version, tier }) => ({ name: tier, when: [{ pointer: '/tier', oneOf: [tier] }], version })),
    by: 'ada',
    reason: 'test',
    activation: { report: null, forced: true },
  });
}

async function host(options: Partial<FleetOptions> = {}): Promise<Fleet> {
  const defaults = { pollMs: 200, drainMs: 1_000, rollbackMs: 0 };
  fleet = await startFleet({ registry, temporal, missions: [mission], ...defaults, ...options });
  return fleet;
}

function start(input: unknown, workflowId = `${mission}-run-${++sequence}`) {
  return startMission({ registry, client: temporal.client, mission, input, workflowId });
}

/** Of the worker that took the run on. */
async function buildOf({ workflowId }: { readonly workflowId: string }): Promise<string | undefined> {
  const { raw } = await temporal.client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

const resultOf = ({ workflowId }: { readonly workflowId: string }) => temporal.client.workflow.result(workflowId);

describe('a mission in production', () => {
  let first: number;
  let second: number;

  it('cannot be started before a version is active', async () => {
    await expect(start({ text: 'a' })).rejects.toMatchObject({ code: 'MISSION_UNKNOWN' });
    first = await publish({ rule: 'calm', workflow: 'w1', activity: 'a1' });
    await expect(start({ text: 'a' })).rejects.toMatchObject({
      code: 'NO_ACTIVE_VERSION',
      remedy: expect.stringContaining(`mission activate ${mission}@1`),
    });
  });

  it('cannot be started on a version that no worker ever hosted: the error says how to start one', async () => {
    await route({ [first]: 10_000 });
    await expect(start({ text: 'a' })).rejects.toMatchObject({
      code: 'VERSION_NOT_HOSTED',
      message: expect.stringContaining(`${mission}@1`),
      remedy: expect.stringContaining(`mission worker --mission ${mission}`),
    });
  });

  it('runs two versions at once, each with its own code, rules and activities', async () => {
    second = await publish({ rule: 'kind', workflow: 'w2', activity: 'a2' });
    await route({ [first]: 5_000, [second]: 5_000 }, [{ version: second, tier: 'staff' }]);
    await (await host()).ready();
    const runs = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => start({ text: 'a', ...(index < 2 ? { tier: 'staff' } : {}) })),
    );
    const behaviours: Record<string, string[]> = {
      [`${mission}@1`]: ['w1', 'calm', 'a1'],
      [`${mission}@2`]: ['w2', 'kind', 'a2'],
    };
    for (const run of runs) expect(await resultOf(run)).toEqual(behaviours[run.version]);
    expect(runs.slice(0, 2).map(({ version, reason }) => `${version} ${reason}`)).toEqual([
      `${mission}@2 rule "staff"`,
      `${mission}@2 rule "staff"`,
    ]);
    expect(new Set(runs.map(({ version }) => version)).size).toBe(2);
  });

  it('stamps a run with version, artifact, revision and reason, and pins it', async () => {
    await (await host()).ready();
    const run = await start({ text: 'a' });
    const description = await temporal.client.workflow.getHandle(run.workflowId).describe();
    const version = await registry.versions.get(mission, Number(run.version.split('@')[1]));
    expect(description.memo).toMatchObject({
      'mission.stamp': { mission, version: run.version, artifact: version.artifact, reason: run.reason, revision: 2 },
    });
    const pinned = description.raw.workflowExecutionInfo?.versioningInfo?.versioningOverride?.pinned?.version;
    expect(pinned).toMatchObject({ deploymentName: mission, buildId: version.artifact.slice(7, 19) });
  });

  it('starts a workflow id once: again, it returns the run that is there with its own version', async () => {
    await (await host()).ready();
    const run = await start({ text: 'a' });
    await resultOf(run);
    await route({ [run.version === `${mission}@1` ? second : first]: 10_000 });
    expect(await start({ text: 'b' }, run.workflowId)).toEqual({ ...run, started: false });
  });

  it('refuses an input that the version does not take, and starts nothing', async () => {
    await (await host()).ready();
    const workflowId = `${mission}-refused`;
    await expect(start({ text: 1 }, workflowId)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('/text'),
    });
    await expect(temporal.client.workflow.getHandle(workflowId).describe()).rejects.toThrow('not found');
  });

  it('follows the registry: hosts what is published, keeps what has open runs, lets go of the rest', async () => {
    const waiting = await publish({ rule: 'slow', workflow: 'w3', activity: 'a3', waits: true });
    await route({ [waiting]: 10_000 });
    const events: string[] = [];
    const hosting = await host({ keepLast: 1, onEvent: (event) => events.push(describeFleetEvent(event)) });
    await hosting.ready();
    const run = await start({ text: 'a' });
    const next = await publish({ rule: 'fast', workflow: 'w4', activity: 'a4' });
    await route({ [next]: 10_000 });
    const reasons = () =>
      Object.fromEntries(hosting.members().map((member) => [member.versions.join(), member.reasons.join()]));
    await vi.waitFor(() => expect(reasons()).toEqual({ 3: 'open runs', 4: 'traffic,recent' }), 60_000);
    await hosting.ready();
    expect(await resultOf(await start({ text: 'b' }))).toEqual(['w4', 'fast', 'a4']);

    await temporal.client.workflow.getHandle(run.workflowId).signal('go');
    expect(await resultOf(run)).toEqual(['w3', 'slow', 'a3']);
    await vi.waitFor(() => expect(reasons()).toEqual({ 4: 'traffic,recent' }), 60_000);
    expect(events).toContain(`${mission}@3 stopped`);
  });

  it('lists runs with their versions, and says what a run waits for when no worker hosts it', async () => {
    const waiting = await publish({ rule: 'long', workflow: 'w5', activity: 'a5', waits: true });
    await route({ [waiting]: 10_000 });
    await (await host()).ready();
    const run = await start({ text: 'a' });
    const version = { mission, number: waiting };
    const find = async (now?: () => Date) =>
      (await listRuns({ temporal, registry, version, state: 'open', ...(now === undefined ? {} : { now }) }))[0];
    await vi.waitFor(
      async () => expect(await find()).toMatchObject({ workflowId: run.workflowId, status: 'running' }),
      60_000,
    );
    expect((await find())?.waiting).toBeUndefined();
    // Where the code itself says that it is, in its author's file.
    const handle = temporal.client.workflow.getHandle(run.workflowId);
    await vi.waitFor(
      async () => expect(await handle.query<string>('__stack_trace')).toMatch(/workflow\.ts:\d+/),
      60_000,
    );

    await fleet?.shutdown();
    const later = () => new Date(Date.now() + 120_000);
    expect((await find(later))?.waiting).toBe(`waiting for a worker of ${mission}@${waiting}`);

    await (await host()).ready();
    await temporal.client.workflow.getHandle(run.workflowId).signal('go');
    expect(await resultOf(run)).toEqual(['w5', 'long', 'a5']);
    await vi.waitFor(async () => {
      const ended = await listRuns({ temporal, registry, mission, state: 'ended', limit: 200 });
      expect(ended.find(({ workflowId }) => workflowId === run.workflowId)).toMatchObject({
        status: 'completed',
        version: run.version,
      });
    }, 60_000);
  });

  it('goes on with the others when one artifact cannot be hosted', async () => {
    const root = await copyProject({
      ...source({ rule: 'x', workflow: 'w6', activity: 'a6' }),
      [folders.activity]: () => "throw new Error('no licence');",
    });
    const broken = await buildArtifact({ root, mission });
    await registry.artifacts.put(broken);
    const entry = { mission, kind: 'publish', author: 'ada', message: '', commit: null, environment: {} } as const;
    await registry.versions.append({ ...entry, artifact: broken.digest });
    await route({ 4: 10_000 });
    const wake = { mission, version: 6, action: 'wake', forMs: 60_000, by: 'ada', reason: 'test' } as const;
    await registry.hosting.order(wake);
    const hosting = await host({ keepLast: 0 });
    await vi.waitFor(() => {
      const states = Object.fromEntries(hosting.members().map(({ versions, state }) => [versions.join(), state]));
      expect(states).toEqual({ 4: 'ready', 6: 'failed' });
    }, 60_000);
    expect(await resultOf(await start({ text: 'a' }))).toEqual(['w4', 'fast', 'a4']);
    // It is tried again from time to time, and is then starting.
    const refused = { code: 'VERSION_NOT_HOSTED', message: expect.stringContaining('no licence') };
    await vi.waitFor(() => expect(hosting.ready(100)).rejects.toMatchObject(refused), 60_000);
    const { forMs: _, ...retire } = { ...wake, action: 'retire' } as const;
    await registry.hosting.order(retire);
  });

  it('goes on with the others when the code of one never yields', async () => {
    const root = await copyProject({
      ...source({ rule: 'x', workflow: 'w7', activity: 'a7' }),
      [`${folders.workflow}/workflow.ts`]: () =>
        `import { ticket } from './mission.ts';\nexport const run = ticket.workflow(async () => { for (;;); });`,
    });
    const looping = await buildArtifact({ root, mission });
    await registry.artifacts.put(looping);
    const entry = { mission, kind: 'publish', author: 'ada', message: '', commit: null, environment: {} } as const;
    const { version } = await registry.versions.append({ ...entry, artifact: looping.digest });
    await route({ 4: 10_000 }, [{ version: version.number, tier: 'endless' }]);
    await host({ keepLast: 0 }).then((hosting) => hosting.ready());
    const endless = await start({ text: 'a', tier: 'endless' });
    expect(await resultOf(await start({ text: 'a' }))).toEqual(['w4', 'fast', 'a4']);
    await temporal.client.workflow.getHandle(endless.workflowId).terminate('the test is over');
  });

  it('hosts exactly the versions that it is told, whatever has traffic, and follows nothing', async () => {
    await route({ 4: 10_000 });
    const versions = [2, 1].map((number) => ({ mission, number }));
    const hosting = await host({ versions });
    await hosting.ready();
    const members = () => hosting.members().map((one) => `${one.versions.join()} ${one.reasons.join()} ${one.state}`);
    expect(members()).toEqual(['2 named ready', '1 named ready']);
    await route({ 5: 10_000 });
    await hosting.refresh();
    expect(members()).toEqual(['2 named ready', '1 named ready']);
    await route({ 4: 10_000 });
    await expect(startFleet({ registry, temporal, versions: [{ mission, number: 99 }] })).rejects.toMatchObject({
      code: 'VERSION_UNKNOWN',
    });
  });

  it('has plain Temporal starts land on the version that most new runs get, and hosts it while they are open', async () => {
    const plain = async () => {
      const workflowId = `${mission}-plain-${++sequence}`;
      const options = { taskQueue: `mission/${mission}`, workflowId, args: [{ text: 'a' }] };
      const handle = await temporal.client.workflow.start(mission, options);
      return { workflowId, handle };
    };
    // Other artifacts each time: a test that is tried again has runs of its own.
    const turn = ++sequence;
    const slow = await publish({ rule: `slow-${turn}`, workflow: 'p1', activity: 'b1', waits: true });
    const quick = await publish({ rule: `quick-${turn}`, workflow: 'p2', activity: 'b2' });
    await route({ [slow]: 10_000 });
    const events: string[] = [];
    const hosting = await host({ keepLast: 1, onEvent: (event) => events.push(describeFleetEvent(event)) });
    const landings = () => events.filter((event) => event.startsWith('plain Temporal starts'));
    const lands = async (version: number) =>
      vi.waitFor(
        () => expect(landings().at(-1)).toBe(`plain Temporal starts of ${mission} land on ${mission}@${version}`),
        60_000,
      );
    await lands(slow);
    // The server tells its own parts after it has answered: a start may still land on the version before, which ends by itself.
    const { artifact } = await registry.versions.get(mission, slow);
    const waiting = await vi.waitFor(
      async () => {
        const run = await plain();
        await vi.waitFor(async () => expect(await buildOf(run)).toBeDefined(), 60_000);
        expect(await buildOf(run)).toBe(shortDigest(artifact));
        return run;
      },
      { timeout: 120_000, interval: 200 },
    );

    await route({ [slow]: 1_000, [quick]: 9_000 });
    await lands(quick);
    // As above; the signal ends a run that landed on the version before.
    await vi.waitFor(
      async () => {
        const { handle } = await plain();
        await handle.signal('go');
        expect(await handle.result()).toEqual(['p2', `quick-${turn}`, 'b2']);
      },
      { timeout: 60_000, interval: 200 },
    );

    await route({ [quick]: 10_000 });
    await hosting.refresh();
    const reasons = () =>
      Object.fromEntries(hosting.members().map((member) => [member.versions.join(), member.reasons.join()]));
    // A start from above may still be listed as open.
    const routed = expect.stringMatching(/^traffic,(open runs,)?recent$/);
    await vi.waitFor(() => expect(reasons()).toEqual({ [slow]: 'open runs', [quick]: routed }), 60_000);
    await waiting.handle.signal('go');
    expect(await waiting.handle.result()).toEqual(['p1', `slow-${turn}`, 'b1']);
    await vi.waitFor(() => expect(reasons()).toEqual({ [quick]: routed }), 60_000);
  }, 240_000);
});
