/** Replays whose coordinator died: what is left of them goes. */
import type { Client } from '@temporalio/client';
import type { Registry } from '../registry/registry.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';
import { replayWorkflowId } from './replay-places.ts';

/** Removes them from the registry, and ends their workflows; any number of processes may. */
export async function sweepReplays({ replays }: Pick<Registry, 'replays'>, client: Client): Promise<void> {
  for (const replay of await replays.removeAbandoned())
    await terminateReplay(client, replay, 'its coordinator is gone');
}

/** Ends the workflow of a replay; one that is over stays as it is. */
export async function terminateReplay(client: Client, replay: string, reason: string): Promise<void> {
  await client.workflow
    .getHandle(replayWorkflowId(replay))
    .terminate(reason)
    .catch((error: unknown) => {
      if (grpcStatusOf(error) !== 'NOT_FOUND' && (error as Error).name !== 'WorkflowNotFoundError') throw error;
    });
}
