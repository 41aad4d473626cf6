/** Reads what `planFleet` decides on: the registry's versions and routes, the server's open runs. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import type { Registry } from '../registry/registry.ts';
import { activeVersion } from '../routing/active-version.ts';
import { shortDigest } from '../shared/digest.ts';
import { DEPLOYMENT_VERSION_ATTRIBUTE } from '../temporal/run-versioning.ts';
import { routedVersions, trafficPast } from './hosting-state.ts';
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

/** Of one mission. */
export async function readMissionFacts(registry: Registry, client: Client, mission: string): Promise<MissionFacts> {
  const [deployment, versions, history, orders, waitingArtifacts] = await Promise.all([
    registry.deployments.nameOf(mission),
    registry.versions.list(mission),
    registry.routes.history(mission),
    registry.hosting.orders(mission),
    readWaitingArtifacts(client, mission),
  ]);
  const [route] = history;
  const active = route === undefined ? undefined : activeVersion(route);
  const openArtifacts = await readOpenArtifacts(client, deployment, versions);
  return {
    mission,
    deployment,
    versions,
    routed: route === undefined ? [] : routedVersions(route),
    shadows: route?.shadows.map(({ version }) => version) ?? [],
    defaultVersion: versions.find(({ number }) => number === active),
    openArtifacts: [...new Set([...openArtifacts, ...waitingArtifacts])],
    past: trafficPast(history),
    orders,
  };
}

/**
 * The artifacts that open runs of a mission are pinned to: as the server has it, wherever they were started and moved to
 * since. Each question leaves out what is known already, so the number of questions is the number of artifacts and not of
 * runs.
 */
async function readOpenArtifacts(
  client: Client,
  deployment: string,
  versions: MissionFacts['versions'],
): Promise<string[]> {
  const deployed = await distinctValues(
    client,
    DEPLOYMENT_VERSION_ATTRIBUTE,
    `TemporalWorkerDeployment = '${deployment}'`,
  );
  const builds = deployed.map((name) => name.slice(name.lastIndexOf(':') + 1));
  return versions.map(({ artifact }) => artifact).filter((artifact) => builds.includes(shortDigest(artifact)));
}

/** Of runs that no worker took on yet: the server has no version of theirs, and what the start stamped on them is right. */
function readWaitingArtifacts(client: Client, mission: string): Promise<string[]> {
  const waiting = `${SEARCH_ATTRIBUTES.mission} = '${mission}' AND ${DEPLOYMENT_VERSION_ATTRIBUTE} IS NULL`;
  return distinctValues(client, SEARCH_ATTRIBUTES.artifact, waiting);
}

async function distinctValues(client: Client, attribute: string, of: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const others = found.map((value) => ` AND ${attribute} != '${value}'`).join('');
    const value = await firstValue(client, attribute, `${of} AND ExecutionStatus = 'Running'${others}`);
    if (value === undefined || found.includes(value)) return found;
    found.push(value);
  }
}

/** Of the runs, search attributes alone are read: they are never encrypted, so a run whose key is not here holds nobody up. */
async function firstValue(client: Client, attribute: string, query: string): Promise<string | undefined> {
  const { namespace } = client.options;
  const { executions } = await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
  const payload = executions[0]?.searchAttributes?.indexedFields?.[attribute];
  const found: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  const value: unknown = Array.isArray(found) ? found[0] : found;
  return typeof value === 'string' ? value : undefined;
}
