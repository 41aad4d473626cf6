/** Reads what `planFleet` decides on: the registry's versions and routes, the server's open runs. */
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import type { Registry } from '../registry/registry.ts';
import type { Route } from '../registry/routes.ts';
import { routeRule } from '../routing/route-rule.ts';
import type { MissionFacts } from './plan-fleet.ts';

/** @param missions - only these; all of the registry when absent */
export async function readFleetFacts(
  registry: Registry,
  client: Client,
  missions: readonly string[] | undefined,
): Promise<MissionFacts[]> {
  const names = missions ?? (await registry.versions.missions());
  return Promise.all(names.map((mission) => readMissionFacts(registry, client, mission)));
}

async function readMissionFacts(registry: Registry, client: Client, mission: string): Promise<MissionFacts> {
  const [versions, route, openArtifacts] = await Promise.all([
    registry.versions.list(mission),
    registry.routes.current(mission),
    readOpenArtifacts(client, mission),
  ]);
  return { mission, versions, routed: route === undefined ? [] : routedVersions(route), openArtifacts };
}

/** A rule that cannot be read routes nobody: routers refuse the whole revision. */
export function routedVersions({ weights, rules }: Pick<Route, 'weights' | 'rules'>): number[] {
  const byWeight = weights.filter(({ weight }) => weight > 0).map(({ version }) => version);
  const byRule = rules.flatMap((rule) => routeRule.safeParse(rule).data?.version ?? []);
  return [...new Set([...byWeight, ...byRule])].sort((left, right) => left - right);
}

/**
 * The artifacts that open runs of a mission are pinned to. Each question leaves out what is known already, so the number
 * of questions is the number of artifacts and not of runs.
 */
export async function readOpenArtifacts(client: Client, mission: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const others = found.map((artifact) => ` AND ${SEARCH_ATTRIBUTES.artifact} != '${artifact}'`).join('');
    const query = `${SEARCH_ATTRIBUTES.mission} = '${mission}' AND ExecutionStatus = 'Running'${others}`;
    const artifact = await firstArtifact(client, query);
    if (artifact === undefined || found.includes(artifact)) return found;
    found.push(artifact);
  }
}

async function firstArtifact(client: Client, query: string): Promise<string | undefined> {
  for await (const { searchAttributes } of client.workflow.list({ query, pageSize: 1 })) {
    const [artifact] = searchAttributes[SEARCH_ATTRIBUTES.artifact] ?? [];
    return typeof artifact === 'string' ? artifact : undefined;
  }
  return undefined;
}
