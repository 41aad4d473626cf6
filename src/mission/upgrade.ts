/**
 * Going on as another version when a run continues as new, for missions that declare it.
 *
 * The worker is asked where the route sends the run (`fleet/route-activity.ts`); what it answers is in the history, so a replay
 * needs no route. A run that gets no answer goes on as the version that it is on: that is always safe.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import {
  ActivityFailure,
  CancellationScope,
  type ContinueAsNew,
  isCancellation,
  scheduleActivity,
} from '@temporalio/workflow';
import { nextMemo } from './run-origin.ts';
import { MEMO_STAMP, ROUTE_ACTIVITY, type RouteAnswer, type RouteQuestion } from './wire.ts';

/** `CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_AUTO_UPGRADE`: the next link begins on the deployment's current version. */
const AUTO_UPGRADE = 1;

/** Whether an error is a run's wish to continue as its own mission. */
export function continuesAs(mission: string, error: unknown): error is ContinueAsNew {
  return (
    (error as { readonly name?: unknown } | null)?.name === 'ContinueAsNew' &&
    (error as ContinueAsNew).command.workflowType === mission
  );
}

/** Asks where the run goes next, and has it begin there, stamped so. */
export async function routeNextLink({ command }: ContinueAsNew): Promise<void> {
  const [input] = command.arguments ?? [];
  const answer = await askRoute({ input: input ? defaultPayloadConverter.fromPayload(input) : null });
  if (answer === undefined) return;
  Object.assign(command, {
    memo: { ...nextMemo(command), [MEMO_STAMP]: defaultPayloadConverter.toPayload(answer.stamp) },
    ...(answer.upgrade && { initialVersioningBehavior: AUTO_UPGRADE }),
  });
}

async function askRoute(question: RouteQuestion): Promise<RouteAnswer | undefined> {
  try {
    return await CancellationScope.nonCancellable(() =>
      scheduleActivity<RouteAnswer>(ROUTE_ACTIVITY, [question], {
        activityId: ROUTE_ACTIVITY,
        startToCloseTimeout: 10_000,
        scheduleToCloseTimeout: 60_000,
        retry: { initialInterval: 500, maximumInterval: 5_000 },
        summary: 'where the next link goes',
      }),
    );
  } catch (error) {
    if (error instanceof ActivityFailure && !isCancellation(error)) return undefined;
    throw error;
  }
}
