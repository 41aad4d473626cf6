/** After a crash: every run ended on its own version, every write was done once, and every record is there once. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { listRuns, type RunSummary } from '../../src/fleet/list-runs.ts';
import { startRecorder } from '../../src/recording/recorder.ts';
import type { Trace } from '../../src/recording/trace.ts';
import type { StoredRecording } from '../../src/registry/recordings.ts';
import { runsOf } from '../../src/routing/mission-query.ts';
import { type Book, type Shop, WAIT } from './shop.ts';
import { SHOP_STEPS } from './shop-mission.ts';
import type { RunStarted } from './shop-router.ts';

const TOOLS = ['charge', 'ship'];

/** Waits until the server has ended them all. */
export async function allEnded({ temporal }: Shop, { prefix }: Book, count: number): Promise<void> {
  const query = `WorkflowId STARTS_WITH '${prefix}' AND ExecutionStatus != 'Running'`;
  await expect.poll(async () => (await temporal.client.workflow.count(query)).count, WAIT).toBe(count);
}

/** @param started - what the routers said of each run */
export async function booksAreRight(shop: Shop, book: Book, started: readonly RunStarted[]): Promise<void> {
  const versions = await endedOnTheirVersions(shop, book, started);
  await wroteOnce(book, versions);
  await sweep(shop);
  await recordedOnce(shop, versions);
}

/** Workflow id → version number. */
type VersionOf = ReadonlyMap<string, number>;

async function endedOnTheirVersions(shop: Shop, { prefix }: Book, started: readonly RunStarted[]): Promise<VersionOf> {
  const { registry, temporal, mission } = shop;
  const listed = await listRuns({ temporal, registry, mission, limit: 10_000 });
  const runs = listed.filter(({ workflowId }) => workflowId.startsWith(`${prefix}-`));
  const told = new Map(started.map((run) => [run.workflowId, run]));
  expect(runs.map(({ workflowId }) => workflowId).toSorted()).toEqual([...told.keys()].toSorted());
  const astray = runs.filter((run) => !isOnItsOwn(run, told.get(run.workflowId)));
  expect(astray).toEqual([]);
  return new Map(runs.map(({ workflowId, version }) => [workflowId, Number(version.split('@')[1])]));
}

/** Its version by its build on the server is the one that the router told when it started. */
function isOnItsOwn({ status, runId, version, startedOn }: RunSummary, told: RunStarted | undefined): boolean {
  return status === 'completed' && runId === told?.runId && version === told.version && startedOn === undefined;
}

async function wroteOnce(book: Book, versions: VersionOf): Promise<void> {
  const keys = new Map<string, Set<string>>();
  for (const { tool, order, key, by } of await book.calls()) {
    expect(`${order} by ${by}`).toBe(`${order} by ${versions.get(order)}`);
    const step = `${order} ${tool}`;
    keys.set(step, (keys.get(step) ?? new Set()).add(key));
  }
  const steps = [...versions.keys()].flatMap((order) => TOOLS.map((tool) => `${order} ${tool}`));
  expect([...keys.keys()].toSorted()).toEqual(steps.toSorted());
  // One key for all attempts of a step, and so one effect.
  expect([...keys].filter(([, known]) => known.size !== 1)).toEqual([]);
  const effects = (await readdir(join(book.folder, 'effects'))).map(decodeURIComponent);
  expect(effects.toSorted()).toEqual([...keys.values()].flatMap((known) => [...known]).toSorted());
}

async function sweep({ registry, temporal, mission }: Shop): Promise<void> {
  const recorder = startRecorder({
    client: temporal.client,
    registry,
    server: 'shop',
    identity: 'last-sweep',
    redactionKey: new Uint8Array(32),
    missions: [mission],
    queryOf: runsOf,
    sweepMs: 3_600_000,
  });
  await recorder.sweep();
  await recorder.stop();
}

async function recordedOnce({ registry, mission }: Shop, versions: VersionOf): Promise<void> {
  const recorded: string[] = [];
  for await (const recording of registry.recordings.stream({ mission })) {
    const { workflowId } = recording.summary;
    const version = versions.get(workflowId);
    if (version === undefined) continue;
    recorded.push(workflowId);
    expect({ workflowId, ...toldBy(recording) }).toEqual({ workflowId, version, ...wanted(version) });
  }
  expect(recorded.toSorted()).toEqual([...versions.keys()].toSorted());
  const entries: string[] = [];
  for await (const { action, subject } of registry.audit.stream()) {
    const workflowId = subject.slice(0, subject.indexOf('/'));
    if (action === 'recording.put' && versions.has(workflowId)) entries.push(workflowId);
  }
  expect(entries.toSorted()).toEqual([...versions.keys()].toSorted());
  expect(await registry.audit.verify()).toMatchObject({ intact: true });
  const failed = await registry.collection.failures(10_000);
  expect(failed.filter(({ workflowId }) => versions.has(workflowId))).toEqual([]);
}

function toldBy({ summary, trace, end }: StoredRecording) {
  const steps = (trace as Trace).steps.map(({ kind, name }) => `${kind}:${name}`);
  return { version: summary.version, steps, end };
}

function wanted(version: number) {
  return { steps: SHOP_STEPS[version], end: { status: 'completed', result: { by: version } } };
}
