/** What the pool and its processes say to each other. Everything here survives structured cloning. */
import type { ExcludedRecording, ReplayResult } from '../compare/outcome.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { AnswerPolicy, ReplayLimits } from './answer-policy.ts';
import type { CommandView } from './command-view.ts';
import type { LiveAnswer } from './live-answers.ts';
import type { RuledVersions } from './rule-book.ts';
import type { Sampling } from './sampling.ts';

/** A target as a process needs it. */
export interface ProcessTarget {
  readonly code: string;
  readonly definition: MissionDefinition | undefined;
  readonly rulesOf?: RuledVersions | undefined;
}

export interface ProcessOptions {
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
  /** Of the policy (`declared-reads.ts`). */
  readonly reads?: readonly string[] | undefined;
  /** Whether steps may be asked again: then a process has several recordings waiting at a time, otherwise one after another. */
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

export type ToProcess =
  /** Comes first. */
  | { readonly kind: 'options'; readonly options: ProcessOptions }
  | { readonly kind: 'load'; readonly key: string; readonly target: ProcessTarget }
  | { readonly kind: 'forget'; readonly key: string }
  | { readonly kind: 'task'; readonly task: ReplayTask }
  | { readonly kind: 'live-answer'; readonly askId: number; readonly answer: LiveAnswer };

/** What a process says of one task. */
export type TaskMessage =
  | { readonly kind: 'begun'; readonly id: number }
  /** `next`: the task that it begins now; no message of its own says so. */
  | { readonly kind: 'done'; readonly id: number; readonly event: ReplayEvent; readonly next: number | undefined }
  | { readonly kind: 'live-ask'; readonly id: number; readonly askId: number; readonly view: CommandView };

export type FromProcess =
  /** Everything is loaded, and it takes tasks. */
  | { readonly kind: 'ready' }
  /** Something was thrown where nobody catches it; nothing that it says from now on counts. */
  | { readonly kind: 'broken'; readonly reason: string }
  | TaskMessage;
