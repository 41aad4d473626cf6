/**
 * Steps of shadow runs, before any code of the author is called. Real runs pass.
 *
 * What a step is, the definitions of both versions say (`shadow-source.ts`); what the run says of itself does not count.
 */
import type { Context as ActivityContext } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { MissionDefinition } from '../mission/definition.ts';
import { isShadowRun, ROUTE_ACTIVITY } from '../mission/wire.ts';
import { type ShadowHost, unansweredFailure } from './shadow-host.ts';
import { shadowSource } from './shadow-source.ts';

/** @param candidate - of the artifact that the worker hosts */
export function shadowInterceptors(
  candidate: MissionDefinition,
  host: ShadowHost | undefined,
): (context: ActivityContext) => ActivityInterceptors {
  return ({ info, cancellationSignal }) => ({
    inbound: {
      async execute(input, next) {
        const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
        if (!isShadowRun(workflowId)) return next(input);
        const { activityId, activityType, attempt, scheduledTimestampMs: scheduledAtMs } = info;
        if (activityType === ROUTE_ACTIVITY) throw staysOnItsVersion();
        const facts = await host?.find(workflowId);
        if (host === undefined || facts === undefined) {
          throw unansweredFailure(activityId, 'this worker knows of no real run beside it');
        }
        if (shadowSource(activityType, candidate, facts.definition) === 'live') return next(input);
        const signal = cancellationSignal;
        return host.answer({ workflowId, runId, activityId, activityType, attempt, scheduledAtMs, signal });
      },
    },
  });
}

/** A run that gets no answer where it goes stays on its version, and a shadow has to. */
function staysOnItsVersion(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('A shadow run stays on its version.', 'ShadowBlocked');
}
