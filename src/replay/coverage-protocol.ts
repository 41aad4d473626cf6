import type { CodeRange, WalkedFunction } from '../compare/code-coverage.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { AnswerPolicy, ReplayLimits } from './answer-policy.ts';

export interface CoverageThreadOptions {
  /** A bundle of plain workflows. */
  readonly code: string;
  /** What of it is looked at. */
  readonly modules: readonly CodeRange[];
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
}

/** A recording that is replayed to see which code runs. */
export interface CoverageTask {
  readonly summary: RecordingSummary;
  readonly content: Uint8Array;
}

export type FromCoverageThread = { readonly functions: readonly WalkedFunction[] } | { readonly failed: string };
