/** What a process that counts code is told and asked. */
import type { CodeRange, WalkedFunction } from '../compare/code-coverage.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { AnswerPolicy, ReplayLimits } from './answer-policy.ts';
import type { GivenAnswers } from './live-answers.ts';

export interface CoverageOptions {
  /** A bundle of workflow code. */
  readonly code: string;
  /** Absent for plain workflows. */
  readonly definition: MissionDefinition | undefined;
  /** What of it is looked at. */
  readonly modules: readonly CodeRange[];
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
  /** Of the policy (`declared-reads.ts`). */
  readonly reads?: readonly string[] | undefined;
}

/** A recording that is replayed to see which code runs. */
export interface CoverageTask {
  readonly summary: RecordingSummary;
  readonly content: Uint8Array;
  /** What its steps were answered anew before: nothing is asked here. */
  readonly given?: GivenAnswers | undefined;
}

/** What the recording made run; nothing of one that cannot be replayed. */
export type CoverageAnswer = readonly WalkedFunction[] | undefined;
