/** Where mutants are tried: a registry that holds real runs of the baselines, recorded on a real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { startFleet } from '../../src/fleet/fleet.ts';
import { collectRecordings } from '../../src/recording/collect.ts';
import { decodeRecordingContent } from '../../src/recording/content.ts';
import type { History } from '../../src/recording/recording.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { startMission } from '../../src/routing/start-mission.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { openEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { type BenchMission, readSources, withProject } from './bench-mission.ts';

export interface Laboratory {
  readonly registry: Registry;
  /** What Temporal's own replayer is given: every link of every recorded chain, by mission. */
  readonly histories: ReadonlyMap<string, readonly RecordedHistory[]>;
  close(): Promise<void>;
}

export interface RecordedHistory {
  readonly workflowId: string;
  readonly history: History;
}

export interface LaboratoryOptions {
  /** A server that runs already. @default one of its own, gone when the runs are recorded */
  readonly address?: string | undefined;
  /** As the product records: with what is declared personal replaced. @default false */
  readonly redacted?: boolean;
  readonly onProgress?: (line: string) => void;
}

/** Of each mission. */
const RUNS_AT_ONCE = 10;

/**
 * Publishes the missions as version 1, runs them on a server, and records the runs.
 *
 * @throws Error when a run cannot be recorded, MissionError of whatever part fails.
 */
export async function openLaboratory(
  missions: readonly BenchMission[],
  { address, redacted = false, onProgress = () => undefined }: LaboratoryOptions = {},
): Promise<Laboratory> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-verdicts-'));
  const registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'bench' });
  const close = async () => {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await withServer(address, directory, (temporal) =>
      recordAll(missions, registry, temporal, { redacted, onProgress }),
    );
    return { registry, histories: await readHistories(registry, missions), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function withServer(
  address: string | undefined,
  directory: string,
  work: (temporal: TemporalConnection) => Promise<void>,
): Promise<void> {
  const own =
    address === undefined
      ? await openEmbeddedServer({ directory: join(directory, 'temporal'), owner: 'process' })
      : undefined;
  try {
    const temporal = await connectTemporal({ address: address ?? own?.address, env: {} });
    try {
      await work(temporal);
    } finally {
      await temporal.close();
    }
  } finally {
    await own?.stop();
  }
}

async function recordAll(
  missions: readonly BenchMission[],
  registry: Registry,
  temporal: TemporalConnection,
  { redacted, onProgress }: Required<Pick<LaboratoryOptions, 'redacted' | 'onProgress'>>,
): Promise<void> {
  for (const mission of missions) {
    const { name } = mission;
    await withProject(await readSources(mission), (root) => publishMission({ registry, root, mission: name }));
    await activateVersion({ registry, ref: { mission: name, number: 1 }, by: 'bench' });
  }
  const fleet = await startFleet({ registry, temporal, missions: missions.map(({ name }) => name), drainMs: 1_000 });
  try {
    await fleet.ready();
    const ids = await allEnded(missions.map((mission) => runAll(mission, registry, temporal.client)));
    onProgress(`${ids.flat().length} runs of ${missions.length} missions ended`);
    await collect(registry, temporal.client, ids.flat(), redacted);
  } finally {
    await fleet.shutdown();
  }
}

/** Waits for all, also when one fails: nobody may be on the line when the connection is closed. */
async function allEnded<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** @returns workflow ids */
async function runAll({ name, runs }: BenchMission, registry: Registry, client: Client): Promise<string[]> {
  const prefix = `${name}-${process.pid}`;
  const left = runs.entries();
  const work = async () => {
    for (const [index, { input, drive }] of left) {
      const workflowId = `${prefix}-${index + 1}`;
      await startMission({ registry, client, mission: name, input, workflowId });
      const handle = client.workflow.getHandle(workflowId);
      await drive?.(handle);
      await handle.result();
    }
  };
  await allEnded(Array.from({ length: RUNS_AT_ONCE }, work));
  return runs.map((_, index) => `${prefix}-${index + 1}`);
}

const NOTHING_DECLARED = { input: {}, output: {}, tools: {} };

async function collect(registry: Registry, client: Client, ids: readonly string[], redacted: boolean): Promise<void> {
  const runs = ids.map((workflowId) => ({ workflowId }));
  const secret = { redactionKey: new Uint8Array(32), ...(redacted ? {} : { schemas: NOTHING_DECLARED }) };
  for await (const collected of collectRecordings({ client, registry, runs, ...secret })) {
    if (collected.status === 'failed') throw collected.error;
    if (collected.status !== 'stored') throw new Error(`A run was not recorded: ${JSON.stringify(collected)}`);
  }
}

async function readHistories(registry: Registry, missions: readonly BenchMission[]) {
  const histories = new Map<string, RecordedHistory[]>();
  for (const { name } of missions) {
    const list: RecordedHistory[] = [];
    for await (const { summary, content } of registry.recordings.stream({ mission: name })) {
      const { workflowId } = summary;
      for (const history of decodeRecordingContent(content)) list.push({ workflowId, history });
    }
    histories.set(name, list);
  }
  return histories;
}
