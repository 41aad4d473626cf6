import { scheduleActivity } from '@temporalio/workflow';
import type { RunState } from '../run-state.ts';
import type { StepContext } from '../wire.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_ATTEMPTS = 5;
/**
 * A step whose worker says nothing for so long is taken for lost with it, and tried again. Workers speak up every few seconds
 * (`activity/scope.ts`), whatever the step does meanwhile.
 */
const HEARTBEAT_TIMEOUT_MS = 30_000;

export interface StepCall {
  readonly activityType: string;
  readonly request: unknown;
  readonly context: Omit<StepContext, 'notes'>;
  readonly summary: string;
  readonly timeoutMs: number | undefined;
  readonly attempts: number | undefined;
}

/** Runs one `model` or `tool` step: an activity whose id is the step's, with its request and its context. */
export function scheduleStep<Result>(run: RunState, call: StepCall): Promise<Result> {
  const context: StepContext = { ...call.context, ...run.takeNotes() };
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const attempts = call.attempts ?? DEFAULT_ATTEMPTS;
  return scheduleActivity<Result>(call.activityType, [call.request, context], {
    activityId: call.context.step,
    startToCloseTimeout: timeoutMs,
    // A step that has one attempt gains nothing by losing it early.
    ...(timeoutMs > HEARTBEAT_TIMEOUT_MS && attempts > 1 && { heartbeatTimeout: HEARTBEAT_TIMEOUT_MS }),
    retry: { maximumAttempts: attempts, initialInterval: 500, maximumInterval: 30_000 },
    summary: call.summary,
  });
}
