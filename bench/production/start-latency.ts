/**
 * Starts through our client, which routes, checks, stamps and pins, beside `client.workflow.start` pinned to the same
 * version: by turns in one process on one server. No worker polls meanwhile: a start is measured, not a run.
 */
import type { Artifact } from '../../src/artifact/artifact.ts';
import { createMissionClient, type MissionClient } from '../../src/client/mission-client.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { placementOf } from '../../src/routing/placement.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { against, median, ms, perSecond, quantile, row, times } from './numbers.ts';
import { buildMission, MISSION, publishArtifact, type Stand, shareTraffic } from './stand.ts';

const AT_ONCE = 16;

export type Start = (workflowId: string, input: unknown) => Promise<unknown>;

interface Way {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

export interface StartRound {
  readonly plain: Way;
  readonly ours: Way;
}

const requests = generateRequests(1, 1_000);
let sequence = 0;

/** @returns how long one start took, in milliseconds */
export async function timedStart(start: Start): Promise<number> {
  sequence += 1;
  const startedMs = performance.now();
  await start(`bench-${sequence}`, requests[sequence % requests.length]);
  return performance.now() - startedMs;
}

async function rateOf(start: Start, starts: number): Promise<number> {
  const startedMs = performance.now();
  let left = starts;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await timedStart(start);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return (starts / (performance.now() - startedMs)) * 1_000;
}

/** One after the other, the two by turns; then many at once, the order swapped each round. */
async function measureRound(plain: Start, ours: Start, starts: number, round: number): Promise<StartRound> {
  const took = { plain: [] as number[], ours: [] as number[] };
  const ways = { plain, ours };
  const order = (index: number) => (index % 2 === 0 ? (['plain', 'ours'] as const) : (['ours', 'plain'] as const));
  for (let index = 0; index < starts; index += 1)
    for (const way of order(index)) took[way].push(await timedStart(ways[way]));
  const rates = { plain: 0, ours: 0 };
  for (const way of order(round)) rates[way] = await rateOf(ways[way], starts);
  const summary = (way: 'plain' | 'ours'): Way => ({
    p50Ms: median(took[way]),
    p99Ms: quantile(took[way], 0.99),
    perSecond: rates[way],
  });
  return { plain: summary('plain'), ours: summary('ours') };
}

/** Hosts what the route asks for until the server knows it; it may be started from then on. */
export async function introduce(stand: Stand, registry: Registry): Promise<void> {
  const fleet = await startFleet({ registry, temporal: stand.temporal, drainMs: 1_000 });
  try {
    await fleet.ready(120_000);
  } finally {
    await fleet.shutdown();
  }
}

export function startsOf(client: MissionClient): Start {
  const mission = client.mission(MISSION);
  return (workflowId, input) => mission.start(input as never, { workflowId });
}

async function plainStarts({ temporal }: Stand, registry: Registry, artifact: Artifact): Promise<Start> {
  const { taskQueue, deployment } = placementOf(MISSION, artifact.digest, await registry.deployments.nameOf(MISSION));
  return (workflowId, input) =>
    temporal.client.workflow.start(MISSION, {
      workflowId,
      taskQueue,
      args: [input],
      versioningOverride: { pinnedTo: deployment },
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
}

export async function measureStarts(stand: Stand, rounds: number, starts: number): Promise<readonly StartRound[]> {
  const { registry } = await stand.newRegistry();
  const artifact = await buildMission();
  await publishArtifact(registry, artifact);
  await shareTraffic(registry, MISSION, [1]);
  await introduce(stand, registry);
  const client = await createMissionClient({ registry, temporal: stand.temporal });
  try {
    const [plain, ours] = [await plainStarts(stand, registry, artifact), startsOf(client)];
    await measureRound(plain, ours, starts, 0);
    const measured: StartRound[] = [];
    for (let round = 1; round <= rounds; round += 1) measured.push(await measureRound(plain, ours, starts, round));
    return measured;
  } finally {
    await client.close();
  }
}

export function describeStarts(rounds: readonly StartRound[]): readonly string[] {
  const ratio = (of: (way: Way) => number) => median(rounds.map(({ plain, ours }) => of(ours) / of(plain)));
  const columns = (way: 'plain' | 'ours') => [
    ms(median(rounds.map((round) => round[way].p50Ms))),
    ms(median(rounds.map((round) => round[way].p99Ms))),
    perSecond(median(rounds.map((round) => round[way].perSecond))),
  ];
  const p50 = ratio(({ p50Ms }) => p50Ms);
  return [
    row('', 'p50', 'p99', `${AT_ONCE} at once`),
    row('client.workflow.start, pinned', ...columns('plain')),
    row('ours: routed, checked, stamped, pinned', ...columns('ours')),
    row(
      'ratio, median of the rounds',
      times(p50),
      times(ratio(({ p99Ms }) => p99Ms)),
      times(ratio(({ perSecond: rate }) => rate)),
    ),
    `  p50 is ${against(p50 <= 1.1, '1.10×')}.`,
  ];
}
