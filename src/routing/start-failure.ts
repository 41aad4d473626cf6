/** What the Temporal server says when it refuses a start, in our words. */
import type { RunStamp } from '../mission/wire.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';

export function startFailure(error: unknown, stamp: RunStamp): MissionError {
  const text = fullMessage(error);
  const options = { cause: error, details: { mission: stamp.mission, version: stamp.version } };
  if (isNotHosted(error)) {
    return new MissionError(
      'VERSION_NOT_HOSTED',
      `No worker hosts ${stamp.version}, so the server refuses to start a run on it.`,
      {
        ...options,
        remedy: `Nothing was started. Start a worker with: mission worker --mission ${stamp.mission}, and try again when it says that ${stamp.version} is ready.`,
      },
    );
  }
  const status = grpcStatusOf(error) ?? 'no answer';
  return new MissionError(
    'TEMPORAL_UNAVAILABLE',
    `The Temporal server did not start a run of ${stamp.version} (${status}): ${text}`,
    {
      ...options,
      remedy:
        'Check the address and that the server is up. Starting the same workflow id again is safe: at most one run is made.',
    },
  );
}

/** Whether the server refused because it does not know a worker of the version. */
export function isNotHosted(error: unknown): boolean {
  return /not present in task queue|no worker.* versions?|deployment version .*not found/i.test(fullMessage(error));
}

/** The client wraps what the server said. */
function fullMessage(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}
