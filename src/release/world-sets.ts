/**
 * The two sets of runs that tell whether the world moved: those of one version in a window, and in the window before it.
 *
 * 1. A version that had fewer runs before than the earlier one is too new: the earlier one is taken, whose runs now are its replays.
 * 2. Every recording that was to be replayed is in the set, whatever came of it; those without an end are counted.
 */
import type { Artifact } from '../artifact/artifact.ts';
import type { WorldSets } from '../compare/drift.ts';
import type { CategoryCounts } from '../compare/two-sample.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { inputCategories, outcomeCategories, stepCategories } from '../recording/run-categories.ts';
import { inputOf } from '../recording/run-end.ts';
import type { RunEnd, Trace } from '../recording/trace.ts';
import type { RecordingFilter } from '../registry/recording-query.ts';
import type { StoredRecording } from '../registry/recordings.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import type { JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';

/** The version that ran, and the one before it. */
export interface Pair {
  readonly version: Version;
  readonly against: Version;
  readonly versionArtifact: Artifact;
  readonly againstArtifact: Artifact;
}

/** ISO 8601: the window is `from` until `to`, the one before it `before` until `from`. */
export interface Windows {
  readonly before: string;
  readonly from: string;
  readonly to: string;
}

/** By recording id: the categories of the outcome under the earlier version, `null` where its replay came to no end. */
export type ReplayedOutcomes = ReadonlyMap<string, readonly string[] | null>;

/** Runs of a set that are read, the earliest first. */
const RUNS_MAX = 5_000;

/** Whether the earlier version had more runs in the window before. */
export async function ranMoreBefore(
  { recordings }: Registry,
  { version, against }: Pair,
  { before, from }: Windows,
): Promise<boolean> {
  const ofVersion = await recordings.count(filterOf(version, before, from));
  return ofVersion < (await recordings.count(filterOf(against, before, from)));
}

/** @param replayed - where the earlier version is to tell; without it, this version's own runs do */
export async function worldSets(
  { recordings }: Registry,
  { version, against, versionArtifact, againstArtifact }: Pair,
  { before, from, to }: Windows,
  replayed: ReplayedOutcomes | undefined,
): Promise<WorldSets> {
  const isReplayed = replayed !== undefined;
  const [shown, { definition }] = isReplayed ? [against, againstArtifact] : [version, versionArtifact];
  const [input, output] = [definition.input as JsonObject, definition.output as JsonObject];
  const inputsOf = ({ content }: StoredRecording) => {
    const [first] = decodeRecordingContent(content);
    return first === undefined ? [] : inputCategories(inputOf(first), input);
  };
  const recordedOf = (recording: StoredRecording) => [
    ...outcomeCategories(recording.end as RunEnd, output),
    ...inputsOf(recording),
    // A replay that is simulated takes steps that no recording has: steps are compared among recorded runs alone.
    ...(isReplayed ? [] : stepCategories((recording.trace as Trace).steps)),
  ];
  let unended = 0;
  const replayedOf = (recording: StoredRecording) => {
    const outcomes = replayed?.get(recording.summary.id);
    // Not in the sample, or recorded since.
    if (outcomes === undefined) return undefined;
    if (outcomes === null) unended += 1;
    return [...(outcomes ?? []), ...inputsOf(recording)];
  };
  return {
    version: formatVersionRef(shown),
    isReplayed,
    before: await countSet(recordings, filterOf(shown, before, from), recordedOf),
    now: await countSet(recordings, filterOf(version, from, to), isReplayed ? replayedOf : recordedOf),
    unended,
  };
}

function filterOf({ mission, artifact }: Version, since: string, until: string): RecordingFilter {
  return { mission, artifact, since, until, limit: RUNS_MAX };
}

async function countSet(
  recordings: Registry['recordings'],
  filter: RecordingFilter,
  categoriesOf: (recording: StoredRecording) => readonly string[] | undefined,
): Promise<CategoryCounts> {
  const counts = new Map<string, number>();
  let runs = 0;
  for await (const recording of recordings.stream(filter)) {
    const categories = categoriesOf(recording);
    if (categories === undefined) continue;
    runs += 1;
    for (const category of new Set(categories)) counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  return { runs, counts };
}
