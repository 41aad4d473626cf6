/**
 * Which recordings a candidate is tried on, frozen before the first is replayed.
 *
 * 1. By default: recordings of the mission that the baseline's artifact made. They show what the change changes. Where it has
 *    none yet (it was activated a minute ago), those of the latest version before it that has some, and the report says so.
 * 2. Runs that are named are taken whichever version made them; one that is not there is an error, never skipped.
 * 3. Recordings are read in batches as they are replayed; only their summaries are held.
 */
import type { Artifact } from '../artifact/artifact.ts';
import { toStoredRecording } from '../recording/build-recording.ts';
import { type Cohort, type CohortSelection, freezeCohort } from '../recording/cohort.ts';
import { type Fixture, readFixtures } from '../recording/fixtures.ts';
import type { Trace } from '../recording/trace.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
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
  /** Folders of regression cases, instead of stored recordings. */
  readonly fixtures?: readonly string[] | undefined;
}

export interface ChosenRecordings {
  readonly cohort: Cohort;
  /** `picked`: named runs, or regression cases. */
  readonly kind: 'recordings' | 'picked';
  readonly sources: AsyncIterable<TracedSource>;
  /** Of regression cases with a corrected outcome. */
  readonly expected: ExpectedEnds;
  /** The artifact that made a regression case, when it is kept beside it. */
  readonly keptArtifact: (digest: string) => Promise<Artifact | undefined>;
}

const BATCH = 64;
/** What only regression cases have. */
const NO_CASES = { expected: new Map(), keptArtifact: async () => undefined } satisfies Partial<ChosenRecordings>;

/**
 * Chooses recordings for a candidate.
 *
 * @param baseline - whose recordings are taken when none are named
 * @throws MissionError `RECORDING_UNKNOWN` when a named run is not stored, `FIXTURE_INVALID`, `HISTORY_INVALID`.
 */
export async function chooseRecordings(
  registry: Pick<Registry, 'recordings' | 'versions' | 'vault'>,
  baseline: Version,
  selection: TrySelection,
): Promise<ChosenRecordings> {
  if (selection.fixtures !== undefined) {
    const fixtures = readFixtures(selection.fixtures, registry.vault);
    return chooseFixtures(fixtures, baseline.mission, selection);
  }
  const { recordings } = registry;
  const { runs, since } = selection;
  if (runs !== undefined) {
    const cohort = freeze(await findRuns(recordings, runs), selection, 'named');
    return { cohort, kind: 'picked', sources: readSources(recordings, cohort), ...NO_CASES };
  }
  const maker = await latestMaker(registry, baseline);
  const { mission, artifact } = maker;
  const summaries = await recordings.list({ mission, artifact, ...(since !== undefined && { since }) });
  const aside = maker === baseline ? '' : ` (${formatVersionRef(baseline)} has none yet)`;
  const cohort = freeze(summaries, selection, `run by ${formatVersionRef(maker)}${aside}`);
  return { cohort, kind: 'recordings', sources: readSources(recordings, cohort), ...NO_CASES };
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
  return { ...cohort, selection: cohort.selection.replace('all missions', words) };
}

async function* readSources(recordings: Registry['recordings'], { members }: Cohort): AsyncGenerator<TracedSource> {
  for (let at = 0; at < members.length; at += BATCH) {
    const ids = members.slice(at, at + BATCH).map(({ id }) => id);
    for await (const { summary, content, trace } of recordings.stream({ ids }))
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
    `regression cases of ${mission} in ${(selection.fixtures ?? []).join(', ')}`,
  );
  const members = new Set(cohort.members.map(({ id }) => id));
  return {
    cohort,
    kind: 'picked',
    sources: (async function* () {
      for (const { summary, content, trace } of stored)
        if (members.has(summary.id)) yield { summary, content, trace: trace as Trace };
    })(),
    expected: expectedEnds([...byId.values()]),
    keptArtifact: keptBeside(fixtures),
  };
}
