/**
 * Trying a candidate: recorded runs go through it, and the report is the evidence that an activation asks for.
 *
 * 1. The cohort is frozen first; what is replayed is exactly that, and the report names its hash.
 * 2. Every recording is checked against the artifact that made it. Where the registry does not have that artifact, the
 *    recording is excluded and says so. Regression cases bring theirs along.
 * 3. Whatever happens, the report is stored: a replay that is stopped leaves a partial one, which never passes.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { diffArtifacts } from '../artifact/diff-artifacts.ts';
import type { Attribution, Fingerprint } from '../compare/attribution.ts';
import { CauseSample } from '../compare/cause-sample.ts';
import { type CoverageCounter, createCoverage } from '../compare/coverage.ts';
import type { IntendedChange } from '../compare/intended-change.ts';
import type { NoiseReport } from '../compare/noise.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { Report, ReportCounts } from '../compare/report.ts';
import { createReportBuilder, type ReportBuilder } from '../compare/report-builder.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import { policyDigest } from '../gate/parse-policy.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { ReportDocument } from '../registry/reports.ts';
import type { Version } from '../registry/versions.ts';
import type { LiveAnswers } from '../replay/live-answers.ts';
import { activeVersion } from '../routing/active-version.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { type AttributeOptions, attributeChanges } from './attribute-changes.ts';
import { type ChosenRecordings, chooseRecordings, type TrySelection } from './choose-recordings.ts';
import { coverMission } from './cover-mission.ts';
import { DrawPlan, drawNoise } from './draw-noise.ts';
import { intendedOf } from './intended-of.ts';
import { type JudgeCohort, judgeRecordings } from './judge-recordings.ts';
import { asksAnew, type LiveSession, openLiveSession } from './live-session.ts';
import { WalkSample } from './walk-sample.ts';

export interface TryProgress {
  readonly done: number;
  readonly total: number;
  readonly counts: ReportCounts;
  /** Set while noise is drawn: `done` and `total` are then draws. */
  readonly drawing?: true;
  /** Set while causes are looked for: how many hybrids were begun. `done` and `total` are then those of the replay. */
  readonly hybrids?: number;
}

export interface TryOptions {
  readonly registry: Registry;
  readonly candidate: VersionRef;
  /** @default the active version, or the one before the candidate when that is the active one itself */
  readonly baseline?: VersionRef | undefined;
  readonly selection?: TrySelection;
  readonly policy: ReplayPolicy;
  /** Processes. @default one per processor */
  readonly workers?: number | undefined;
  /** Where the cohort is replayed. @default in processes of this machine */
  readonly judge?: JudgeCohort | undefined;
  readonly onProgress?: ((progress: TryProgress) => void) | undefined;
  /** Each result as it comes, for whoever shows a single run in full. */
  readonly onResult?: ((result: ReplayResult) => void) | undefined;
  /** Stops early, with a partial report. */
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
}

/**
 * Replays recordings against a candidate and stores the report.
 *
 * @throws MissionError `VERSION_UNKNOWN`, `MISSION_UNKNOWN`, `USAGE` when there is nothing to compare with,
 *   `RECORDING_UNKNOWN`, `FIXTURE_INVALID`, `ARTIFACT_LOAD_FAILED` when the candidate's activities are asked and cannot be
 *   loaded, `REGISTRY_*`, `USAGE` when noise is to be measured and nothing may be asked anew.
 */
export async function tryCandidate(options: TryOptions): Promise<Report> {
  const { registry, policy, clock = () => new Date() } = options;
  const versions = await resolveVersions(options);
  const [candidate, baseline, chosen] = await Promise.all([
    registry.artifacts.get(versions.candidate.artifact),
    registry.artifacts.get(versions.baseline.artifact),
    chooseRecordings(registry, versions.baseline, { ...options.selection, attributes: policy.sample?.attributes }),
  ]);
  const changes = await diffArtifacts(baseline, candidate);
  const intended = intendedOf(versions.candidate);
  const builder = createReportBuilder({
    mission: versions.candidate.mission,
    baseline: { name: formatVersionRef(versions.baseline), artifact: baseline.digest },
    candidate: { name: formatVersionRef(versions.candidate), artifact: candidate.digest },
    policy: { digest: policyDigest(policy), value: policy as Json },
    changes,
    intended,
  });
  checkNoise(policy);
  const session = asksAnew(policy) ? openLiveSession(options) : undefined;
  const live = await session?.answersOf(candidate);
  const plan = new DrawPlan({ baseline, candidate });
  const coverage = createCoverage({ candidate: candidate.definition, baseline: baseline.definition, changes });
  const trial = { builder, chosen, candidate, baseline, live, plan };
  const sample = new WalkSample();
  const changed = await countAll(options, { ...trial, intended, coverage, sample });
  // Before causes: the verdict rests on it, and both may ask anew for the same money.
  const noise = await noiseOf(options, trial, session);
  const attribution = await findCauses(options, {
    baseline,
    candidate,
    changes,
    runs: changed.runs,
    expected: chosen.expected,
    live: live && session && { candidate: live, baseline: () => session.answersOf(baseline) },
    again: chosen.again,
    counts: builder.counts(),
  });
  const { again, cohort } = chosen;
  const covered = await coverMission(coverage.finish(), {
    candidate,
    baseline,
    policy,
    sample,
    again,
    signal: options.signal,
  });
  const report = builder.finish({
    createdAt: clock().toISOString(),
    cohort: reportedCohort(cohort, chosen.kind),
    // Also when the interrupt came after the last result: second opinions may then be missing.
    partial: options.signal?.aborted === true,
    attribution,
    noise,
    coverage: covered,
    live: session?.use(),
    judge: (facts) => evaluateGate(facts, policy),
  });
  await registry.reports.put(report as unknown as ReportDocument);
  return report;
}

function reportedCohort(
  { digest, members, selection, sample }: ChosenRecordings['cohort'],
  kind: ChosenRecordings['kind'],
) {
  return { digest, recordings: members.length, selection, kind, sample };
}

/** The two versions that a try compares. */
async function resolveVersions({ registry, candidate, baseline }: TryOptions) {
  const { mission } = candidate;
  const version = await registry.versions.get(mission, candidate.number);
  if (baseline !== undefined && baseline.mission !== mission) {
    throw new MissionError(
      'USAGE',
      `${formatVersionRef(baseline)} is another mission than ${formatVersionRef(candidate)}.`,
      {
        remedy: `Compare with a version of ${mission}: mission versions ${mission}.`,
      },
    );
  }
  const number = baseline?.number ?? (await defaultBaseline(registry, version));
  return { candidate: version, baseline: await registry.versions.get(mission, number) };
}

async function defaultBaseline(registry: Registry, candidate: Version): Promise<number> {
  const route = await registry.routes.current(candidate.mission);
  const active = route === undefined ? undefined : activeVersion(route);
  if (active !== undefined && active !== candidate.number) return active;
  if (candidate.number > 1) return candidate.number - 1;
  throw new MissionError('USAGE', `There is no version before ${formatVersionRef(candidate)} to compare it with.`, {
    remedy: `The first version needs no report: mission activate ${formatVersionRef(candidate)}.`,
    details: { candidate: formatVersionRef(candidate) },
  });
}

interface Trial {
  readonly builder: ReportBuilder;
  readonly chosen: ChosenRecordings;
  readonly candidate: Artifact;
  readonly baseline: Artifact;
  readonly live: LiveAnswers | undefined;
  readonly plan: DrawPlan;
}

interface CountedTrial extends Trial {
  readonly intended: readonly IntendedChange[] | undefined;
  readonly coverage: CoverageCounter;
  readonly sample: WalkSample;
}

/** @returns the runs that are looked into for causes, and what they did under the candidate */
async function countAll(
  options: TryOptions,
  { builder, chosen, candidate, baseline, live, plan, intended, coverage, sample }: CountedTrial,
): Promise<CauseSample<Fingerprint>> {
  const { policy, workers, signal, onProgress, onResult, judge = judgeHere } = options;
  const total = chosen.cohort.members.length;
  const changed = new CauseSample<Fingerprint>(policy.causes);
  const told = () => {
    const counts = builder.counts();
    onProgress?.({ done: counts.recordings, total, counts });
  };
  told();
  const findMakerOf = (digest: string) => findMaker(options.registry, chosen, digest);
  const subject = { candidate, candidateName: formatVersionRef(options.candidate), baseline, policy, intended };
  const { cohort, gone = [] } = chosen;
  for (const excluded of gone) builder.exclude(excluded);
  const isGone = new Set(gone.map(({ recording }) => recording.id));
  const there = { ...cohort, members: cohort.members.filter(({ id }) => !isGone.has(id)) };
  const judged = judge({ ...chosen, cohort: there, ...subject, live, findMaker: findMakerOf, workers, signal });
  try {
    for await (const one of judged) {
      if (one.kind === 'excluded') builder.exclude(one.excluded);
      else {
        const { result, ways } = one;
        coverage.add(ways);
        sample.add(result, ways.candidate);
        builder.add(result, one.intended);
        // What came as declared has been judged, and would count as a change beyond noise.
        if (one.intended?.asIntended !== true) plan.note(result);
        if (one.did !== undefined) changed.add(result, one.did);
        onResult?.(result);
      }
      told();
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
  return changed;
}

/** In processes of this machine. */
const judgeHere: JudgeCohort = (job) => judgeRecordings(job, job.sources);

/** Noise is in answers that are given anew; where none are, there is nothing to measure. */
function checkNoise(policy: ReplayPolicy): void {
  if (policy.noise === undefined || asksAnew(policy)) return;
  throw new MissionError('USAGE', 'Noise can be measured only where models or reads are asked anew.', {
    remedy: 'Add --answer model=live, or leave out --noise: recorded answers have none.',
  });
}

/** How much of what differs is noise, when the policy wants to know. */
async function noiseOf(
  options: TryOptions,
  { builder, chosen, candidate, baseline, live, plan }: Trial,
  session: LiveSession | undefined,
): Promise<NoiseReport | undefined> {
  const { policy, workers, signal, onProgress } = options;
  const { noise } = policy;
  if (noise === undefined || live === undefined || session === undefined || isAborted(options)) return undefined;
  const counts = builder.counts();
  return drawNoise({
    plan,
    noise,
    policy,
    workers,
    signal,
    expected: chosen.expected,
    baseline: { artifact: baseline, live: await session.answersOf(baseline) },
    candidate: { artifact: candidate, live },
    sources: chosen.again,
    onDraw: (done, total) => onProgress?.({ done, total, counts, drawing: true }),
  });
}

interface CauseQuestion
  extends Pick<AttributeOptions, 'baseline' | 'candidate' | 'changes' | 'runs' | 'expected' | 'live'> {
  readonly again: ChosenRecordings['again'];
  readonly counts: ReportCounts;
}

function isAborted({ signal }: TryOptions): boolean {
  return signal?.aborted === true;
}

/** Why runs came out otherwise. */
async function findCauses(options: TryOptions, question: CauseQuestion): Promise<Attribution | undefined> {
  const { policy, workers, signal, onProgress } = options;
  const { runs, again, counts } = question;
  if (runs.length === 0 || isAborted(options)) return undefined;
  const done = counts.recordings;
  const onHybrid = (hybrids: number) => onProgress?.({ done, total: done, counts, hybrids });
  const attribution = await attributeChanges({ ...question, sources: again, policy, workers, signal, onHybrid });
  // An interrupt meanwhile leaves hybrids unfinished, and what they say would be wrong.
  return isAborted(options) ? undefined : attribution;
}

/** Who made a recording: the registry knows, or the artifact is kept beside the regression case. */
async function findMaker({ artifacts }: Registry, chosen: ChosenRecordings, digest: string) {
  if (await artifacts.has(digest)) return artifacts.get(digest);
  return chosen.keptArtifact(digest);
}
