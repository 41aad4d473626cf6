/**
 * Trying plain workflows: histories go through the candidate, and a report comes out. Nothing is stored; no registry is
 * needed.
 */
import { bundleDigest } from '../artifact/bundle-workflows.ts';
import { cutJudged } from '../compare/cut-result.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import { NOT_SELF_CHECKED, type Report, type ReportCounts, type VersionIdentity } from '../compare/report.ts';
import { createReportBuilder } from '../compare/report-builder.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { policyDigest } from '../gate/parse-policy.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { cohortOf } from '../recording/cohort.ts';
import type { Json } from '../shared/json.ts';
import { attributeCode, changedRuns } from './attribute-code.ts';
import { coverCode, coveredRuns } from './cover-code.ts';
import type { GivenHistories } from './plain-sources.ts';
import { bundleOf, type ReplayRecordingsOptions, replayRecordings, type WorkflowCode } from './replay-recordings.ts';

/** Workflow code and the name that the report gives it: its path. */
export interface NamedCode {
  readonly name: string;
  readonly code: WorkflowCode;
}

export interface TryWorkflowsOptions
  extends Pick<ReplayRecordingsOptions, 'codecs' | 'workers' | 'signal' | 'onProgress'> {
  readonly candidate: NamedCode;
  /** The code that made the histories, for the self-check, and to find the places that cause what differs. */
  readonly baseline?: NamedCode | undefined;
  readonly histories: GivenHistories;
  /** Where the histories are from, for people: `./histories`, or a query. */
  readonly selection: string;
  readonly policy: ReplayPolicy;
  readonly onResult?: ((result: ReplayResult) => void) | undefined;
  readonly onCount?: ((counts: ReportCounts) => void) | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
}

/** The baseline of a report without baseline code: histories are taken as they are. */
const NOT_CHECKED: VersionIdentity = { name: 'the recorded histories', artifact: NOT_SELF_CHECKED };

/**
 * Replays histories against workflow code and reports.
 *
 * @throws MissionError `MISSION_SOURCE_MISSING` and `MISSION_BUNDLE_FAILED` of the code, and whatever the histories throw.
 */
export async function tryWorkflows(options: TryWorkflowsOptions): Promise<Report> {
  const { policy, signal, onProgress, clock = () => new Date() } = options;
  const candidate = await bundleOf(options.candidate.code, onProgress);
  const baseline = options.baseline && (await bundleOf(options.baseline.code, onProgress));
  const builder = createReportBuilder({
    mission: options.candidate.name,
    candidate: { name: options.candidate.name, artifact: bundleDigest(candidate) },
    baseline:
      options.baseline && baseline ? { name: options.baseline.name, artifact: bundleDigest(baseline) } : NOT_CHECKED,
    policy: { digest: policyDigest(policy), value: policy as Json },
    changes: [],
  });
  const members = new Map<string, string>();
  const changed = changedRuns();
  const covered = coveredRuns();
  let copies = 0;
  const events = replayRecordings(
    {
      candidate: { bundle: candidate },
      baseline: baseline && { bundle: baseline },
      policy,
      codecs: options.codecs,
      workers: options.workers,
      signal,
      onSource: (source) => {
        members.set(source.summary.id, source.summary.digest);
        if (baseline !== undefined) changed.read(source);
        covered.read(source);
      },
      onCopy: () => {
        copies += 1;
      },
    },
    options.histories,
  );
  for await (const event of events) {
    if (event.kind === 'result') {
      builder.add(cutJudged(event.result));
      changed.done(event.result.recording.id, event.result);
      covered.done(event.result.recording.id, event.result);
      options.onResult?.(event.result);
    } else {
      builder.exclude(event.excluded);
      const { id } = event.excluded.recording;
      changed.done(id);
      covered.done(id);
      if (!members.has(id)) members.set(id, event.excluded.reason);
    }
    options.onCount?.(builder.counts());
  }
  const attribution =
    baseline &&
    (await attributeCode(
      { baseline, candidate, policy, workers: options.workers, signal, onHybrid: hybridTeller(onProgress) },
      changed.runs,
    ));
  const { faithful, outcomes } = builder.counts();
  const walkable = { runs: [...covered.runs.values()], of: faithful - outcomes.failed };
  const coverage = await coverCode(candidate, policy, walkable, signal);
  return builder.finish({
    createdAt: clock().toISOString(),
    cohort: { ...cohortRead(members), selection: selectionOf(options.selection, copies), kind: 'histories' },
    partial: signal?.aborted === true,
    attribution,
    coverage,
    judge: (facts) => evaluateGate(facts, policy),
  });
}

function hybridTeller(onProgress: TryWorkflowsOptions['onProgress']) {
  return (begun: number) => onProgress?.(`looking for causes: change ${begun} swapped in`);
}

/** As a cohort of recordings is frozen, but afterwards: histories are not known before they are read. */
function cohortRead(read: ReadonlyMap<string, string>): Pick<Report['cohort'], 'digest' | 'recordings'> {
  const { digest, members } = cohortOf([...read].map(([id, own]) => ({ id, digest: own })));
  return { digest, recordings: members.length };
}

function selectionOf(selection: string, copies: number): string {
  if (copies === 0) return selection;
  return `${selection}, without ${copies === 1 ? 'a copy of a run' : `${copies} copies of runs`} that were there before`;
}
