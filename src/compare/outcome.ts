/** What the replay of one recording found. A report is made of these and of nothing else. */

import type { RunEnd, StepKind, StepStatus } from '../recording/trace.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { Json } from '../shared/json.ts';
import type { Difference } from './difference.ts';

/**
 * - `matched`: same commands, same end (after the compare rules).
 * - `changed`: the end or the effects differ: what a run asks of the world and nothing declares to be a read, be it a contract or the policy.
 * - `diverged`: steps differ on the way, the end and the effects are the same.
 * - `unanswered`: it asked what the recording cannot answer, and the policy said stop.
 * - `failed`: the candidate itself failed: its code threw, hung, or broke a limit.
 */
export type ReplayOutcome = 'matched' | 'changed' | 'diverged' | 'unanswered' | 'failed';

/** How a candidate's step got its answer, best first. */
export type EvidenceGrade = 'exact' | 'volatile' | 'stale' | 'live' | 'simulated' | 'none';

/** One command as it is compared: what a run asks of the world. */
export interface StepCommand {
  /** Step id of the kit (`judge#1`), or `<activity type>#<n>`, `timer#<n>`, … for plain Temporal commands; `cancel:<step>`. */
  readonly step: string;
  readonly kind: StepKind | 'cancel' | 'update' | 'memo' | 'patch' | 'search-attributes' | 'end';
  readonly name: string;
  readonly effect?: 'read' | 'write';
  readonly request: Json;
}

export interface Divergence {
  /** `request`: same step, other request. `missing`: recorded, not issued. `extra`: issued, not recorded. `order`: both issued, in another order. `replaced`: another step stands in its place. `end`: another result. */
  readonly kind: 'request' | 'missing' | 'extra' | 'order' | 'replaced' | 'end';
  /** The step that a person should look at first. */
  readonly step: string;
  /** Ordinal of the command in the recorded run, from 0. */
  readonly index: number;
  readonly baseline: StepCommand | null;
  readonly candidate: StepCommand | null;
  readonly differences: readonly Difference[];
}

/** One step of the candidate's way, for the side-by-side trace. */
export interface ReplayedStep {
  readonly id: string;
  readonly kind: StepCommand['kind'];
  readonly name: string;
  readonly status: StepStatus;
  readonly request: Json;
  readonly result: Json;
  readonly failure?: string;
  readonly evidence: EvidenceGrade;
}

/** A write that a run makes, in order; replay compares them and never executes one. What nothing declares to be a read is one. */
export interface Effect {
  readonly step: string;
  /** Absent: a tool of the mission. A Nexus operation is an activity of another team, a cancellation of another run a signal. */
  readonly kind?: Extract<StepKind, 'activity' | 'child' | 'signal'>;
  /** The name of the tool; the type of the activity or child; `service.operation`; the name of the signal, or `cancel`. */
  readonly tool: string;
  /** Of a child `{ workflowId, input }`, of an operation `{ endpoint, input }`, of a signal `{ workflowId, input }`. */
  readonly request: Json;
}

/** Whether the candidate can be given the recorded history at all; payloads do not count here. */
export type Determinism = { readonly deterministic: true } | { readonly deterministic: false; readonly reason: string };

/** What was cut of a result to be shown, after all of it was compared; each with how much. */
export interface CutNote {
  /** Values and texts that stand there as what they began with, their length and their digest. */
  readonly values?: number;
  /** Entries that were left out. */
  readonly steps?: number;
  readonly effects?: number;
  readonly effectDifferences?: number;
}

export interface ReplayResult {
  readonly recording: RecordingSummary;
  readonly outcome: ReplayOutcome;
  readonly baselineEnd: RunEnd;
  /** `null` when the candidate did not reach an end. */
  readonly candidateEnd: RunEnd | null;
  /** Differences of the ends, after the compare rules. Pointers are into the result: `/approve`. */
  readonly endDifferences: readonly Difference[];
  readonly baselineEffects: readonly Effect[];
  readonly candidateEffects: readonly Effect[];
  readonly effectDifferences: readonly Difference[];
  /** The first command that differs. */
  readonly divergence: Divergence | null;
  /** Steps of the candidate's own way, present when it is not `matched`. */
  readonly steps: readonly ReplayedStep[];
  /** Where the evidence ended, when `unanswered`. */
  readonly unanswered?: {
    readonly step: string;
    readonly kind: StepCommand['kind'];
    readonly reason: string;
    readonly remedy: string;
  };
  /** Of an open run that was followed as far as it is recorded: what the candidate would ask for next. Not compared. */
  readonly beyond?: readonly StepCommand[];
  /** Why the candidate failed, when `failed`. */
  readonly failure?: {
    readonly message: string;
    readonly step?: string;
    /** The function of the candidate's code that threw, where it has a name. */
    readonly thrownIn?: string;
    /** It took its process with it: by a limit of time or memory, or otherwise. */
    readonly isFatal?: true;
    /** It would have gone on: a limit of time, of steps or of links stopped it. */
    readonly isEndless?: true;
  };
  readonly determinism: Determinism;
  /** Patches that the recording has no marker of, and that the candidate took as a new run takes them; sorted. */
  readonly assumedPatches?: readonly string[];
  /** Places where a compare rule or a volatile field forgave a difference, as `forgiven.ts` names them; sorted, absent when nowhere. */
  readonly forgiven?: readonly string[];
  /** Names among the policy's `reads` that a step of the recorded run or of the candidate has, in their order; absent when none. */
  readonly readsUsed?: readonly string[];
  /** Temporal's own replayer on the same history, when it was asked. */
  readonly official?: Determinism;
  /** Answers by grade. */
  readonly evidence: Readonly<Partial<Record<EvidenceGrade, number>>>;
  /** Absent where all is there. */
  readonly cut?: CutNote;
  readonly durationMs: number;
}

/** A recording that is not counted, and why. */
export interface ExcludedRecording {
  readonly recording: Pick<RecordingSummary, 'id' | 'workflowId' | 'runId'>;
  readonly reason: 'unfaithful' | 'unreadable' | 'unsupported' | 'still-open' | 'deleted';
  readonly detail: string;
}
