/**
 * Trying plain workflows: histories go through the candidate, and a report comes out. Nothing is stored; no registry is
 * needed.
 */
import { bundleDigest, type WorkflowBundle } from '../artifact/bundle-workflows.ts';
import { cutJudged } from '../compare/cut-result.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import { NOT_SELF_CHECKED, type Report, type ReportCounts, type VersionIdentity } from '../compare/report.ts';
import { createReportBuilder, type ReportBuilder } from '../compare/report-builder.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { policyDigest } from '../gate/parse-policy.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { cohortOf } from '../recording/cohort.ts';
import type { ReplaySource } from '../replay/replay-cohort.ts';
import type { Json } from '../shared/json.ts';
import { attributeCode, ChangedRuns } from './attribute-code.ts';
import { CoveredRuns, coverCode } from './cover-code.ts';
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
  const changed = new ChangedRuns(policy);
  const covered = new CoveredRuns();
  const keepers = baseline === undefined ? [covered] : [changed, covered];
  const { members, copies } = await countAll(options, { candidate, baseline, builder, keepers });
  const attribution =
    baseline &&
    (await attributeCode(
      { baseline, candidate, policy, workers: options.workers, signal, onHybrid: hybridTeller(onProgress) },
      changed,
    ));
  const { faithful, outcomes } = builder.counts();
  const walkable = { runs: covered.runs, of: faithful - outcomes.failed };
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

interface Trial {
  readonly candidate: WorkflowBundle;
  readonly baseline: WorkflowBundle | undefined;
  readonly builder: ReportBuilder;
  /** Told of each result, with the history that it is of. */
  readonly keepers: readonly { add(source: ReplaySource, result: ReplayResult): void }[];
}

/** @returns what was read: the members of the cohort with their digests, and how many copies were left out */
async function countAll(options: TryWorkflowsOptions, { candidate, baseline, builder, keepers }: Trial) {
  const { policy, codecs, workers, signal } = options;
  const members = new Map<string, string>();
  const underWay = new Map<string, ReplaySource>();
  let copies = 0;
  const onSource = (source: ReplaySource) => {
    members.set(source.summary.id, source.summary.digest);
    underWay.set(source.summary.id, source);
  };
  const onCopy = () => {
    copies += 1;
  };
  const bundles = { candidate: { bundle: candidate }, baseline: baseline && { bundle: baseline } };
  const events = replayRecordings({ ...bundles, policy, codecs, workers, signal, onSource, onCopy }, options.histories);
  for await (const event of events) {
    const { id } = (event.kind === 'result' ? event.result : event.excluded).recording;
    const source = underWay.get(id);
    underWay.delete(id);
    if (event.kind === 'result') {
      builder.add(cutJudged(event.result));
      keepAll(keepers, source, event.result);
      options.onResult?.(event.result);
    } else {
      builder.exclude(event.excluded);
      if (!members.has(id)) members.set(id, event.excluded.reason);
    }
    options.onCount?.(builder.counts());
  }
  return { members, copies };
}

function keepAll(keepers: Trial['keepers'], source: ReplaySource | undefined, result: ReplayResult): void {
  if (source === undefined) return;
  for (const keeper of keepers) keeper.add(source, result);
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
