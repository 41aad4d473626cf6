/**
 * Looking for drift: the last day's runs of a version are replayed on the version before it, and compared with the day before.
 *
 * 1. The version's own replay of its recordings comes first (the self-check of every replay), so a recording that does not
 *    replay says nothing.
 * 2. The world is told by runs of one version: by this one, where it ran the day before; else by the earlier one, whose runs
 *    now are the replays.
 */
import { type Drift, judgeDrift, judgeVersion, judgeWorld, type VersionPart } from '../compare/drift.ts';
import type { Report } from '../compare/report.ts';
import { allowedCount } from '../gate/evaluate-gate.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { outcomeCategories } from '../recording/run-categories.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion } from '../routing/active-version.ts';
import { MissionError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type TryProgress, tryCandidate } from './try-candidate.ts';
import { type Pair, type ReplayedOutcomes, ranMoreBefore, worldSets } from './world-sets.ts';

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
  /** Replay a sample of so many: by strata, or evenly where the replays are compared with the window before. @default all */
  readonly limit?: number | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
  readonly onProgress?: ((progress: TryProgress) => void) | undefined;
}

const DAY_MS = 86_400_000;

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
  const windows = { before, from, to };
  const isReplayed = await ranMoreBefore(registry, pair, windows);
  // Strata show the versions' differences best. A day is shown by its own shares alone, and the test is of unweighted counts.
  const replayed = await replay(options, pair, { since: from, evenly: isReplayed });
  const onVersion = replayed === undefined ? NOTHING_REPLAYED : versionPart(replayed.report, options.policy);
  const outcomes = isReplayed ? (replayed?.outcomes ?? new Map()) : undefined;
  const onWorld = judgeWorld(await worldSets(registry, pair, windows, outcomes));
  const drift: Drift = {
    mission,
    ...names,
    ...windows,
    ...judgeDrift(names, onVersion, onWorld),
    onVersion,
    onWorld,
  };
  if (options.signal?.aborted !== true) {
    await registry.drifts.put({ mission, verdict: drift.verdict, finding: drift as unknown as JsonObject });
  }
  return drift;
}

const NOTHING_REPLAYED: VersionPart = {
  finding: 'unclear',
  recordings: 0,
  changed: 0,
  unclear: 0,
  excluded: 0,
  population: 0,
  report: null,
};

function versionPart(report: Report, { allow }: ReplayPolicy): VersionPart {
  return judgeVersion(report, allowedCount(allow.excluded, report.counts.recordings));
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

interface Replayed {
  readonly report: Report;
  readonly outcomes: ReplayedOutcomes;
}

/** The earlier version on the recordings of this one, where there are any. */
async function replay(
  options: DriftOptions,
  { version, against, againstArtifact }: Pair,
  selection: { readonly since: string; readonly evenly: boolean },
): Promise<Replayed | undefined> {
  const { registry, mission, policy, limit, workers, signal, clock, onProgress } = options;
  const { artifact } = version;
  const { since } = selection;
  if ((await registry.recordings.count({ mission, artifact, since })) === 0) return undefined;
  const output = againstArtifact.definition.output as JsonObject;
  const outcomes = new Map<string, readonly string[] | null>();
  const report = await tryCandidate({
    registry,
    candidate: { mission, number: against.number },
    baseline: { mission, number: version.number },
    selection: { ...selection, limit, sample: since },
    policy,
    workers,
    signal,
    clock,
    onProgress,
    onResult: ({ recording, candidateEnd }) => {
      outcomes.set(recording.id, candidateEnd && outcomeCategories(candidateEnd, output));
    },
  });
  for (const { recording } of report.excluded) outcomes.set(recording.id, null);
  return { report, outcomes: report.partial ? new Map() : outcomes };
}
