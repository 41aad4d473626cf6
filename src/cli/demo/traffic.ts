/** Real runs for the demo: started pinned through the router, awaited, and recorded. */
import type { Client } from '@temporalio/client';
import { collectRecordings } from '../../recording/collect.ts';
import type { Registry } from '../../registry/registry.ts';
import { startMission } from '../../routing/start-mission.ts';
import type { Json } from '../../shared/json.ts';
import type { Progress } from '../progress.ts';
import { MISSION } from './scratch-project.ts';

/** Runs under way at a time: enough to keep two processors busy, few enough for a laptop. */
const AT_ONCE = 24;

export interface RunDone {
  readonly workflowId: string;
  readonly runId: string;
  readonly approved: boolean;
}

/** Runs every request to its end. @throws whatever a run failed with */
export async function runRequests(
  registry: Registry,
  client: Client,
  requests: readonly Json[],
  progress: Progress,
): Promise<RunDone[]> {
  const runs: RunDone[] = [];
  const queue = requests.entries();
  const work = async () => {
    for (const [index, input] of queue) {
      const workflowId = `refund-${String(index + 1).padStart(4, '0')}`;
      const { runId } = await startMission({ registry, client, mission: MISSION, input, workflowId });
      const verdict = (await client.workflow.getHandle(workflowId, runId).result()) as { readonly approve: boolean };
      runs.push({ workflowId, runId, approved: verdict.approve });
      progress.update(runs.length, requests.length, `${runs.filter((run) => run.approved).length} approved`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return runs;
}

/** Stores the recordings of ended runs; how many there are. @throws the first failure */
export async function recordRuns(
  registry: Registry,
  client: Client,
  redactionKey: Uint8Array,
  runs: readonly RunDone[],
  progress: Progress,
): Promise<number> {
  let stored = 0;
  for await (const run of collectRecordings({ client, registry, redactionKey, runs })) {
    if (run.status === 'failed') throw run.error;
    if (run.status !== 'stored') continue;
    stored += 1;
    progress.update(stored, runs.length);
  }
  return stored;
}
