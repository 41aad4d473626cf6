/**
 * Five versions of one mission at once, and 2,000 runs routed by rules and weights: each run takes the steps, the prompt, the
 * rule, the tool code and the model code of its own version, and the shares are those of the route.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Fleet, startFleet } from '../../src/fleet/fleet.ts';
import { bounded } from '../../src/recording/bounded.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import type { Trace, TraceStep } from '../../src/recording/trace.ts';
import type { StoredRecording } from '../../src/registry/recordings.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { createRouter } from '../../src/routing/router.ts';
import { type StartedMission, startMission } from '../../src/routing/start-mission.ts';
import { type Json, jsonEquals } from '../../src/shared/json.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';
import { DESK, type DeskRequest, expectedRun, publishDesk } from './desk-mission.ts';

const RUNS = 2_000;
/** Few enough that a slow machine ends a task before the server gives it to somebody else. */
const AT_ONCE = 24;
/** The keys and the salt are fixed, and so is every share: nothing here depends on chance. */
const SALT = 'side-by-side';
const WEIGHTS: Readonly<Record<number, number>> = { 1: 4_000, 2: 3_000, 3: 2_000, 4: 1_000 };
const STAFF = 5;
const EUROPE = 4;
const WAIT = { timeout: 120_000, interval: 200 };
const mission = `desk-${process.pid}`;

let directory: string;
let registry: Registry;
let temporal: TemporalConnection;
let fleet: Fleet;
/** Workflow id → who waits for its end. */
const ending = new Map<string, () => void>();

beforeAll(async () => {
  quietRuntime();
  directory = await mkdtemp(join(tmpdir(), 'mission-test-side-by-side-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  await publishDesk(registry, mission);
  await registry.routes.set(0, {
    mission,
    salt: SALT,
    rules: [
      { name: 'staff', when: [{ pointer: '/tier', oneOf: ['staff'] }], version: STAFF },
      { name: 'europe', when: [{ pointer: '/region', oneOf: ['eu'] }], version: EUROPE },
    ],
    weights: Object.entries(WEIGHTS).map(([version, weight]) => ({ version: Number(version), weight })),
    by: 'ada',
    reason: 'five at once',
    activation: { report: null, forced: true },
  });
  fleet = await startFleet({
    registry,
    temporal,
    missions: [mission],
    drainMs: 1_000,
    onRunEnding: ({ workflowId }) => ending.get(workflowId)?.(),
  });
  await fleet.ready(60_000);
});

afterAll(async () => {
  await fleet?.shutdown();
  await temporal?.close();
  await registry?.close();
  await rm(directory, { recursive: true, force: true });
});

interface Routed {
  readonly request: DeskRequest;
  readonly run: StartedMission;
}

/** One in ten is of the staff, one in ten is from Europe, and one in a hundred is both. */
function requestOf(index: number): DeskRequest {
  return {
    order: `o-${index}`,
    amount: index % 60,
    ...(index % 10 === 0 && { tier: 'staff' }),
    ...((index % 10 === 1 || index % 100 === 0) && { region: 'eu' }),
  };
}

async function* indices(): AsyncGenerator<number> {
  for (let index = 0; index < RUNS; index += 1) yield index;
}

/** Starts all runs, some at once, and waits until the server has ended them. */
async function runAll(): Promise<Routed[]> {
  const router = await createRouter({ registry, missions: [mission] });
  const { client } = temporal;
  try {
    const started = bounded(indices(), AT_ONCE, async (index): Promise<Routed> => {
      const request = requestOf(index);
      const workflowId = `${mission}-${index}`;
      const over = new Promise<void>((resolve) => ending.set(workflowId, resolve));
      const businessKey = `customer-${index}`;
      const run = await startMission({ router, client, mission, input: request, workflowId, businessKey });
      if (run.started) await over;
      return { request, run };
    });
    const routed: Routed[] = [];
    for await (const one of started) routed.push(one);
    const completed = `WorkflowType = '${mission}' AND ExecutionStatus = 'Completed'`;
    await expect.poll(async () => (await client.workflow.count(completed)).count, WAIT).toBe(RUNS);
    return routed;
  } finally {
    await router.close();
  }
}

const versionOf = ({ run }: Routed) => Number(run.version.split('@')[1]);

/** A step with what it was asked: of a model, the prompt as it was rendered. */
function told({ kind, name, request, result }: TraceStep) {
  const step = `${kind}:${name}`;
  if (kind !== 'model') return { step, request, result };
  const { messages } = request as { messages: readonly { content: string }[] };
  return { step, request: messages.map(({ content }) => content).join(), result: (result as { text: string }).text };
}

/** The tests of a story: each goes on where the one before ended. */
describe('five versions at once', () => {
  let routed: Routed[] = [];

  it('end 2,000 runs', async () => {
    routed = await runAll();
    expect(routed).toHaveLength(RUNS);
  }, 900_000);

  it('get what their rules send them, and of the rest the shares of their weights', () => {
    const by = (reason: string) => routed.filter(({ run }) => run.reason.startsWith(reason));
    expect(by('rule "staff"').map(({ request }) => request.tier)).toEqual(Array(RUNS / 10).fill('staff'));
    expect(new Set(by('rule "staff"').map(versionOf))).toEqual(new Set([STAFF]));
    expect(by('rule "europe"')).toHaveLength(RUNS / 10);
    expect(new Set(by('rule "europe"').map(versionOf))).toEqual(new Set([EUROPE]));
    const weighed = routed.filter(({ run }) => !run.reason.startsWith('rule '));
    expect(weighed).toHaveLength(RUNS * 0.8);
    for (const [version, weight] of Object.entries(WEIGHTS)) {
      const share = weighed.filter((one) => versionOf(one) === Number(version)).length;
      const [least, most] = binomialInterval(weighed.length, weight / 10_000);
      expect(share).toBeGreaterThanOrEqual(least);
      expect(share).toBeLessThanOrEqual(most);
    }
  });

  it('are recorded with the steps, prompt, rule, tool code, model code and result of their own version', async () => {
    await collect(routed);
    const wanted = new Map(routed.map((one) => [one.run.workflowId, wantedOf(one)]));
    const wrong: unknown[] = [];
    for await (const recording of registry.recordings.stream({ mission })) {
      const { workflowId } = recording.summary;
      const got = gotOf(recording);
      if (!jsonEquals(got, wanted.get(workflowId))) wrong.push({ workflowId, got, wanted: wanted.get(workflowId) });
      wanted.delete(workflowId);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect([...wanted.keys()]).toEqual([]);
  }, 900_000);
});

/** Records all of them; a second try finds those of the first. */
async function collect(routed: readonly Routed[]): Promise<void> {
  const runs = routed.map(({ run: { workflowId, runId } }) => ({ workflowId, runId }));
  const redactionKey = new Uint8Array(32);
  let recorded = 0;
  for await (const one of collectRecordings({ client: temporal.client, registry, redactionKey, runs })) {
    expect(one.status).toMatch(/^(stored|known)$/);
    recorded += 1;
  }
  expect(recorded).toBe(RUNS);
}

function wantedOf(one: Routed): Json {
  const version = DESK[versionOf(one) - 1];
  if (version === undefined) throw new Error(`${one.run.version} is none of the five.`);
  return { version: version.number, ...expectedRun(version, one.request) };
}

function gotOf({ summary, trace, end }: StoredRecording): Json {
  const { result = null } = end as { readonly result?: Json };
  return { version: summary.version ?? 0, steps: (trace as Trace).steps.map(told), result };
}

/** Where 99.99 % of the counts of `trials` independent choices are: 3.89 standard deviations on both sides. */
function binomialInterval(trials: number, probability: number): readonly [number, number] {
  const spread = 3.89 * Math.sqrt(trials * probability * (1 - probability));
  return [trials * probability - spread, trials * probability + spread];
}
