/**
 * Regression cases of plain workflows against their code. They are judged as those of missions are; only that no version is there
 * that could prove them first: they are taken as they were kept.
 */
import { bundleDigest } from '../artifact/bundle-workflows.ts';
import { cutJudged } from '../compare/cut-result.ts';
import type { ExcludedRecording } from '../compare/outcome.ts';
import { NOT_SELF_CHECKED } from '../compare/report.ts';
import { createReportBuilder } from '../compare/report-builder.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { policyDigest } from '../gate/parse-policy.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { buildReplaySource, toStoredRecording } from '../recording/build-recording.ts';
import { freezeCohort } from '../recording/cohort.ts';
import { decodePayloads, type PayloadDecoder } from '../recording/decode-payloads.ts';
import type { Fixture } from '../recording/fixtures.ts';
import type { History, Recording } from '../recording/recording.ts';
import { type ReplaySource, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import { messageOf } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { type CaseResult, CaseResults, type TriedCases } from './case-results.ts';
import { CoveredRuns, coverCode } from './cover-code.ts';
import { expectedEnds, judgeByExpected } from './expected-end.ts';
import { bundleOf } from './replay-recordings.ts';
import type { NamedCode } from './try-workflows.ts';

export interface TryPlainCasesOptions {
  readonly candidate: NamedCode;
  /** Cases of plain workflows. */
  readonly fixtures: readonly Fixture[];
  readonly policy: ReplayPolicy;
  /** Payload codecs of the workers, in their order. @default those that plugins of the candidate bring */
  readonly codecs?: readonly PayloadDecoder[] | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((doing: string) => void) | undefined;
  readonly onCase?: ((result: CaseResult) => void) | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
}

/** Nothing is declared of plain workflows: they are compared exactly. */
const { output: RULES } = RuleBook.of(undefined);

/** Replays the cases. @throws MissionError `FIXTURE_INVALID`, and what bundling throws of the code. */
export async function tryPlainCases(options: TryPlainCasesOptions): Promise<TriedCases> {
  const { candidate, fixtures, policy, signal, clock = () => new Date() } = options;
  const results = new CaseResults(fixtures, options.onCase);
  const bundle = await bundleOf(candidate.code, options.onProgress);
  const cohort = freezeCohort(
    fixtures.map(({ recording }) => toStoredRecording(recording).summary),
    {},
  );
  const builder = createReportBuilder({
    mission: candidate.name,
    baseline: { name: 'the regression cases', artifact: NOT_SELF_CHECKED },
    candidate: { name: candidate.name, artifact: bundleDigest(bundle) },
    policy: { digest: policyDigest(policy), value: policy as Json },
    changes: [],
  });
  const expected = expectedEnds(fixtures);
  const covered = new CoveredRuns();
  const underWay = new Map<string, ReplaySource>();
  const exclude = (excluded: ExcludedRecording) => {
    builder.exclude(excluded);
    results.exclude(excluded);
  };
  const events = replayCohort(
    {
      candidate: { name: candidate.name, bundle: { code: bundle.code } },
      answers: policy.answers,
      limits: policy.limits,
      reads: policy.reads,
      secondOpinion: 0,
      workers: options.workers,
      signal,
    },
    sourcesOf(fixtures, { codecs: options.codecs ?? bundle.codecs ?? [], underWay, exclude }),
  );
  for await (const event of events) {
    if (event.kind === 'excluded') {
      exclude(event.excluded);
      continue;
    }
    const { id } = event.result.recording;
    const source = underWay.get(id);
    underWay.delete(id);
    if (source !== undefined) covered.add(source, event.result);
    const result = cutJudged(judgeByExpected(event.result, expected, RULES));
    builder.add(result);
    results.add(result);
  }
  const { faithful, outcomes } = builder.counts();
  const coverage = await coverCode(bundle, policy, { runs: covered.runs, of: faithful - outcomes.failed }, signal);
  const report = builder.finish({
    createdAt: clock().toISOString(),
    cohort: { digest: cohort.digest, recordings: cohort.members.length, selection: 'regression cases', kind: 'picked' },
    partial: signal?.aborted === true,
    coverage,
    judge: (facts) => evaluateGate(facts, { ...policy, minimumRecordings: fixtures.length }),
  });
  return { cases: results.all, report };
}

interface SourceOptions {
  readonly codecs: readonly PayloadDecoder[];
  /** Takes each source as it is handed out. */
  readonly underWay: Map<string, ReplaySource>;
  readonly exclude: (excluded: ExcludedRecording) => void;
}

/** Payloads of cases are as they were imported: encoded, where the workers have a codec. */
async function* sourcesOf(
  fixtures: readonly Fixture[],
  { codecs, underWay, exclude }: SourceOptions,
): AsyncGenerator<ReplaySource> {
  for (const { recording, directory } of fixtures) {
    const { id, workflowId, runId } = recording;
    const histories = await decodeAll(recording, codecs, directory).catch((error: unknown) => {
      exclude({ recording: { id, workflowId, runId }, reason: 'unreadable', detail: messageOf(error) });
    });
    if (histories === undefined) continue;
    const source = buildReplaySource(histories, { workflowId });
    underWay.set(id, source);
    yield source;
  }
}

function decodeAll({ histories }: Recording, codecs: readonly PayloadDecoder[], where: string): Promise<History[]> {
  return Promise.all(histories.map((history) => decodePayloads(history, codecs, where)));
}
