/** What a fleet needs to host shadow runs. Whoever follows shadows provides it; without it, shadows end at once. */
import { ApplicationFailure } from '@temporalio/common';
import type { MissionDefinition } from '../mission/definition.ts';
import { SHADOW_UNANSWERED } from '../mission/wire.ts';

/** The real run beside which a shadow runs. */
export interface ShadowFacts {
  /** Of the version that the real run began on. */
  readonly definition: MissionDefinition;
  readonly workflowId: string;
  /** Of its first link. */
  readonly runId: string;
  /** The random seed of that link, as Temporal gives it. */
  readonly seed: readonly number[];
}

/** One attempt of a step that may not run. */
export interface BlockedStep {
  /** Of the shadow. */
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
  readonly activityType: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** When the step was first scheduled, in milliseconds since 1970. */
  readonly scheduledAtMs: number;
  readonly signal: AbortSignal;
}

export interface ShadowHost {
  /** @returns `undefined` when the registry has no such shadow; rejects while it cannot be read */
  find(workflowId: string): Promise<ShadowFacts | undefined>;
  /**
   * The answer that the real run got for the same step.
   *
   * @throws ApplicationFailure as the real run's step failed; retryable while the real run has not come so far; of type
   *   {@link SHADOW_UNANSWERED} when it never will.
   */
  answer(step: BlockedStep): Promise<unknown>;
}

/** Ends a shadow at a step: there is nothing in the real run to answer it by. */
export function unansweredFailure(step: string, reason: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: SHADOW_UNANSWERED,
    message: reason,
    nonRetryable: true,
    details: [{ step, reason }],
  });
}
