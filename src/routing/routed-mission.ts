/** A mission as a router holds it: the table of one revision, and all that a start on any version of it needs. */
import type { MissionDefinition } from '../mission/definition.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type RouteDecision, type RouteRequest, resolveRoute } from './resolve-route.ts';
import { type RouteTable, routeTable } from './route-table.ts';

/** What routing reads of a registry. */
export type RouteSource = Pick<Registry, 'place'> & {
  readonly routes: Pick<Registry['routes'], 'current' | 'history' | 'heads' | 'watch'>;
  readonly versions: Pick<Registry['versions'], 'some' | 'latest'>;
  readonly artifacts: Pick<Registry['artifacts'], 'manifest'>;
  readonly deployments: Registry['deployments'];
};

/** Where a version's runs go, and what their input has to be. */
export interface RouteTarget {
  /** Digest. */
  readonly artifact: string;
  /** The name of the mission's worker deployment on the server. */
  readonly deployment: string;
  readonly definition: MissionDefinition;
}

/** Where one run goes. */
export interface PlacedRun {
  readonly decision: RouteDecision;
  readonly target: RouteTarget;
}

export interface RoutedMission {
  readonly table: RouteTable;
  /** When its revision was set, ISO 8601: tells it from another of the same number, in a registry that was restored. */
  readonly setAt: string;
  /** Of every version that the table can choose. */
  readonly targets: ReadonlyMap<number, RouteTarget>;
}

/**
 * Reads a mission's newest route.
 *
 * @param held - what is known of it already: then only what is newer is read
 * @throws MissionError `MISSION_UNKNOWN`, `NO_ACTIVE_VERSION` when it has no route yet, `INPUT_INVALID` when a rule cannot
 *   be read, `VERSION_UNKNOWN` when a rule names a version that is not there, `REGISTRY_WENT_BACK` when what is held is not in the
 *   registry, or whatever the registry throws.
 */
export async function readRoutedMission(
  source: Omit<RouteSource, 'place'>,
  mission: string,
  held?: RoutedMission,
): Promise<RoutedMission> {
  // With the revision that is held, to see whether it is the same one.
  const revisions = await source.routes.history(mission, (held?.table.revision ?? 1) - 1);
  if (held !== undefined && revisions.at(-1)?.createdAt !== held.setAt) {
    const isThere = revisions.at(-1)?.revision === held.table.revision;
    throw wentBack(held.table, isThere ? held.table.revision : ((await source.routes.current(mission))?.revision ?? 0));
  }
  const table = routeTable(revisions, held?.table);
  if (table === undefined) throw await nothingRouted(source, mission);
  if (held !== undefined && table === held.table) return held;
  return { table, setAt: revisions[0]?.createdAt ?? '', targets: await readTargets(source, table, held) };
}

/**
 * What is held, and what the registry shows, are not of one history.
 *
 * @param found - the revision that the registry shows
 */
export function wentBack(
  { mission, revision: held }: Pick<RouteTable, 'mission' | 'revision'>,
  found: number,
): MissionError {
  const shown = found === held ? `another revision ${found}` : `revision ${found}`;
  return new MissionError(
    'REGISTRY_WENT_BACK',
    `The route of ${mission} was at revision ${held}, and the registry shows ${shown}.`,
    {
      remedy:
        'It was restored to an earlier state, or this is a replica that lags. If it is meant: mission registry restored --reason "…"; then routers follow it.',
      details: { mission, held, found },
    },
  );
}

/** Which version a run gets, and where its runs go. */
export function placeRun({ table, targets }: RoutedMission, request: RouteRequest): PlacedRun {
  const decision = resolveRoute(table, request);
  const target = targets.get(decision.version);
  if (target === undefined) throw unknownVersion(table, decision.version);
  return { decision, target };
}

/** Versions that a table can choose: by weight or by rule. */
function chosenVersions({ weights, rules }: Pick<RouteTable, 'weights' | 'rules'>): number[] {
  const byWeight = [...weights].filter(([, weight]) => weight > 0).map(([version]) => version);
  return [...new Set([...byWeight, ...rules.map(({ version }) => version)])].sort((left, right) => left - right);
}

async function readTargets(
  source: Omit<RouteSource, 'place'>,
  table: RouteTable,
  held: RoutedMission | undefined,
): Promise<ReadonlyMap<number, RouteTarget>> {
  const chosen = chosenVersions(table);
  const [versions, deployment] = await Promise.all([
    source.versions.some(table.mission, chosen),
    source.deployments.nameOf(table.mission),
  ]);
  const known = new Map([...(held?.targets.values() ?? [])].map((target) => [target.artifact, target]));
  const targets = chosen.map(async (number): Promise<[number, RouteTarget]> => {
    const artifact = versions.find((version) => version.number === number)?.artifact;
    if (artifact === undefined) throw unknownVersion(table, number);
    const target = known.get(artifact) ?? {
      artifact,
      deployment,
      definition: (await source.artifacts.manifest(artifact)).definition,
    };
    return [number, target];
  });
  return new Map(await Promise.all(targets));
}

async function nothingRouted({ versions }: Omit<RouteSource, 'place'>, mission: string): Promise<MissionError> {
  const latest = await versions.latest(mission);
  if (latest === undefined) {
    return new MissionError('MISSION_UNKNOWN', `The registry has no mission "${mission}".`, {
      remedy: `Publish it first: mission publish ${mission}.`,
      details: { mission },
    });
  }
  return new MissionError('NO_ACTIVE_VERSION', `No version of ${mission} is active, so nothing can be started.`, {
    remedy: `Activate one: mission activate ${formatVersionRef(latest)}.`,
    details: { mission, latest: latest.number },
  });
}

function unknownVersion({ mission, revision }: RouteTable, number: number): MissionError {
  const name = formatVersionRef({ mission, number });
  return new MissionError('VERSION_UNKNOWN', `Revision ${revision} of the route of ${mission} names ${name}.`, {
    remedy: `There is no such version. Set the route again: mission route show ${mission}.`,
    details: { mission, number, revision },
  });
}
