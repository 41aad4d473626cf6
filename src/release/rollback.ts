/** Rollback: an earlier behaviour comes back as a new version with all traffic, in one action. */
import { routedVersions } from '../fleet/hosting-state.ts';
import type { HostingWait } from '../fleet/require-hosted.ts';
import type { Registry, RegistryNouns } from '../registry/registry.ts';
import { type Route, WEIGHT_TOTAL } from '../registry/routes.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion, hasAllTraffic } from '../routing/active-version.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef, versionOf } from '../shared/version-ref.ts';
import { hostedOr } from './activate-version.ts';
import { withUnhosted } from './forced-words.ts';

export interface RollbackOptions {
  readonly registry: Registry;
  readonly mission: string;
  /**
   * The version whose behaviour comes back. @default the one that had all traffic last: before the active one, or before the
   * traffic was split. Where that was a rollback already, or shares were moved back to an earlier version by hand, it has to be named
   */
  readonly to?: VersionRef | undefined;
  readonly reason: string;
  readonly by: string;
  /** Goes on although no worker is ready for what comes back: new runs wait until one is. */
  readonly force?: boolean | undefined;
  /** How long a worker may take to become ready; nothing is waited for where one is. @default 30 s, with force not at all */
  readonly hosting?: HostingWait | undefined;
}

export interface Rollback {
  /** The new entry of the ledger. */
  readonly version: Version;
  readonly restored: Version;
  /** Number of the version that was active before. */
  readonly previous: number;
  /** Numbers of all versions that behave otherwise and had traffic before, ascending. */
  readonly replaced: readonly number[];
  readonly route: Route;
  /** From the call to the new route, in milliseconds. */
  readonly tookMs: number;
  /** Why no worker was ready, when it was forced all the same. */
  readonly unhosted?: string;
}

/**
 * Rolls a mission back. No report is asked for: what comes back has run before, and taking back is always allowed. Shares that
 * are moved meanwhile do not stop it; somebody else who rolls back, or activates another version, does.
 *
 * @throws MissionError `NO_ACTIVE_VERSION` when nothing takes traffic, `USAGE` without a reason, for another mission's version, when there is nothing to go
 *   back to, or when it was rolled back already and no version is named, `VERSION_NOT_HOSTED` when no worker becomes ready in
 *   time, `VERSION_UNKNOWN`, `ROUTE_CONFLICT` when someone else was first. Ledger and route change together or not at all.
 */
export async function rollback(options: RollbackOptions): Promise<Rollback> {
  const { registry, mission, reason, by } = options;
  const beganAt = performance.now();
  if (options.to !== undefined) versionOf(mission, options.to);
  if (reason.trim() === '') throw usage(`Rolling back ${mission} needs a reason.`, 'Say why: --reason "…".');
  const planned = await choose(registry, options);
  const unhosted = await hostedOr({
    registry,
    versions: [planned.restored],
    by,
    force: options.force === true ? { reason } : undefined,
    wait: options.hosting,
    command: `mission rollback ${mission} --to @${planned.restored.number} --force --reason "…"`,
  });
  const done = await registry.atomically(mission, async (nouns) => {
    const { restored, current, replaced } = await chooseAgain(nouns, options, planned);
    const { version } = await nouns.versions.append({
      mission,
      artifact: restored.artifact,
      kind: 'rollback',
      restores: restored.number,
      author: by,
      message: reason,
      commit: restored.commit,
      environment: restored.environment,
    });
    const route = await nouns.routes.set(current.revision, {
      mission,
      weights: [{ version: version.number, weight: WEIGHT_TOTAL }],
      by,
      reason: withUnhosted(`roll back to ${formatVersionRef(restored)}: ${reason}`, unhosted),
      activation: { report: null, forced: unhosted !== undefined },
    });
    const previous = activeVersion(current);
    return { version, restored, previous, replaced, route, ...(unhosted !== undefined && { unhosted }) };
  });
  return { ...done, tookMs: performance.now() - beganAt };
}

interface Choice {
  readonly restored: Version;
  readonly current: Route;
  readonly replaced: readonly number[];
}

/** What would come back, and the route that it replaces. */
async function choose(
  { routes, versions }: Pick<RegistryNouns, 'routes' | 'versions'>,
  options: RollbackOptions,
): Promise<Choice> {
  const { mission } = options;
  const history = await routes.history(mission);
  const [current] = history;
  if (current === undefined) throw nothingActive(mission);
  const all = await versions.list(mission);
  const restored = target(all, history, options);
  refuseSame(restored, all, current);
  const replaced = routedVersions(current).filter((number) => artifactOf(all, number) !== restored.artifact);
  return { restored, current, replaced };
}

/** Under the mission's lock: the same as was planned, on shares that a rollout has moved since; or somebody else was first. */
async function chooseAgain(nouns: RegistryNouns, options: RollbackOptions, planned: Choice): Promise<Choice> {
  const current = await nouns.routes.current(options.mission);
  if (current === undefined || current.revision === planned.current.revision) return choose(nouns, options);
  const known = routedVersions(planned.current);
  const isOnlyShares = routedVersions(current).every((number) => known.includes(number));
  if (!isOnlyShares) throw changedMeanwhile(planned.current, current);
  const again = await choose(nouns, options);
  if (again.restored.artifact !== planned.restored.artifact) throw changedMeanwhile(planned.current, current);
  return again;
}

function changedMeanwhile(planned: Route, current: Route): MissionError {
  return new MissionError(
    'ROUTE_CONFLICT',
    `The route of ${planned.mission} was changed meanwhile, from revision ${planned.revision} to ${current.revision} by ${current.by}: ${current.reason}.`,
    {
      remedy: `Nothing was changed. Look at it, and roll back again if it is still wanted: mission route show ${planned.mission}.`,
      details: { mission: planned.mission, expected: planned.revision, found: current.revision },
    },
  );
}

function target(all: readonly Version[], history: readonly Route[], { mission, to }: RollbackOptions): Version {
  const number = to?.number ?? versionBefore(all, history);
  const found = all.find((version) => version.number === number);
  if (found !== undefined) return found;
  if (to !== undefined) {
    throw new MissionError('VERSION_UNKNOWN', `There is no ${formatVersionRef(to)}.`, {
      remedy: `Choose one of: mission versions ${mission}.`,
      details: { mission, number: to.number },
    });
  }
  throw usage(
    `No version of ${mission} had all traffic before, so there is nothing to go back to.`,
    `Name the version: mission rollback ${mission} --to @1 --reason "…".`,
  );
}

/** The version that had all traffic last, or where one has all: that was active last with another behaviour. */
function versionBefore(all: readonly Version[], [current, ...earlier]: readonly Route[]): number | undefined {
  if (current === undefined) return undefined;
  const active = activeVersion(current);
  const isSplit = !hasAllTraffic(current, active);
  if (!isSplit) refuseTwice(all.find(({ number }) => number === active));
  const whole = earlier.find((route) => isSplit && hasAllTraffic(route, activeVersion(route)));
  if (whole !== undefined) return notDialledDown(current.mission, activeVersion(whole), active);
  return earlier.map(activeVersion).find((number) => artifactOf(all, number) !== artifactOf(all, active));
}

/** Where shares were taken from the newer version by hand, going back to who had all would bring back what was being got rid of. */
function notDialledDown(mission: string, whole: number, active: number): number {
  if (whole <= active) return whole;
  throw usage(
    `Most traffic of ${mission} was moved from @${whole} to the earlier @${active}: which of the two is to have all of it is not clear.`,
    `Nothing was changed. Name the version: mission rollback ${mission} --to @${active} --reason "…".`,
  );
}

function artifactOf(all: readonly Version[], number: number): string | undefined {
  return all.find((version) => version.number === number)?.artifact;
}

/** Who presses it a moment after somebody else would bring back what was just taken back. */
function refuseTwice(active: Version | undefined): void {
  if (active === undefined || active.kind !== 'rollback') return;
  const { mission, author, restores, createdAt, message } = active;
  throw usage(
    `${mission} was rolled back already: ${author} brought back @${restores} as ${formatVersionRef(active)} at ${createdAt}: ${message}.`,
    `Nothing was changed. To go on to another version, name it: mission rollback ${mission} --to <version> --reason "…".`,
  );
}

function refuseSame(restored: Version, all: readonly Version[], current: Route): void {
  const active = all.find(({ number }) => number === activeVersion(current));
  if (active === undefined || active.artifact !== restored.artifact || !hasAllTraffic(current, active.number)) return;
  throw usage(
    `${formatVersionRef(active)} has all traffic and is what ${formatVersionRef(restored)} is: there is nothing to roll back.`,
    `Choose another version: mission versions ${restored.mission}.`,
  );
}

function nothingActive(mission: string): MissionError {
  return new MissionError(
    'NO_ACTIVE_VERSION',
    `No version of ${mission} is active, so there is nothing to take back.`,
    {
      remedy: `Activate a version: mission versions ${mission} lists them.`,
      details: { mission },
    },
  );
}

function usage(message: string, remedy: string): MissionError {
  return new MissionError('USAGE', message, { remedy });
}
