/**
 * Building a report result by result.
 *
 * Invariants:
 * 1. The report depends on what was added, not on the order in which it arrived.
 * 2. Nothing is dropped in silence: every recording is in `results` or in `excluded`, groups that were folded say so.
 * 3. Held per recording: one short line. Whole results only as many as the report keeps.
 */
import type { ComponentChange } from '../artifact/component-change.ts';
import type { CohortSample } from '../recording/cohort.ts';
import { defined } from '../shared/defined.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import type { Attribution } from './attribution.ts';
import type { CoverageReport } from './coverage.ts';
import { summariseResult } from './describe.ts';
import { createDetailKeeper, DETAIL_PER_GROUP } from './detail-keeper.ts';
import { byText, clipText, without } from './group-counter.ts';
import type { IntendedChange } from './intended-change.ts';
import { createIntendedCounter } from './intended-tally.ts';
import type { IntendedJudgement } from './judge-intended.ts';
import type { NoiseReport } from './noise.ts';
import type { Determinism, EvidenceGrade, ExcludedRecording, ReplayOutcome, ReplayResult } from './outcome.ts';
import { describeSample } from './population.ts';
import { createReadsCounter } from './reads-counter.ts';
import type {
  Disagreement,
  LiveUse,
  Report,
  ReportCounts,
  ReportedResult,
  Verdict,
  VersionIdentity,
} from './report.ts';
import { reportDigest } from './report-digest.ts';
import { createReportGroups } from './report-groups.ts';

/** What a report is about. */
export interface ReportSubject {
  readonly mission: string;
  readonly baseline: VersionIdentity;
  readonly candidate: VersionIdentity;
  readonly policy: { readonly digest: string; readonly value: Json };
  /** What changed between the two versions. */
  readonly changes: readonly ComponentChange[];
  /** What the candidate is meant to change. */
  readonly intended?: readonly IntendedChange[] | undefined;
}

/** What is known when the replay is over. */
export interface ReportEnding {
  /** ISO 8601 */
  readonly createdAt: string;
  readonly cohort: Omit<Report['cohort'], 'sample'> & { readonly sample?: CohortSample | undefined };
  /** The replay was stopped before all recordings were seen. A report with fewer recordings than its cohort is partial, too. */
  readonly partial?: boolean;
  /** Why runs came out otherwise, where that was looked into. */
  readonly attribution?: Attribution | undefined;
  readonly noise?: NoiseReport | undefined;
  readonly coverage?: CoverageReport | undefined;
  readonly live?: LiveUse | undefined;
  /** The gate. */
  readonly judge: (facts: JudgedFacts) => Verdict;
}

/** What the gate looks at. */
export type JudgedFacts = Pick<Report, 'counts' | 'partial' | 'noise' | 'intended' | 'coverage'>;

export interface ReportBuilder {
  /**
   * @param intended - what it says about the intended changes, where some are declared
   * @throws MissionError `INTERNAL` when the recording is in the report already.
   */
  add(result: ReplayResult, intended?: IntendedJudgement): void;
  /** @throws MissionError `INTERNAL` when the recording is in the report already. */
  exclude(excluded: ExcludedRecording): void;
  /** The counts so far, for progress. */
  counts(): ReportCounts;
  finish(ending: ReportEnding): Report;
}

/** A builder for the report on one candidate; give it results as they come. */
export function createReportBuilder(subject: ReportSubject): ReportBuilder {
  const results = new Map<string, ReportedResult>();
  const excluded = new Map<string, ExcludedRecording>();
  const groups = createReportGroups();
  const details = createDetailKeeper();
  const tally = createTally(subject.policy.value);
  const intentions = subject.intended === undefined ? undefined : createIntendedCounter(subject.intended);

  const refuseTwice = (id: string) => {
    if (!results.has(id) && !excluded.has(id)) return;
    throw new MissionError('INTERNAL', `Recording ${id} was added to the report twice.`, {
      details: { recording: id },
    });
  };
  const counts = (): ReportCounts => ({
    recordings: results.size + excluded.size,
    faithful: results.size,
    excluded: excluded.size,
    ...tally.counts(),
  });

  return {
    add(result, judgement) {
      const { id, workflowId, runId } = result.recording;
      refuseTwice(id);
      const summary = summariseResult(result);
      results.set(id, {
        recording: { id, workflowId, runId },
        outcome: result.outcome,
        ...(judgement?.asIntended === true && { asIntended: true as const }),
        ...(summary !== undefined && { summary: clipText(summary) }),
      });
      tally.add(result);
      if (judgement !== undefined) intentions?.add(id, judgement);
      groups.add(result);
      details.add(result);
    },
    exclude(one) {
      refuseTwice(one.recording.id);
      const { id, workflowId, runId } = one.recording;
      excluded.set(id, { recording: { id, workflowId, runId }, reason: one.reason, detail: clipText(one.detail) });
    },
    counts,
    finish({ createdAt, cohort, partial = false, attribution, noise, coverage, live, judge }) {
      const facts = { counts: counts(), partial: partial || results.size + excluded.size < cohort.recordings };
      const asked = defined({ attribution, noise, intended: intentions?.finish(), coverage, live });
      const report = {
        format: 1 as const,
        createdAt,
        mission: subject.mission,
        baseline: subject.baseline,
        candidate: subject.candidate,
        cohort: cohortOf(cohort, results),
        policy: subject.policy,
        ...facts,
        changes: subject.changes,
        ...groups.finish(),
        ...asked,
        disagreements: tally.disagreements(),
        evidence: tally.evidence(),
        excluded: [...excluded].sort(([a], [b]) => byText(a, b)).map(([, one]) => one),
        ...defined({ reads: tally.reads(), cut: tally.cut() }),
        detailPerGroup: DETAIL_PER_GROUP,
        results: [...results]
          .sort(([a], [b]) => byText(a, b))
          .map(([id, result]) => withDetail(result, details.find(id))),
        verdict: judge({ ...facts, ...asked }),
      };
      return { ...report, digest: reportDigest(report) };
    },
  };
}

/**
 * A report from results that are all there already.
 *
 * @throws MissionError `INTERNAL` when a recording is there twice.
 */
export function buildReport(
  subject: ReportSubject,
  results: Iterable<ReplayResult>,
  excluded: Iterable<ExcludedRecording>,
  ending: ReportEnding,
): Report {
  const builder = createReportBuilder(subject);
  for (const result of results) builder.add(result);
  for (const one of excluded) builder.exclude(one);
  return builder.finish(ending);
}

function firstOf(id: string, known: string | undefined): string {
  return known !== undefined && byText(known, id) < 0 ? known : id;
}

function cohortOf(
  { sample, ...cohort }: ReportEnding['cohort'],
  results: ReadonlyMap<string, ReportedResult>,
): Report['cohort'] {
  if (sample === undefined) return cohort;
  const outcomes = new Map([...results].map(([id, { outcome }]) => [id, outcome]));
  return { ...cohort, sample: describeSample(sample, outcomes) };
}

/** How long it took is no finding, and left out: equal replays give equal bytes. */
function withDetail(result: ReportedResult, detail: ReplayResult | undefined): ReportedResult {
  return detail === undefined ? result : { ...result, detail: without(detail, 'durationMs') };
}

/** Disagreements that a report names one by one; the count has them all. */
const MAX_DISAGREEMENTS = 20;

/** @param policy as the report keeps it */
function createTally(policy: Json) {
  const reads = createReadsCounter(policy);
  const outcomes: Record<ReplayOutcome, number> = { matched: 0, changed: 0, diverged: 0, unanswered: 0, failed: 0 };
  const evidence = new Map<EvidenceGrade, number>();
  const disagreements: Disagreement[] = [];
  let cut: Report['cut'];
  let effectsChanged = 0;
  let determinismChecked = 0;
  let determinismDisagreements = 0;
  return {
    add(result: ReplayResult): void {
      const { id } = result.recording;
      if (result.cut !== undefined)
        cut = { recordings: (cut?.recordings ?? 0) + 1, example: firstOf(id, cut?.example) };
      outcomes[result.outcome] += 1;
      reads.add(result);
      if (result.effectDifferences.length > 0) effectsChanged += 1;
      for (const [grade, count] of Object.entries(result.evidence) as [EvidenceGrade, number][]) {
        evidence.set(grade, (evidence.get(grade) ?? 0) + count);
      }
      if (result.official === undefined) return;
      determinismChecked += 1;
      if (result.official.deterministic === result.determinism.deterministic) return;
      determinismDisagreements += 1;
      const [ours, official] = [determinismWords(result.determinism), determinismWords(result.official)];
      disagreements.push({ recording: id, ours, official });
      disagreements.sort((a, b) => byText(a.recording, b.recording)).splice(MAX_DISAGREEMENTS);
    },
    counts: () => ({ outcomes: { ...outcomes }, effectsChanged, determinismChecked, determinismDisagreements }),
    cut: () => cut,
    reads: () => reads.finish(),
    evidence: () => Object.fromEntries(evidence),
    disagreements: () => disagreements.slice(),
  };
}

function determinismWords(determinism: Determinism): string {
  return determinism.deterministic ? 'deterministic' : `not deterministic: ${clipText(determinism.reason)}`;
}
