/**
 * `npm run bench:start`: starting runs with our client, which routes, checks, stamps and pins, beside Temporal's own
 * `client.workflow.start` pinned to the same version. Both in one process on one server, taking turns, so that whatever
 * the machine does meanwhile hits both. No worker polls while it measures: a start is measured, not a run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { createMissionClient } from '../../src/client/mission-client.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { activateVersion } from '../../src/release/activate-version.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';

const MISSION = 'refund-eligibility';
const root = fileURLToPath(new URL('../..', import.meta.url));
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const starts = Number(process.env['BENCH_STARTS'] ?? 150);
const AT_ONCE = 16;

type Start = (workflowId: string, input: unknown) => Promise<unknown>;

interface Measured {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

async function publish(registry: Registry): Promise<string> {
  const artifact = await buildArtifact({ root, mission: MISSION });
  await registry.artifacts.put(artifact);
  const entry = { author: 'bench', message: 'bench', commit: null, environment: {} };
  await registry.versions.append({ mission: MISSION, artifact: artifact.digest, kind: 'publish', ...entry });
  await activateVersion({ registry, ref: { mission: MISSION, number: 1 }, by: 'bench' });
  return artifact.digest;
}

const requests = generateRequests(1, 1_000);
const inputOf = (index: number) => requests[index % requests.length];
let sequence = 0;

async function timed(start: Start): Promise<number> {
  sequence += 1;
  const startedMs = performance.now();
  await start(`bench-${sequence}`, inputOf(sequence));
  return performance.now() - startedMs;
}

async function perSecond(start: Start): Promise<number> {
  const startedMs = performance.now();
  let left = starts;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await timed(start);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return (starts / (performance.now() - startedMs)) * 1_000;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** One after the other, the two ways by turns; then many at once, the order swapped each round. */
async function measure(ways: readonly [Start, Start], round: number): Promise<[Measured, Measured]> {
  const times: [number[], number[]] = [[], []];
  for (let index = 0; index < starts; index += 1) {
    for (const way of index % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) times[way].push(await timed(ways[way]));
  }
  const rates: [number, number] = [0, 0];
  for (const way of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) rates[way] = await perSecond(ways[way]);
  const of = (way: 0 | 1): Measured => ({
    p50Ms: quantile(times[way], 0.5),
    p99Ms: quantile(times[way], 0.99),
    perSecond: rates[way],
  });
  return [of(0), of(1)];
}

function line(name: string, { p50Ms, p99Ms, perSecond: rate }: Measured): void {
  const times = `p50 ${p50Ms.toFixed(2).padStart(6)} ms   p99 ${p99Ms.toFixed(2).padStart(7)} ms`;
  console.log(`${name.padEnd(42)}${times}   ${rate.toFixed(0).padStart(5)} starts/s, ${AT_ONCE} at once`);
}

const folder = await mkdtemp(join(tmpdir(), 'bench-start-'));
const registry = await openRegistry({ directory: join(folder, 'registry'), actor: 'bench' });
const embedded = { directory: join(folder, 'temporal'), owner: 'process' as const };
const temporal = await connectTemporal({ env: {}, embedded });
try {
  const artifact = await publish(registry);
  const fleet = await startFleet({ registry, temporal });
  await fleet.ready();
  await fleet.shutdown();
  const client = await createMissionClient({ registry, temporal });
  const mission = client.mission(MISSION);
  const { taskQueue, deployment } = placementOf(MISSION, artifact, await registry.deployments.nameOf(MISSION));
  const ours: Start = (workflowId, input) => mission.start(input, { workflowId });
  const plain: Start = (workflowId, input) =>
    temporal.client.workflow.start(MISSION, {
      workflowId,
      taskQueue,
      args: [input],
      versioningOverride: { pinnedTo: deployment },
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
  console.log(
    `${rounds} rounds of ${starts} starts each way; ${availableParallelism()} processors; node ${process.version}`,
  );
  await measure([plain, ours], 0);
  const ratios: [number, number, number][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const [theirs, own] = await measure([plain, ours], round);
    console.log(`\nRound ${round} of ${rounds}`);
    line('Temporal’s client.workflow.start, pinned', theirs);
    line('ours: routed, checked, stamped, pinned', own);
    ratios.push([own.p50Ms / theirs.p50Ms, own.p99Ms / theirs.p99Ms, own.perSecond / theirs.perSecond]);
  }
  const median = (column: 0 | 1 | 2) =>
    quantile(
      ratios.map((ratio) => ratio[column]),
      0.5,
    ).toFixed(2);
  console.log(
    `\nMedian ratios, ours to Temporal’s: p50 ${median(0)}, p99 ${median(1)}, starts per second ${median(2)}.`,
  );
  await client.close();
} finally {
  await temporal.close();
  await temporal.embedded?.stop();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
}
