/**
 * Whole runs per second: started through the router and executed by a fleet, beside the same workflow and activities on a
 * plain worker with the SDK's defaults, started with `client.workflow.start`. By turns, on one server.
 */
import { Worker } from '@temporalio/worker';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { loadActivities } from '../../src/artifact/load-activities.ts';
import { createMissionClient } from '../../src/client/mission-client.ts';
import { startFleet } from '../../src/fleet/fleet.ts';
import { SILENT_SINKS } from '../../test/support/silent-sinks.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { against, median, perSecond, row, times } from './numbers.ts';
import { buildMission, MISSION, publishArtifact, type Stand, shareTraffic } from './stand.ts';

const AT_ONCE = 40;
const PLAIN_QUEUE = 'plain';

export interface ThroughputRound {
  readonly plainPerSecond: number;
  readonly oursPerSecond: number;
}

type RunToEnd = (workflowId: string, input: unknown) => Promise<unknown>;

const requests = generateRequests(3, 1_000);
let sequence = 0;

async function rateOf(run: RunToEnd, runs: number): Promise<number> {
  const startedMs = performance.now();
  let left = runs;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      sequence += 1;
      await run(`throughput-${sequence}`, requests[sequence % requests.length]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return (runs / (performance.now() - startedMs)) * 1_000;
}

export async function measureThroughput(
  stand: Stand,
  rounds: number,
  runs: number,
): Promise<readonly ThroughputRound[]> {
  const { temporal } = stand;
  const { registry } = await stand.newRegistry();
  const artifact = await buildMission();
  await publishArtifact(registry, artifact);
  await shareTraffic(registry, MISSION, [1]);
  const fleet = await startFleet({ registry, temporal, drainMs: 1_000 });
  const connection = await temporal.openNative();
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: PLAIN_QUEUE,
    workflowBundle: await linkWorkflowBundle(artifact),
    activities: await loadActivities(artifact),
    sinks: SILENT_SINKS,
  });
  const client = await createMissionClient({ registry, temporal });
  try {
    await fleet.ready(60_000);
    const mission = client.mission(MISSION);
    const ours: RunToEnd = async (workflowId, input) => (await mission.start(input as never, { workflowId })).result();
    const plain: RunToEnd = (workflowId, input) =>
      temporal.client.workflow.execute(MISSION, { workflowId, taskQueue: PLAIN_QUEUE, args: [input] });
    return await worker.runUntil(() => byTurns(plain, ours, rounds, runs));
  } finally {
    await client.close();
    await fleet.shutdown();
    // The process would not end with it open.
    await connection.close();
  }
}

/** A first round warms both up and is not counted. */
async function byTurns(plain: RunToEnd, ours: RunToEnd, rounds: number, runs: number): Promise<ThroughputRound[]> {
  const measured: ThroughputRound[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const rates = new Map<RunToEnd, number>();
    for (const way of round % 2 === 0 ? [plain, ours] : [ours, plain]) rates.set(way, await rateOf(way, runs));
    measured.push({ plainPerSecond: rates.get(plain) ?? 0, oursPerSecond: rates.get(ours) ?? 0 });
  }
  return measured.slice(1);
}

export function describeThroughput(rounds: readonly ThroughputRound[]): readonly string[] {
  const ratio = median(rounds.map(({ plainPerSecond, oursPerSecond }) => oursPerSecond / plainPerSecond));
  return [
    row('', 'runs'),
    row('a plain worker, client.workflow.start', perSecond(median(rounds.map((round) => round.plainPerSecond)))),
    row('ours: router and fleet', perSecond(median(rounds.map((round) => round.oursPerSecond)))),
    row('ratio, median of the rounds', times(ratio)),
    `  It is ${against(ratio >= 0.95, '0.95×')}.`,
  ];
}
