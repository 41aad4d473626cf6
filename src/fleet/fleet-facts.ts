/** Reads what `planFleet` decides on: the registry's versions and routes, the server's open runs. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import type { Registry } from '../registry/registry.ts';
import { activeVersion } from '../routing/active-version.ts';
import { shortDigest } from '../shared/digest.ts';
import { DEPLOYMENT_VERSION_ATTRIBUTE, waitingBuildId } from '../temporal/run-versioning.ts';
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
  const [deployment, versions, history, orders, waitingBuilds] = await Promise.all([
    registry.deployments.nameOf(mission),
    registry.versions.list(mission),
    registry.routes.history(mission),
    registry.hosting.orders(mission),
    readWaitingBuilds(client, mission),
  ]);
  const [route] = history;
  const active = route === undefined ? undefined : activeVersion(route);
  const builds = [...(await readOpenBuilds(client, deployment)), ...waitingBuilds];
  return {
    mission,
    deployment,
    versions,
    routed: route === undefined ? [] : routedVersions(route),
    shadows: route?.shadows.map(({ version }) => version) ?? [],
    defaultVersion: versions.find(({ number }) => number === active),
    openArtifacts: [...new Set(versions.map(({ artifact }) => artifact))].filter((artifact) =>
      builds.includes(shortDigest(artifact)),
    ),
    past: trafficPast(history),
    orders,
  };
}

/**
 * The builds that open runs of a mission are pinned to: as the server has it, wherever they were started and moved to since. Each
 * question leaves out what is known already, so the number of questions is the number of builds and not of runs.
 */
async function readOpenBuilds(client: Client, deployment: string): Promise<string[]> {
  const of = `TemporalWorkerDeployment = '${deployment}'`;
  const found = await distinctRuns(client, DEPLOYMENT_VERSION_ATTRIBUTE, of);
  return found.map(({ value }) => value.slice(value.lastIndexOf(':') + 1));
}

/** Of runs that no worker took on yet: the server has no version of theirs, and those that began on one are pinned to one build. */
async function readWaitingBuilds(client: Client, mission: string): Promise<string[]> {
  const of = `${SEARCH_ATTRIBUTES.mission} = '${mission}' AND ${DEPLOYMENT_VERSION_ATTRIBUTE} IS NULL`;
  const found = await distinctRuns(client, SEARCH_ATTRIBUTES.version, of);
  const builds = await Promise.all(found.map(({ execution }) => waitingBuildId(client, execution)));
  return builds.filter((build) => build !== undefined);
}

interface ExampleRun {
  readonly value: string;
  readonly execution: { readonly workflowId?: string | null; readonly runId?: string | null };
}

/** One open run for each value of a search attribute. */
async function distinctRuns(client: Client, attribute: string, of: string): Promise<ExampleRun[]> {
  const found: ExampleRun[] = [];
  for (;;) {
    const others = found.map(({ value }) => ` AND ${attribute} != '${value}'`).join('');
    const run = await firstRun(client, attribute, `${of} AND ExecutionStatus = 'Running'${others}`);
    if (run === undefined || found.some(({ value }) => value === run.value)) return found;
    found.push(run);
  }
}

/** Of the runs, search attributes alone are read: they are never encrypted, so a run whose key is not here holds nobody up. */
async function firstRun(client: Client, attribute: string, query: string): Promise<ExampleRun | undefined> {
  const { namespace } = client.options;
  const { executions } = await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
  const [info] = executions;
  const payload = info?.searchAttributes?.indexedFields?.[attribute];
  const found: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  const value: unknown = Array.isArray(found) ? found[0] : found;
  return info?.execution && typeof value === 'string' ? { value, execution: info.execution } : undefined;
}
