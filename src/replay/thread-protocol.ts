/** What the pool and its threads say to each other. Everything here survives structured cloning. */
import type { ExcludedRecording, ReplayResult } from '../compare/outcome.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { AnswerPolicy, ReplayLimits } from './answer-policy.ts';
import type { CommandView } from './command-view.ts';
import type { LiveAnswer } from './live-answers.ts';
import type { Sampling } from './sampling.ts';

/** A target as a thread needs it. */
export interface ThreadTarget {
  readonly code: string;
  readonly definition: MissionDefinition | undefined;
}

export interface ThreadOptions {
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
  /** Whether steps may be asked again: then a thread has several recordings waiting at a time, otherwise one after another. */
  readonly waits: boolean;
}

export interface ReplayTask {
  readonly id: number;
  readonly summary: RecordingSummary;
  /** As `encodeRecordingContent` writes it. */
  readonly content: Uint8Array;
  /** Keys of targets that were loaded before. */
  readonly candidate: string;
  readonly baseline: string | undefined;
  /** When the recording is drawn once more. */
  readonly sampling?: Sampling | undefined;
}

export type ReplayEvent =
  | { readonly kind: 'result'; readonly result: ReplayResult }
  | { readonly kind: 'excluded'; readonly excluded: ExcludedRecording };

export type ToThread =
  | { readonly kind: 'load'; readonly key: string; readonly target: ThreadTarget }
  | { readonly kind: 'forget'; readonly key: string }
  | { readonly kind: 'task'; readonly task: ReplayTask }
  | { readonly kind: 'live-answer'; readonly askId: number; readonly answer: LiveAnswer };

export type FromThread =
  | { readonly kind: 'begun'; readonly id: number }
  /** `next`: the task that it begins now; no message of its own says so. */
  | { readonly kind: 'done'; readonly id: number; readonly event: ReplayEvent; readonly next: number | undefined }
  | { readonly kind: 'live-ask'; readonly id: number; readonly askId: number; readonly view: CommandView };
