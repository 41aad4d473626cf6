/** The report: all outcomes of one replay, counted. It is evidence (DESIGN.md, decision 6): it names the hashes it rests on. */

import type { ComponentChange } from '../artifact/component-change.ts';
import type { Json } from '../shared/json.ts';
import type { Attribution } from './attribution.ts';
import type { CoverageReport } from './coverage.ts';
import type { IntendedReport } from './intended-tally.ts';
import type { NoiseReport } from './noise.ts';
import type {
  Divergence,
  EvidenceGrade,
  ExcludedRecording,
  ReplayOutcome,
  ReplayResult,
  StepCommand,
} from './outcome.ts';
import type { ReportedSample } from './population.ts';
import type { DeclaredRead } from './reads-counter.ts';

export interface VersionIdentity {
  /** `refund-eligibility@3`, or a path for plain workflows. */
  readonly name: string;
  readonly artifact: string;
}

/** Stands for the artifact of a baseline that was not given: recordings are then taken as they are. */
export const NOT_SELF_CHECKED = 'not self-checked';

/** What all groups have. */
export interface Group {
  /** Recordings in it. */
  readonly count: number;
  /** Recording id of one of them: the first by id. */
  readonly example: string;
  /** Present on the last group of a long list, which stands for this many groups that were folded into it. */
  readonly folded?: number;
}

/** Flips of one field of the outcome, grouped: `/approve` true → false, 21 runs. */
export interface FlipGroup extends Group {
  /** `''`: the run ended in another way. */
  readonly pointer: string;
  /** `undefined`: the field was not there, or the group is folded. Long values are clipped and end in `…`. */
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

/** Writes that would differ, grouped by tool and kind. A recording counts once in each group it is in. */
export interface EffectGroup extends Group {
  readonly tool: string;
  /** `dropped`: no longer made. `added`: made in addition. `changed`: made with another request. `moved`: in another order. */
  readonly kind: 'dropped' | 'added' | 'changed' | 'moved';
  /** Of `changed`: pointers into the request, most frequent first. */
  readonly pointers: readonly string[];
}

export interface DivergenceGroup extends Group {
  readonly step: string;
  readonly kind: Divergence['kind'];
  /** Pointers into the request that differ, most frequent first. */
  readonly pointers: readonly string[];
}

export interface UnansweredGroup extends Group {
  readonly step: string;
  readonly kind: StepCommand['kind'];
  readonly reason: string;
  readonly remedy: string;
}

export interface FailureGroup extends Group {
  readonly message: string;
  readonly step?: string;
}

/** A recording on which Temporal's own replayer and ours say different things about determinism. */
export interface Disagreement {
  readonly recording: string;
  readonly ours: string;
  readonly official: string;
}

export interface Verdict {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** Each with its arithmetic: `changed 34 of 214 > allowed 0`. The ones that decided come first. */
  readonly reasons: readonly string[];
  /** What the policy wants to be told of, and lets pass. */
  readonly warnings?: readonly string[];
}

export interface ReportCounts {
  readonly recordings: number;
  /** Recordings that the baseline replays as they were, and that were judged: the denominator of all outcomes. */
  readonly faithful: number;
  readonly excluded: number;
  readonly outcomes: Readonly<Record<ReplayOutcome, number>>;
  readonly effectsChanged: number;
  readonly determinismChecked: number;
  readonly determinismDisagreements: number;
}

/** What asking again took. A fact of the one replay and no part of what it found: the digest leaves it out. */
export interface LiveUse {
  /** Calls of models and tools, retries included. */
  readonly calls: number;
  /** Answers that an earlier replay had paid for. */
  readonly cached: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** By the prices of the policy, in their currency. */
  readonly cost: number;
  /** Calls of models without a price, which `cost` leaves out. */
  readonly unpriced: number;
}

/** One recording's line in the report. */
export interface ReportedResult {
  readonly recording: ExcludedRecording['recording'];
  readonly outcome: ReplayOutcome;
  /** Everything that differs in it is declared. */
  readonly asIntended?: true;
  /** What differs, in one line; absent when `matched`. */
  readonly summary?: string;
  /** The whole result but its time; absent when `matched`, and beyond the first {@link Report.detailPerGroup} of a kind. */
  readonly detail?: Omit<ReplayResult, 'durationMs'>;
}

export interface Report {
  readonly format: 1;
  /** SHA-256 of the rest of the report in canonical JSON, `createdAt`, `live` and durations left out. */
  readonly digest: string;
  readonly createdAt: string;
  readonly mission: string;
  readonly baseline: VersionIdentity;
  readonly candidate: VersionIdentity;
  readonly cohort: {
    readonly digest: string;
    readonly recordings: number;
    readonly selection: string;
    /**
     * `picked`: runs that someone named, or regression cases. Such a report shows, and is no evidence for an activation.
     * `histories`: of plain Temporal workflows, which have no versions.
     */
    readonly kind?: 'recordings' | 'picked' | 'histories';
    /** How it was sampled, and what it says of all; absent when nothing was left out. */
    readonly sample?: ReportedSample;
  };
  readonly policy: { readonly digest: string; readonly value: Json };
  readonly counts: ReportCounts;
  /** True when the replay was stopped before all recordings were seen. */
  readonly partial: boolean;
  readonly changes: readonly ComponentChange[];
  readonly flips: readonly FlipGroup[];
  /** Why runs came out otherwise; absent when none did, or when nobody looked. */
  readonly attribution?: Attribution;
  /** How much of it is the noise of the models; absent when nobody looked. */
  readonly noise?: NoiseReport;
  /** What came of the intended changes; absent when none were declared. */
  readonly intended?: IntendedReport;
  /** What of the candidate the recordings exercised; absent where nobody looked. */
  readonly coverage?: CoverageReport;
  /** What the policy declares to be reads, and in how many recordings that was of use; absent when it declares none. */
  readonly reads?: readonly DeclaredRead[];
  /** What asking again took; absent when the policy asks nothing again. */
  readonly live?: LiveUse;
  readonly effects: readonly EffectGroup[];
  readonly divergences: readonly DivergenceGroup[];
  readonly unanswered: readonly UnansweredGroup[];
  readonly failures: readonly FailureGroup[];
  readonly disagreements: readonly Disagreement[];
  /** Answers of all candidates' steps by grade. */
  readonly evidence: Readonly<Partial<Record<EvidenceGrade, number>>>;
  readonly excluded: readonly ExcludedRecording[];
  /**
   * Recordings of whose results something was cut, after all of it was compared; which and how much is in their `detail`.
   * Absent when nothing was.
   */
  readonly cut?: { readonly recordings: number; readonly example: string };
  /** Results of one kind (outcome, first divergence, fields) that are kept whole. */
  readonly detailPerGroup: number;
  /** By recording id. */
  readonly results: readonly ReportedResult[];
  readonly verdict: Verdict;
}
