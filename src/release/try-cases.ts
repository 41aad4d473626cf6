/**
 * Regression cases of one mission against a candidate, as CI runs them: no registry and no server are needed.
 *
 * 1. Each case first proves itself on the artifact that made it, which is kept beside it or found by the caller.
 * 2. Nothing is asked anew unless the policy says so; then as in any replay, with its budget, and with kept answers where a registry
 *    is given.
 * 3. A case is `right` when the candidate comes to the expected end with the expected writes, `wrong` when it does not, and
 *    `unproven` when it cannot be told. Only `right` passes.
 * 4. Coverage is of what the candidate does on the cases; it decides nothing.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { type CoverageCounter, createCoverage } from '../compare/coverage.ts';
import { summariseResult } from '../compare/describe.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { Report, Verdict } from '../compare/report.ts';
import { createReportBuilder } from '../compare/report-builder.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { policyDigest } from '../gate/parse-policy.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { toStoredRecording } from '../recording/build-recording.ts';
import { freezeCohort } from '../recording/cohort.ts';
import { type FixtureCase, fixtureInvalid } from '../recording/fixture-case.ts';
import type { Fixture } from '../recording/fixtures.ts';
import type { Registry } from '../registry/registry.ts';
import { type ReplayEvent, replayCohort } from '../replay/replay-cohort.ts';
import { RuleBook } from '../replay/rule-book.ts';
import type { Json } from '../shared/json.ts';
import { expectedEnds, judgeByExpected } from './expected-end.ts';
import { keptBeside } from './kept-artifacts.ts';
import { asksAnew, type LiveSession, openLiveSession } from './live-session.ts';
import { MakerTargets, targetOf, withKnownMaker } from './maker-targets.ts';
import { RecordingNotes } from './recording-notes.ts';

export interface TryCasesOptions {
  /** What the report calls it: `refund-eligibility@5`, or the source. */
  readonly name: string;
  readonly candidate: Artifact;
  /** Cases of the candidate's mission. */
  readonly fixtures: readonly Fixture[];
  /** Artifacts that are not kept beside the cases. */
  readonly findArtifact?: ((digest: string) => Promise<Artifact | undefined>) | undefined;
  readonly policy: ReplayPolicy;
  /** Keeps answers that were asked anew. @default they are forgotten */
  readonly registry?: Pick<Registry, 'answers'> | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onCase?: ((result: CaseResult) => void) | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
}

export interface CaseResult {
  readonly directory: string;
  readonly case: FixtureCase;
  readonly verdict: 'right' | 'wrong' | 'unproven';
  /** What is wrong, or why it cannot be told; absent when `right`. */
  readonly detail?: string;
}

export interface TriedCases {
  /** By folder. A case that was not reached before an interrupt is missing. */
  readonly cases: readonly CaseResult[];
  readonly report: Report;
}

const VERDICTS = {
  matched: 'right',
  diverged: 'right',
  changed: 'wrong',
  failed: 'wrong',
  unanswered: 'unproven',
} as const;

/** Replays the cases. @throws MissionError `FIXTURE_INVALID`, `ARTIFACT_*` when a kept artifact is damaged. */
export async function tryCases(options: TryCasesOptions): Promise<TriedCases> {
  const { candidate, fixtures, policy, signal, onCase, clock = () => new Date() } = options;
  const byId = byRecording(fixtures);
  const cohort = freezeCohort(
    fixtures.map(({ recording }) => toStoredRecording(recording).summary),
    {},
  );
  const builder = createReportBuilder({
    mission: candidate.mission,
    baseline: { name: 'the regression cases', artifact: cohort.digest },
    candidate: { name: options.name, artifact: candidate.digest },
    policy: { digest: policyDigest(policy), value: policy as Json },
    changes: [],
  });
  const cases: CaseResult[] = [];
  const settle = (id: string, settled: Pick<CaseResult, 'verdict' | 'detail'>) => {
    const fixture = byId.get(id);
    if (fixture === undefined) return;
    const result = { directory: fixture.directory, case: fixture.case, ...settled };
    cases.push(result);
    onCase?.(result);
  };
  const session = asksAnew(policy) ? openLiveSession(options) : undefined;
  const { definition } = candidate;
  const coverage = createCoverage({ candidate: definition, baseline: definition, changes: [] });
  for await (const event of judged(options, session, coverage)) {
    if (event.kind === 'excluded') {
      builder.exclude(event.excluded);
      settle(event.excluded.recording.id, { verdict: 'unproven', detail: event.excluded.detail });
    } else {
      builder.add(event.result);
      settle(event.result.recording.id, settledBy(event.result));
    }
  }
  const report = builder.finish({
    createdAt: clock().toISOString(),
    cohort: { digest: cohort.digest, recordings: cohort.members.length, selection: 'regression cases', kind: 'picked' },
    partial: signal?.aborted === true,
    coverage: coverage.finish(),
    live: session?.use(),
    judge: (facts) => evaluateGate(facts, { ...policy, minimumRecordings: fixtures.length }),
  });
  return { cases: cases.toSorted((a, b) => (a.directory < b.directory ? -1 : 1)), report };
}

/** @throws MissionError `FIXTURE_INVALID` when a run is kept twice: two cases could contradict each other. */
function byRecording(fixtures: readonly Fixture[]): Map<string, Fixture> {
  const byId = new Map<string, Fixture>();
  for (const fixture of fixtures) {
    const other = byId.get(fixture.recording.id);
    if (other !== undefined) throw fixtureInvalid(fixture.directory, '', `it is the run of ${other.directory} again`);
    byId.set(fixture.recording.id, fixture);
  }
  return byId;
}

/** One verdict over several missions: the worst. No case at all is inconclusive. */
export function worstVerdict(verdicts: readonly Verdict['verdict'][]): Verdict['verdict'] {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'passed';
}

function settledBy(result: ReplayResult): Pick<CaseResult, 'verdict' | 'detail'> {
  const verdict = VERDICTS[result.outcome];
  const detail = verdict === 'right' ? undefined : summariseResult(result);
  return detail === undefined ? { verdict } : { verdict, detail };
}

/** Every case once: replayed and held to its expected end, or excluded. */
async function* judged(
  options: TryCasesOptions,
  session: LiveSession | undefined,
  coverage: CoverageCounter,
): AsyncGenerator<ReplayEvent> {
  const { candidate, fixtures, findArtifact, policy, workers, signal } = options;
  const kept = keptBeside(fixtures);
  const makers = new MakerTargets(async (digest) => {
    if (digest === candidate.digest) return candidate;
    return (await kept(digest)) ?? findArtifact?.(digest);
  });
  const expected = expectedEnds(fixtures);
  const rules = new RuleBook(candidate.definition, candidate.definition).output;
  const notes = new RecordingNotes(undefined, expected);
  const waiting: ReplayEvent[] = [];
  const sources = withKnownMaker(sourcesOf(fixtures), makers, (excluded) =>
    waiting.push({ kind: 'excluded', excluded }),
  );
  const events = replayCohort(
    {
      candidate: await targetOf(options.name, candidate),
      baselineOf: (summary) => makers.of(summary),
      answers: policy.answers,
      limits: policy.limits,
      secondOpinion: 0,
      ...(session && { live: await session.answersOf(candidate) }),
      workers,
      signal,
    },
    notes.noted(sources),
  );
  for await (const event of events) {
    yield* waiting.splice(0);
    if (event.kind === 'excluded') {
      notes.forget(event.excluded.recording.id);
      yield event;
      continue;
    }
    coverage.add(notes.take(event.result).ways);
    yield { ...event, result: judgeByExpected(event.result, expected, rules) };
  }
  yield* waiting.splice(0);
}

async function* sourcesOf(fixtures: readonly Fixture[]) {
  for (const { recording } of fixtures) yield { ...toStoredRecording(recording), trace: recording.trace };
}
