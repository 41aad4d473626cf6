/**
 * Which artifacts have to be hosted. Pure.
 *
 * Invariants
 * 1. Whatever can get a new run, or has an open one, is hosted: by weight, by rule, as a shadow, by open runs. So is what is
 *    on hold.
 * 2. A version that never had traffic is not hosted until someone asks for it: publishing loads no code anywhere.
 * 3. The last few versions that had traffic, and whatever was the default within the rollback window, stay warm, unless they
 *    were retired since.
 * 4. Versions with the same artifact share one worker.
 * 5. Never more than `limit` artifacts of a mission for the reasons of 3; the oldest go first.
 */
import type { HostingOrder } from '../registry/hosting.ts';
import type { Version } from '../registry/versions.ts';
import { orderedState, type TrafficPast } from './hosting-state.ts';

/** `named`: this process was told to host it, and nothing else. */
export type HostingReason = 'traffic' | 'shadow' | 'open runs' | 'hold' | 'awake' | 'rollback' | 'recent' | 'named';

export interface MissionFacts {
  readonly mission: string;
  /** The name of its worker deployment on the server. */
  readonly deployment: string;
  readonly versions: readonly Pick<Version, 'number' | 'artifact'>[];
  /** Versions that the current route can choose, by a weight above 0 or by a rule. */
  readonly routed: readonly number[];
  /** Versions that run beside real runs. @default none */
  readonly shadows?: readonly number[];
  /** The version that most new runs get: what plain Temporal clients should land on. Absent without a route. */
  readonly defaultVersion: Pick<Version, 'number' | 'artifact'> | undefined;
  /** Artifacts that open runs are pinned to. */
  readonly openArtifacts: readonly string[];
  /** Versions that ever had traffic. */
  readonly past: readonly TrafficPast[];
  /** All of the mission, in their order. */
  readonly orders: readonly HostingOrder[];
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

export interface KeepRules {
  readonly nowMs: number;
  /** How many of the versions that had traffic stay hosted without any other reason. */
  readonly keepLast: number;
  /** For how long the version that was the default stays hosted after it is replaced, in milliseconds. */
  readonly rollbackMs: number;
  /** Artifacts of one mission at most; those with traffic, open runs, a hold or a wake are hosted all the same. */
  readonly limit: number;
}

export function planFleet(facts: readonly MissionFacts[], live: ReadonlySet<string>, keep: KeepRules): FleetPlan {
  return planFor(
    facts.flatMap((mission) => wantedOf(mission, keep)),
    live,
  );
}

/** What has to be started and stopped so that exactly this is hosted. */
export function planFor(wanted: readonly WantedArtifact[], live: ReadonlySet<string>): FleetPlan {
  const digests = new Set(wanted.map(({ artifact }) => artifact));
  return {
    wanted,
    start: wanted.filter(({ artifact }) => !live.has(artifact)),
    stop: [...live].filter((artifact) => !digests.has(artifact)),
  };
}

function wantedOf(facts: MissionFacts, keep: KeepRules): WantedArtifact[] {
  const recent = facts.past
    .map(({ version }) => version)
    .sort((left, right) => right - left)
    .slice(0, keep.keepLast);
  const wanted = groupByArtifact(facts.versions).flatMap(([artifact, versions]) => {
    const reasons = [
      ...needs(facts, artifact, versions, keep.nowMs),
      ...warmth(facts, versions, { ...keep, recent }),
    ] satisfies HostingReason[];
    return reasons.length === 0 ? [] : [{ mission: facts.mission, artifact, versions, reasons }];
  });
  return withinLimit(wanted, keep.limit);
}

/** Why it must be hosted now. */
function needs(facts: MissionFacts, artifact: string, versions: readonly number[], nowMs: number): HostingReason[] {
  const states = versions.map((number) => stateOf(facts, number));
  return [
    ...(versions.some((number) => facts.routed.includes(number)) ? (['traffic'] as const) : []),
    ...(versions.some((number) => facts.shadows?.includes(number)) ? (['shadow'] as const) : []),
    ...(facts.openArtifacts.includes(artifact) ? (['open runs'] as const) : []),
    ...(states.some(({ hold }) => hold !== undefined) ? (['hold'] as const) : []),
    ...(states.some(({ awake }) => Date.parse(awake?.until ?? '') > nowMs) ? (['awake'] as const) : []),
  ];
}

/** Why it is kept warm, for what may come. */
function warmth(
  facts: MissionFacts,
  versions: readonly number[],
  { nowMs, rollbackMs, recent }: KeepRules & { readonly recent: readonly number[] },
): HostingReason[] {
  const past = facts.past.filter(({ version }) => versions.includes(version));
  const lastRoutedAt = Math.max(...past.map((one) => one.lastRoutedAt));
  const retiredSince = versions
    .map((number) => stateOf(facts, number).retired)
    .some((order) => order !== undefined && Date.parse(order.createdAt) >= lastRoutedAt);
  if (retiredSince) return [];
  return [
    ...(past.some(({ defaultUntil = 0 }) => defaultUntil > nowMs - rollbackMs && Number.isFinite(defaultUntil))
      ? (['rollback'] as const)
      : []),
    ...(versions.some((number) => recent.includes(number)) ? (['recent'] as const) : []),
  ];
}

function stateOf({ orders }: MissionFacts, number: number) {
  return orderedState(orders.filter(({ version }) => version === number));
}

const KEPT_WARM: readonly HostingReason[] = ['rollback', 'recent'];

function withinLimit(wanted: readonly WantedArtifact[], limit: number): WantedArtifact[] {
  const isWarmOnly = ({ reasons }: WantedArtifact) => reasons.every((reason) => KEPT_WARM.includes(reason));
  const needed = wanted.filter((one) => !isWarmOnly(one)).length;
  const newestFirst = wanted
    .filter(isWarmOnly)
    .toSorted((left, right) => (right.versions.at(-1) ?? 0) - (left.versions.at(-1) ?? 0));
  const kept = new Set(newestFirst.slice(0, Math.max(0, limit - needed)));
  return wanted.filter((one) => !isWarmOnly(one) || kept.has(one));
}

/** Artifact → numbers of its versions, in the order of the first of them. */
function groupByArtifact(versions: MissionFacts['versions']): [string, number[]][] {
  const groups = new Map<string, number[]>();
  for (const { number, artifact } of versions.toSorted((left, right) => left.number - right.number)) {
    groups.set(artifact, [...(groups.get(artifact) ?? []), number]);
  }
  return [...groups];
}
