import { scheduleActivity } from '@temporalio/workflow';
import type { RunState } from '../run-state.ts';
import type { StepContext } from '../wire.ts';

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_ATTEMPTS = 5;

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
  return scheduleActivity<Result>(call.activityType, [call.request, context], {
    activityId: call.context.step,
    startToCloseTimeout: call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retry: { maximumAttempts: call.attempts ?? DEFAULT_ATTEMPTS, initialInterval: 500, maximumInterval: 30_000 },
    summary: call.summary,
  });
}
