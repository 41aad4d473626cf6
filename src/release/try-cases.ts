/**
 * Regression cases of one mission against a candidate, as CI runs them: no registry and no server are needed.
 *
 * 1. Each case first proves itself on the artifact that made it, which is kept beside it or found by the caller.
 * 2. Nothing is asked anew unless the policy says so; then as in any replay, with its budget, and with kept answers where a registry
 *    is given.
 * 3. A case is `right` when the candidate comes to the expected end with the expected writes, `wrong` when it does not, and
 *    `unproven` when it cannot be told. Only `right` passes.
 * 4. Coverage is of what the candidate does on the cases, and of its code that they run; it decides nothing.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { createCoverage } from '../compare/coverage.ts';
import { createReportBuilder } from '../compare/report-builder.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { policyDigest } from '../gate/parse-policy.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { toStoredRecording } from '../recording/build-recording.ts';
import { freezeCohort } from '../recording/cohort.ts';
import type { Fixture } from '../recording/fixtures.ts';
import type { Registry } from '../registry/registry.ts';
import type { Json } from '../shared/json.ts';
import { type CaseResult, CaseResults, type TriedCases } from './case-results.ts';
import { coverMission } from './cover-mission.ts';
import { expectedEnds } from './expected-end.ts';
import { type JudgedRecording, judgeRecordings } from './judge-recordings.ts';
import { keptBeside } from './kept-artifacts.ts';
import { asksAnew, type LiveSession, openLiveSession } from './live-session.ts';
import type { TracedSource } from './recording-notes.ts';
import { WalkSample } from './walk-sample.ts';

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

/** Replays the cases. @throws MissionError `FIXTURE_INVALID`, `ARTIFACT_*` when a kept artifact is damaged. */
export async function tryCases(options: TryCasesOptions): Promise<TriedCases> {
  const { candidate, fixtures, policy, signal, onCase, clock = () => new Date() } = options;
  const results = new CaseResults(fixtures, onCase);
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
  const session = asksAnew(policy) ? openLiveSession(options) : undefined;
  const { definition } = candidate;
  const coverage = createCoverage({ candidate: definition, baseline: definition, changes: [] });
  const sample = new WalkSample();
  for await (const one of await judged(options, session)) {
    if (one.kind === 'excluded') {
      builder.exclude(one.excluded);
      results.exclude(one.excluded);
    } else {
      coverage.add(one.ways);
      sample.add(one.result, one.ways.candidate);
      builder.add(one.result);
      results.add(one.result);
    }
  }
  const again = (ids: ReadonlySet<string>) => sourcesOf(fixtures.filter(({ recording }) => ids.has(recording.id)));
  const sides = { candidate, baseline: candidate };
  const covered = await coverMission(coverage.finish(), { ...sides, policy, sample, again, signal });
  const report = builder.finish({
    createdAt: clock().toISOString(),
    cohort: { digest: cohort.digest, recordings: cohort.members.length, selection: 'regression cases', kind: 'picked' },
    partial: signal?.aborted === true,
    coverage: covered,
    live: session?.use(),
    judge: (facts) => evaluateGate(facts, { ...policy, minimumRecordings: fixtures.length }),
  });
  return { cases: results.all, report };
}

/** Every case once: replayed and held to its expected end, or excluded. */
async function judged(
  { candidate, name, fixtures, findArtifact, policy, workers, signal }: TryCasesOptions,
  session: LiveSession | undefined,
): Promise<AsyncIterable<JudgedRecording>> {
  const kept = keptBeside(fixtures);
  return judgeRecordings(
    {
      candidate,
      candidateName: name,
      baseline: candidate,
      policy: { ...policy, secondOpinion: 0 },
      intended: undefined,
      expected: expectedEnds(fixtures),
      findMaker: async (digest) =>
        digest === candidate.digest ? candidate : ((await kept(digest)) ?? findArtifact?.(digest)),
      live: await session?.answersOf(candidate),
      workers,
      signal,
    },
    sourcesOf(fixtures),
  );
}

async function* sourcesOf(fixtures: readonly Fixture[]): AsyncGenerator<TracedSource> {
  for (const { recording } of fixtures) yield { ...toStoredRecording(recording), trace: recording.trace };
}
