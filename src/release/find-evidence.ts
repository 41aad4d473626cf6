/** What allows a version to take traffic: a report that still says what it said when it was made. */
import type { Report } from '../compare/report.ts';
import { isReportIntact } from '../compare/report-digest.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { replayPolicy } from '../gate/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { ReportSummary } from '../registry/reports.ts';

export interface EvidenceQuestion {
  readonly mission: string;
  readonly candidateArtifact: string;
  readonly baselineArtifact: string;
  /** Digest of what the candidate is meant to change, when something is declared. */
  readonly intended: string | undefined;
}

/** Passing reports that are looked at, the newest first. */
const REPORTS_READ = 20;

/**
 * The newest passing report for exactly these two artifacts, judged anew from its own counts and policy. One on runs that
 * someone picked does not count: the others may be those that change.
 */
export async function findEvidence(
  { reports }: Pick<Registry, 'reports'>,
  question: EvidenceQuestion,
): Promise<ReportSummary | undefined> {
  const { intended: _, ...artifacts } = question;
  const passed = await reports.list({ ...artifacts, verdict: 'passed', limit: REPORTS_READ });
  for (const summary of passed) {
    const report = (await reports.get(summary.digest)) as unknown as Report;
    if (isEvidence(report, question)) return summary;
  }
  return undefined;
}

/** Whoever can write to the database can write `passed` into a report; its digest and its counts then tell. */
function isEvidence(report: Report, question: EvidenceQuestion): boolean {
  const { mission, candidateArtifact, baselineArtifact, intended } = question;
  const policy = replayPolicy.safeParse(report.policy?.value).data;
  return (
    policy !== undefined &&
    isReportIntact(report) &&
    report.cohort.kind !== 'picked' &&
    report.cohort.kind !== 'histories' &&
    report.mission === mission &&
    report.candidate.artifact === candidateArtifact &&
    report.baseline.artifact === baselineArtifact &&
    report.intended?.digest === intended &&
    evaluateGate(report, policy).verdict === 'passed'
  );
}
