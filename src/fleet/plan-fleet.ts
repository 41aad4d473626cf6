/**
 * Which artifacts have to be hosted. Pure.
 *
 * Invariants
 * 1. Whatever can get a new run, or has an open one, is hosted: by weight, by rule, by open runs.
 * 2. The last few versions are hosted before anything sends them traffic, so that an activation and a rollback find
 *    workers that are warm.
 * 3. Versions with the same artifact share one worker.
 */
import type { Version } from '../registry/versions.ts';

export type HostingReason = 'traffic' | 'open runs' | 'recent';

export interface MissionFacts {
  readonly mission: string;
  readonly versions: readonly Pick<Version, 'number' | 'artifact'>[];
  /** Versions that the current route can choose, by a weight above 0 or by a rule. */
  readonly routed: readonly number[];
  /** The version that most new runs get: what plain Temporal clients should land on. Absent without a route. */
  readonly defaultVersion: Pick<Version, 'number' | 'artifact'> | undefined;
  /** Artifacts that open runs are pinned to. */
  readonly openArtifacts: readonly string[];
}

export interface WantedArtifact {
  readonly mission: string;
  readonly artifact: string;
  /** Numbers of the versions that hold it, ascending. */
  readonly versions: readonly number[];
  readonly reasons: readonly HostingReason[];
}

export interface FleetPlan {
  readonly wanted: readonly WantedArtifact[];
  readonly start: readonly WantedArtifact[];
  /** Digests of artifacts that are hosted and no longer wanted. */
  readonly stop: readonly string[];
}

/** @param keepLast - how many of each mission's newest versions stay hosted without any other reason */
export function planFleet(facts: readonly MissionFacts[], live: ReadonlySet<string>, keepLast: number): FleetPlan {
  const wanted = facts.flatMap((mission) => wantedOf(mission, keepLast));
  const digests = new Set(wanted.map(({ artifact }) => artifact));
  return {
    wanted,
    start: wanted.filter(({ artifact }) => !live.has(artifact)),
    stop: [...live].filter((artifact) => !digests.has(artifact)),
  };
}

function wantedOf({ mission, versions, routed, openArtifacts }: MissionFacts, keepLast: number): WantedArtifact[] {
  const newest = versions
    .map(({ number }) => number)
    .sort((left, right) => right - left)
    .slice(0, keepLast);
  return groupByArtifact(versions).flatMap(([artifact, numbers]) => {
    const reasons: HostingReason[] = [];
    if (numbers.some((number) => routed.includes(number))) reasons.push('traffic');
    if (openArtifacts.includes(artifact)) reasons.push('open runs');
    if (numbers.some((number) => newest.includes(number))) reasons.push('recent');
    return reasons.length === 0 ? [] : [{ mission, artifact, versions: numbers, reasons }];
  });
}

/** Artifact → numbers of its versions, in the order of the first of them. */
function groupByArtifact(versions: MissionFacts['versions']): [string, number[]][] {
  const groups = new Map<string, number[]>();
  for (const { number, artifact } of versions.toSorted((left, right) => left.number - right.number)) {
    groups.set(artifact, [...(groups.get(artifact) ?? []), number]);
  }
  return [...groups];
}
