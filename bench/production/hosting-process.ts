/**
 * A process that hosts versions and tells what it weighs: `hosting-process.ts <ours|sdk> <database URL> <Temporal address>
 * <workers>`. `ours` is a fleet that hosts what the registry asks for; `sdk` is so many plain workers with the SDK's
 * defaults, each with the same bundle. Each hosted version has executed a run before it is weighed.
 */
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../src/artifact/load-activities.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { SILENT_SINKS } from '../../test/support/silent-sinks.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { MISSION } from './stand.ts';

/** What is told to the parent. */
export interface Weighed {
  readonly workers: number;
  readonly readySeconds: number;
  /** Resident memory of the whole process before anything is hosted, and with all hosted; in bytes. */
  readonly emptyRss: number;
  readonly rss: number;
}

const [kind, databaseUrl, address = '', count = '1'] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR') });
const registry = await openRegistry({ databaseUrl, actor: 'bench' });
const temporal = await connectTemporal({ address, env: {} });
const input = generateRequests(1, 1)[0];

/** A run on each version that the route gives traffic to. */
async function runEachVersion({ client }: TemporalConnection, from: Registry): Promise<void> {
  const name = await from.deployments.nameOf(MISSION);
  for (const { version } of (await from.routes.current(MISSION))?.weights ?? []) {
    const { artifact } = await from.versions.get(MISSION, version);
    const { taskQueue, deployment } = placementOf(MISSION, artifact, name);
    const workflowId = `weighed-${process.pid}-${version}`;
    await client.workflow.execute(MISSION, {
      workflowId,
      taskQueue,
      args: [input],
      versioningOverride: { pinnedTo: deployment },
    });
  }
}

async function hostOurs(): Promise<() => Promise<unknown>> {
  const fleet = await startFleet({ registry, temporal, drainMs: 500 });
  await fleet.ready(300_000);
  await runEachVersion(temporal, registry);
  return () => fleet.shutdown();
}

async function hostPlain(): Promise<() => Promise<unknown>> {
  const artifact = await registry.artifacts.get((await registry.versions.get(MISSION, 1)).artifact);
  const [workflowBundle, activities] = [await linkWorkflowBundle(artifact), await loadActivities(artifact)];
  const connection = await temporal.openNative();
  const workers: { worker: Worker; ended: Promise<void> }[] = [];
  for (let index = 0; index < Number(count); index += 1) {
    const taskQueue = `plain-${process.pid}-${index}`;
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, sinks: SILENT_SINKS });
    workers.push({ worker, ended: worker.run() });
    await temporal.client.workflow.execute(MISSION, { workflowId: taskQueue, taskQueue, args: [input] });
  }
  return async () => {
    for (const { worker } of workers) worker.shutdown();
    await Promise.all(workers.map(({ ended }) => ended));
  };
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

const emptyRss = residentBytes();
const startedMs = performance.now();
const stop = await (kind === 'ours' ? hostOurs() : hostPlain());
const readySeconds = (performance.now() - startedMs) / 1_000;
process.send?.({ workers: Number(count), readySeconds, emptyRss, rss: residentBytes() } satisfies Weighed);
await stop();
await temporal.close();
await registry.close();
process.disconnect?.();
