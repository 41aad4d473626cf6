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
}

/** The newest passing report for exactly these two artifacts, judged anew from its own counts and policy. */
export async function findEvidence(
  { reports }: Pick<Registry, 'reports'>,
  question: EvidenceQuestion,
): Promise<ReportSummary | undefined> {
  const summary = await reports.findPassing(question);
  if (summary === undefined) return undefined;
  const report = (await reports.get(summary.digest)) as unknown as Report;
  return isStillPassing(report, question) ? summary : undefined;
}

/** Whoever can write to the database can write `passed` into a report; its digest and its counts then tell. */
function isStillPassing(report: Report, { mission, candidateArtifact, baselineArtifact }: EvidenceQuestion): boolean {
  const policy = replayPolicy.safeParse(report.policy.value).data;
  return (
    policy !== undefined &&
    isReportIntact(report) &&
    report.mission === mission &&
    report.candidate.artifact === candidateArtifact &&
    report.baseline.artifact === baselineArtifact &&
    evaluateGate(report, policy).verdict === 'passed'
  );
}
