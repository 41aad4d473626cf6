/** Where the parts of a replay in shards meet on the Temporal server. */
import { ownPackageVersion } from '../artifact/kit-location.ts';

/** Two releases may replay otherwise: shards are taken by workers of the coordinator's own. */
export function ownRelease(): string {
  return ownPackageVersion('mission-runtime');
}

/** Where workers take shards. */
export function shardQueue(release: string): string {
  return `mission-replay/${release}`;
}

/** Of the workflow, which its coordinator runs itself; and of the task queue that it alone polls. */
export function replayWorkflowId(replay: string): string {
  return `mission-replay/${replay}`;
}
