/**
 * Looking for drift: the last day's runs of a version are replayed on the version before it, and compared with the day before.
 *
 * 1. The version's own replay of its recordings comes first (the self-check of every replay), so a recording that does not
 *    replay says nothing.
 * 2. The world is told by runs of one version: by this one, where it ran the day before; else by the earlier one, whose runs
 *    now are the replays.
 */
import type { Artifact } from '../artifact/artifact.ts';
import {
  type Drift,
  judgeDrift,
  judgeVersion,
  judgeWorld,
  type VersionPart,
  type WorldSets,
} from '../compare/drift.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { inputCategories, outcomeCategories, stepCategories } from '../recording/run-categories.ts';
import { inputOf } from '../recording/run-end.ts';
import type { RunEnd, Trace } from '../recording/trace.ts';
import type { RecordingFilter } from '../registry/recording-query.ts';
import type { StoredRecording } from '../registry/recordings.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion } from '../routing/active-version.ts';
import { MissionError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type TryProgress, tryCandidate } from './try-candidate.ts';

export interface DriftOptions {
  readonly registry: Registry;
  readonly mission: string;
  /** @default the active version */
  readonly version?: number | undefined;
  /** @default the version that was active before it, with another artifact */
  readonly against?: number | undefined;
  /** How long the window is, and the one before it, in milliseconds. @default a day */
  readonly windowMs?: number | undefined;
  readonly policy: ReplayPolicy;
  /** Replay a sample of so many. @default all */
  readonly limit?: number | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
  readonly onProgress?: ((progress: TryProgress) => void) | undefined;
}

const DAY_MS = 86_400_000;
/** Runs of a set that are read, the earliest first. */
const RUNS_MAX = 5_000;

/**
 * Looks at one window of time, and stores what was found.
 *
 * @throws MissionError `MISSION_UNKNOWN`, `VERSION_UNKNOWN`, `NO_ACTIVE_VERSION`, `USAGE` when there is no version before, and what
 *   a replay throws.
 */
export async function findDrift(options: DriftOptions): Promise<Drift> {
  const { registry, mission, windowMs = DAY_MS, clock = () => new Date() } = options;
  const pair = await versionsOf(options);
  const now = clock().getTime();
  const [before, from, to] = [now - 2 * windowMs, now - windowMs, now].map((at) => new Date(at).toISOString()) as [
    string,
    string,
    string,
  ];
  const names = { version: formatVersionRef(pair.version), against: formatVersionRef(pair.against) };
  const replayed = new Map<string, readonly string[]>();
  const onVersion = await replay(options, pair, from, replayed);
  const onWorld = judgeWorld(await worldSets(registry, pair, { before, from, to }, replayed));
  const drift: Drift = {
    mission,
    ...names,
    before,
    from,
    to,
    ...judgeDrift(names, onVersion, onWorld),
    onVersion,
    onWorld,
  };
  if (options.signal?.aborted !== true) {
    await registry.drifts.put({ mission, verdict: drift.verdict, finding: drift as unknown as JsonObject });
  }
  return drift;
}

interface Pair {
  readonly version: Version;
  readonly against: Version;
  readonly versionArtifact: Artifact;
  readonly againstArtifact: Artifact;
}

async function versionsOf({ registry, mission, version: given, against }: DriftOptions): Promise<Pair> {
  const version = await registry.versions.get(mission, given ?? (await activeOf(registry, mission)));
  const earlier =
    against === undefined ? await versionBefore(registry, version) : await registry.versions.get(mission, against);
  if (earlier === undefined) {
    throw new MissionError('USAGE', `There is no version before ${formatVersionRef(version)} with another artifact.`, {
      remedy: 'Drift is told by the version before: there is nothing to tell it by yet.',
      details: { version: formatVersionRef(version) },
    });
  }
  const [versionArtifact, againstArtifact] = await Promise.all([
    registry.artifacts.get(version.artifact),
    registry.artifacts.get(earlier.artifact),
  ]);
  return { version, against: earlier, versionArtifact, againstArtifact };
}

async function activeOf({ routes, versions }: Registry, mission: string): Promise<number> {
  const route = await routes.current(mission);
  if (route !== undefined) return activeVersion(route);
  await versions.get(mission, 1);
  throw new MissionError('NO_ACTIVE_VERSION', `No version of ${mission} is active.`, {
    remedy: `Activate one: mission activate ${mission}@1. Or name the version to look at.`,
    details: { mission },
  });
}

/** The one that was active before it, else the latest before it by number; one with another artifact. */
export async function versionBefore({ routes, versions }: Registry, version: Version): Promise<Version | undefined> {
  const all = new Map((await versions.list(version.mission)).map((one) => [one.number, one]));
  const isOther = (one: Version | undefined) => one !== undefined && one.artifact !== version.artifact;
  const history = (await routes.history(version.mission)).toSorted((a, b) => b.revision - a.revision);
  const since = history.findIndex((route) => activeVersion(route) === version.number);
  const active = history.slice(Math.max(0, since)).map((route) => all.get(activeVersion(route)));
  const numbered = [...all.values()]
    .filter(({ number }) => number < version.number)
    .sort((a, b) => b.number - a.number);
  return [...active, ...numbered].find(isOther);
}

/** The earlier version on the recordings of this one. @param replayed - gets the categories of its outcomes, by recording id */
async function replay(
  options: DriftOptions,
  { version, against, againstArtifact }: Pair,
  from: string,
  replayed: Map<string, readonly string[]>,
): Promise<VersionPart> {
  const { registry, mission, policy, limit, workers, signal, clock, onProgress } = options;
  const { artifact } = version;
  if ((await registry.recordings.count({ mission, artifact, since: from })) === 0) return NOTHING_REPLAYED;
  const output = againstArtifact.definition.output as JsonObject;
  const report = await tryCandidate({
    registry,
    candidate: { mission, number: against.number },
    baseline: { mission, number: version.number },
    selection: { since: from, limit, sample: from },
    policy,
    workers,
    signal,
    clock,
    onProgress,
    onResult: ({ recording, candidateEnd }) => {
      if (candidateEnd !== null) replayed.set(recording.id, outcomeCategories(candidateEnd, output));
    },
  });
  return judgeVersion(report);
}

const NOTHING_REPLAYED: VersionPart = { finding: 'unclear', recordings: 0, changed: 0, unclear: 0, report: null };

interface Windows {
  readonly before: string;
  readonly from: string;
  readonly to: string;
}

/** Runs of one version in both windows: of that which has more of them before. */
async function worldSets(
  { recordings }: Registry,
  { version, against, versionArtifact, againstArtifact }: Pair,
  { before, from, to }: Windows,
  replayed: ReadonlyMap<string, readonly string[]>,
): Promise<WorldSets> {
  const { mission } = version;
  const filter = (artifact: string, since: string, until: string) => ({
    mission,
    artifact,
    since,
    until,
    limit: RUNS_MAX,
  });
  const beforeOf = (one: Version) => recordings.count(filter(one.artifact, before, from));
  const isReplayed = (await beforeOf(version)) < (await beforeOf(against));
  const { definition } = isReplayed ? againstArtifact : versionArtifact;
  const [input, output] = [definition.input as JsonObject, definition.output as JsonObject];
  const outcomesOf = ({ end }: StoredRecording) => outcomeCategories(end as RunEnd, output);
  const inputsOf = ({ content }: StoredRecording) => {
    const [first] = decodeRecordingContent(content);
    return first === undefined ? [] : inputCategories(inputOf(first), input);
  };
  const recordedOf = (recording: StoredRecording) => [
    ...outcomesOf(recording),
    ...inputsOf(recording),
    // A replay that is simulated takes steps that no recording has: steps are compared among recorded runs alone.
    ...(isReplayed ? [] : stepCategories((recording.trace as Trace).steps)),
  ];
  const replayedOf = (recording: StoredRecording) => {
    const outcomes = replayed.get(recording.summary.id);
    return outcomes === undefined ? undefined : [...outcomes, ...inputsOf(recording)];
  };
  const shown = isReplayed ? against : version;
  return {
    version: formatVersionRef(shown),
    isReplayed,
    before: await countSet(recordings, filter(shown.artifact, before, from), recordedOf),
    now: await countSet(recordings, filter(version.artifact, from, to), isReplayed ? replayedOf : recordedOf),
  };
}

async function countSet(
  recordings: Registry['recordings'],
  filter: RecordingFilter,
  categoriesOf: (recording: StoredRecording) => readonly string[] | undefined,
) {
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
