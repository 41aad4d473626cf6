/**
 * Which recordings a candidate is tried on, frozen before the first is replayed.
 *
 * 1. By default: recordings of the mission that the baseline's artifact made. They show what the change changes. Where it has
 *    none yet (it was activated a minute ago), those of the latest version before it that has some, and the report says so.
 * 2. Runs that are named are taken whichever version made them; one that is not there is an error, never skipped.
 * 3. Recordings are read in batches as they are replayed; only their summaries are held. A sample by strata reads all of them once
 *    before, and holds a line of each.
 */
import type { Artifact } from '../artifact/artifact.ts';
import type { ExcludedRecording } from '../compare/outcome.ts';
import type { Report } from '../compare/report.ts';
import { toStoredRecording } from '../recording/build-recording.ts';
import { type Cohort, type CohortSelection, cohortOf, freezeCohort, freezeSample } from '../recording/cohort.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { type Fixture, readFixtures } from '../recording/fixtures.ts';
import { inputOf } from '../recording/run-end.ts';
import { FeatureReader } from '../recording/sample-features.ts';
import type { SampleFeatures } from '../recording/stratified-sample.ts';
import type { RunEnd, Trace } from '../recording/trace.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { shortDigest } from '../shared/digest.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { cohortOfReport, REGRESSION_CASES } from './check-cohort.ts';
import { type ExpectedEnds, expectedEnds } from './expected-end.ts';
import { keptBeside } from './kept-artifacts.ts';
import type { TracedSource } from './recording-notes.ts';

export interface TrySelection {
  /** Recordings by id, workflow id or run id. */
  readonly runs?: readonly string[] | undefined;
  /** Started at or after this instant, ISO 8601. */
  readonly since?: string | undefined;
  /** At most so many; which ones is decided by `sample`. */
  readonly limit?: number | undefined;
  /** Seed of the sample. @default '' */
  readonly sample?: string | undefined;
  /** Draws the sample evenly instead of by strata, so that it has the shares of all. @default false */
  readonly evenly?: boolean | undefined;
  /** JSON Pointers into the input by which a sample is told apart, too. */
  readonly attributes?: readonly string[] | undefined;
  /** Exactly the recordings of an earlier report, proven by its cohort's digest. Nothing else is selected then. */
  readonly cohort?: Report | undefined;
  /** Folders of regression cases, instead of stored recordings. */
  readonly fixtures?: readonly string[] | undefined;
}

export interface ChosenRecordings {
  readonly cohort: Cohort;
  /** `picked`: named runs, or regression cases. */
  readonly kind: 'recordings' | 'picked';
  /** Whether they are in the registry, where other processes find them too. */
  readonly isStored: boolean;
  readonly sources: AsyncIterable<TracedSource>;
  /** Members of the cohort that retention has deleted since it was frozen. */
  readonly gone?: readonly ExcludedRecording[] | undefined;
  /** Reads some of them once more, so that none is held in memory meanwhile. */
  readonly again: (ids: ReadonlySet<string>) => AsyncIterable<TracedSource>;
  /** Of regression cases with a corrected outcome. */
  readonly expected: ExpectedEnds;
  /** The artifact that made a regression case, when it is kept beside it. */
  readonly keptArtifact: (digest: string) => Promise<Artifact | undefined>;
}

const BATCH = 64;
/** Told apart by nothing: one stratum. */
const ALIKE: SampleFeatures['values'] = { outcome: '', rare: '', path: '', attribute: '', length: '', time: '' };
/** What only regression cases have. */
const NO_CASES = {
  isStored: true,
  expected: new Map(),
  keptArtifact: async () => undefined,
} satisfies Partial<ChosenRecordings>;

/**
 * Chooses recordings for a candidate.
 *
 * @param baseline - whose recordings are taken when none are named
 * @throws MissionError `RECORDING_UNKNOWN` when a named run is not stored, `COHORT_CHANGED`, `FIXTURE_INVALID`, `HISTORY_INVALID`.
 */
export async function chooseRecordings(
  registry: Pick<Registry, 'recordings' | 'reports' | 'retention' | 'versions' | 'vault' | 'artifacts'>,
  baseline: Version,
  selection: TrySelection,
): Promise<ChosenRecordings> {
  if (selection.fixtures !== undefined) {
    const fixtures = readFixtures(selection.fixtures, registry.vault);
    return chooseFixtures(fixtures, baseline.mission, selection);
  }
  const { recordings } = registry;
  if (selection.cohort !== undefined) return chooseAgain(registry, baseline, selection.cohort);
  const { runs, since } = selection;
  if (runs !== undefined) {
    const cohort = freeze(await findRuns(recordings, runs), selection, 'named');
    return { cohort, kind: 'picked', ...readers(recordings, cohort), ...NO_CASES };
  }
  const maker = await latestMaker(registry, baseline);
  const { mission, artifact } = maker;
  const summaries = await recordings.list({ mission, artifact, ...(since !== undefined && { since }) });
  const aside = maker === baseline ? '' : ` (${formatVersionRef(baseline)} has none yet)`;
  const words = `run by ${formatVersionRef(maker)}${aside}`;
  const { limit } = selection;
  const cohort =
    limit === undefined || summaries.length <= limit
      ? freeze(summaries, selection, words)
      : named(await sampled(registry, { summaries, artifact, selection: { ...selection, limit } }), words);
  return { cohort, kind: 'recordings', ...readers(recordings, cohort), ...NO_CASES };
}

/**
 * It shows for an activation what it showed when nobody had picked it: on the recordings of the same baseline. Whether somebody had, only a
 * report of this registry tells: a file can be written by anybody.
 */
async function chooseAgain(
  registry: Pick<Registry, 'recordings' | 'reports' | 'retention'>,
  baseline: Version,
  report: Report,
): Promise<ChosenRecordings> {
  const { members, stored, gone } = await cohortOfReport(registry, report);
  const selection = `the cohort of report ${shortDigest(report.digest)} (${report.cohort.selection})`;
  const cohort = { ...cohortOf(members), selection, matching: members.length };
  const isUnpicked = report.cohort.kind === 'recordings' && report.baseline.artifact === baseline.artifact;
  const kind = isUnpicked && (await isKept(registry.reports, report.digest)) ? 'recordings' : 'picked';
  return { cohort, kind, gone, ...readers(registry.recordings, { ...cohort, members: stored }), ...NO_CASES };
}

async function isKept(reports: Registry['reports'], digest: string): Promise<boolean> {
  try {
    await reports.get(digest);
    return true;
  } catch (error) {
    if (isMissionError(error, 'REPORT_UNKNOWN')) return false;
    throw error;
  }
}

interface SampleQuestion {
  readonly summaries: readonly RecordingSummary[];
  /** That of the version which made them: its output schema says which fields decide. */
  readonly artifact: string;
  readonly selection: TrySelection & { readonly limit: number };
}

async function sampled(
  registry: Pick<Registry, 'recordings' | 'artifacts'>,
  question: SampleQuestion,
): Promise<Cohort> {
  const { summaries, selection } = question;
  const { since, limit, sample, evenly = false } = selection;
  const features = evenly ? summaries.map(({ id }) => ({ id, values: ALIKE })) : await readFeatures(registry, question);
  return freezeSample(summaries, features, { since, limit, seed: sample });
}

/** For strata all that fit are read once for what tells them apart. */
async function readFeatures(
  { recordings, artifacts }: Pick<Registry, 'recordings' | 'artifacts'>,
  { summaries, artifact, selection: { attributes = [] } }: SampleQuestion,
): Promise<readonly SampleFeatures[]> {
  const output = (await artifacts.get(artifact)).definition.output as JsonObject;
  const reader = new FeatureReader({ output, attributes });
  const ids = summaries.map(({ id }) => id);
  for (let at = 0; at < ids.length; at += BATCH) {
    for await (const { summary, end, trace, content } of recordings.stream({ ids: ids.slice(at, at + BATCH) })) {
      const [first] = attributes.length === 0 ? [] : decodeRecordingContent(content);
      const input = first === undefined ? null : inputOf(first);
      reader.add({ ...summary, end: end as RunEnd, trace: trace as Trace, input });
    }
  }
  return reader.features();
}

/** The baseline when it has recordings, else the latest version before it that has some, else the baseline all the same. */
async function latestMaker(
  { recordings, versions }: Pick<Registry, 'recordings' | 'versions'>,
  baseline: Version,
): Promise<Version> {
  const { mission, number } = baseline;
  const earlier = (await versions.list(mission)).filter((version) => version.number < number);
  for (const version of [baseline, ...earlier.sort((left, right) => right.number - left.number)]) {
    if ((await recordings.count({ mission, artifact: version.artifact })) > 0) return version;
  }
  return baseline;
}

/**
 * One recording by its id, its workflow id (the latest run) or its run id.
 *
 * @throws MissionError `RECORDING_UNKNOWN`
 */
export async function findRecording(recordings: Registry['recordings'], run: string): Promise<RecordingSummary> {
  const exact = await recordings.list({ ids: [run] });
  const ofWorkflow = exact.length > 0 ? exact : await recordings.list({ workflowId: run });
  const found = ofWorkflow.at(-1) ?? (await findByRunId(recordings, run));
  if (found !== undefined) return found;
  const gone = await recordings.whyGone(run);
  if (gone !== undefined) throw gone;
  throw new MissionError('RECORDING_UNKNOWN', `There is no recording of run "${run}".`, {
    remedy: 'Record ended runs with: mission collect. mission recordings lists what is there.',
    details: { run },
  });
}

async function findByRunId(recordings: Registry['recordings'], runId: string): Promise<RecordingSummary | undefined> {
  if (!/^[0-9a-f-]{36}$/i.test(runId)) return undefined;
  for await (const summary of recordings.streamSummaries()) if (summary.runId === runId) return summary;
  return undefined;
}

async function findRuns(recordings: Registry['recordings'], runs: readonly string[]): Promise<RecordingSummary[]> {
  const found = new Map<string, RecordingSummary>();
  for (const run of runs) {
    const summary = await findRecording(recordings, run);
    found.set(summary.id, summary);
  }
  return [...found.values()];
}

function freeze(summaries: Iterable<RecordingSummary>, selection: TrySelection, words: string): Cohort {
  const { since, limit, sample } = selection;
  const chosen: CohortSelection = { since, limit, seed: sample };
  const cohort = freezeCohort(summaries, chosen);
  return named(cohort, words);
}

function named(cohort: Cohort, words: string): Cohort {
  return { ...cohort, selection: cohort.selection.replace('all missions', words) };
}

function readers(recordings: Registry['recordings'], { members }: Cohort): Pick<ChosenRecordings, 'sources' | 'again'> {
  const ids = members.map(({ id }) => id);
  const read = (wanted: readonly string[]) => readSources(recordings, wanted);
  return { sources: read(ids), again: (some) => read(ids.filter((id) => some.has(id))) };
}

/** Recordings by their ids, in batches. */
export async function* readSources(
  recordings: Registry['recordings'],
  ids: readonly string[],
): AsyncGenerator<TracedSource> {
  for (let at = 0; at < ids.length; at += BATCH) {
    for await (const { summary, content, trace } of recordings.stream({ ids: ids.slice(at, at + BATCH) }))
      yield { summary, content, trace: trace as Trace };
  }
}

async function chooseFixtures(
  read: AsyncIterable<Fixture>,
  mission: string,
  selection: TrySelection,
): Promise<ChosenRecordings> {
  const fixtures: Fixture[] = [];
  for await (const fixture of read) {
    if (fixture.case.mission === undefined || fixture.case.mission === mission) fixtures.push(fixture);
  }
  const byId = new Map(fixtures.map((fixture) => [fixture.recording.id, fixture]));
  const stored = fixtures.map(({ recording }) => toStoredRecording(recording));
  const cohort = freeze(
    stored.map(({ summary }) => summary),
    selection,
    `${REGRESSION_CASES} of ${mission} in ${(selection.fixtures ?? []).join(', ')}`,
  );
  const those = async function* (wanted: ReadonlySet<string>): AsyncGenerator<TracedSource> {
    for (const { summary, content, trace } of stored)
      if (wanted.has(summary.id)) yield { summary, content, trace: trace as Trace };
  };
  return {
    cohort,
    kind: 'picked',
    isStored: false,
    sources: those(new Set(cohort.members.map(({ id }) => id))),
    again: those,
    expected: expectedEnds([...byId.values()]),
    keptArtifact: keptBeside(fixtures),
  };
}
