/** The report: all outcomes of one replay, counted. It is evidence (DESIGN.md, decision 6): it names the hashes it rests on. */
import type { ComponentChange } from '../artifact/component-change.ts';
import type { Json } from '../shared/json.ts';
import type { ExcludedRecording, ReplayOutcome, ReplayResult } from './outcome.ts';

export interface VersionIdentity {
  /** `refund-eligibility@3`, or a path for plain workflows. */
  readonly name: string;
  readonly artifact: string;
}

/** Flips of one field of the outcome, grouped: `/approve` true → false, 21 runs. */
export interface FlipGroup {
  readonly pointer: string;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
  readonly count: number;
  /** Recording id of one of them. */
  readonly example: string;
}

export interface DivergenceGroup {
  readonly step: string;
  readonly kind: string;
  readonly count: number;
  readonly example: string;
  /** Pointers into the request that differ, most frequent first. */
  readonly pointers: readonly string[];
}

export interface Verdict {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** Each with its arithmetic: `changed 34 of 214 > allowed 0`. */
  readonly reasons: readonly string[];
}

export interface Report {
  readonly format: 1;
  /** SHA-256 of the rest of the report in canonical JSON, `createdAt` and timings left out. */
  readonly digest: string;
  readonly createdAt: string;
  readonly mission: string;
  readonly baseline: VersionIdentity;
  readonly candidate: VersionIdentity;
  readonly cohort: { readonly digest: string; readonly recordings: number; readonly selection: string };
  readonly policy: { readonly digest: string; readonly value: Json };
  readonly counts: {
    readonly recordings: number;
    readonly faithful: number;
    readonly excluded: number;
    readonly outcomes: Readonly<Record<ReplayOutcome, number>>;
    readonly effectsChanged: number;
    readonly determinismChecked: number;
    readonly determinismDisagreements: number;
  };
  /** True when the replay was stopped before all recordings were seen. */
  readonly partial: boolean;
  readonly changes: readonly ComponentChange[];
  readonly flips: readonly FlipGroup[];
  readonly divergences: readonly DivergenceGroup[];
  readonly unanswered: readonly {
    readonly step: string;
    readonly reason: string;
    readonly count: number;
    readonly example: string;
  }[];
  readonly failures: readonly { readonly message: string; readonly count: number; readonly example: string }[];
  readonly excluded: readonly ExcludedRecording[];
  readonly results: readonly ReplayResult[];
  readonly verdict: Verdict;
}
