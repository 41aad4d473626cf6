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

/** Characters of the bundle's code, from the first to behind the last. */
export interface CodeRange {
  readonly start: number;
  readonly end: number;
}

/** A function of the bundle, and what happened to it in one replay. */
export interface WalkedFunction extends CodeRange {
  /** As V8 names it; `''` where it has no name. */
  readonly name: string;
  readonly isRun: boolean;
  /** What of it did not run, where it ran. */
  readonly skipped: readonly CodeRange[];
}

export type FromCoverageThread = { readonly functions: readonly WalkedFunction[] } | { readonly failed: string };
