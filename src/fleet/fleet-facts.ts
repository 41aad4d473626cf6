/** Reads what `planFleet` decides on: the registry's versions and routes, the server's open runs. */
import type { Client } from '@temporalio/client';
import type { Registry } from '../registry/registry.ts';
import { activeVersion } from '../routing/active-version.ts';
import { shortDigest } from '../shared/digest.ts';
import { routedVersions, trafficPast } from './hosting-state.ts';
import { readTakenBuilds, readWaitingBuilds } from './open-builds.ts';
import type { MissionFacts } from './plan-fleet.ts';

/** The builds that runs of a mission wait for. */
export type WaitingBuilds = (mission: string) => Promise<readonly string[]>;

/** @param missions - only these; all of the registry when absent */
export async function readFleetFacts(
  registry: Registry,
  client: Client,
  missions: readonly string[] | undefined,
  waitingBuilds: WaitingBuilds,
): Promise<MissionFacts[]> {
  const names = missions ?? (await registry.versions.missions());
  return Promise.all(names.map((mission) => readMissionFacts(registry, client, mission, waitingBuilds)));
}

/** Of one mission. */
export async function readMissionFacts(
  registry: Registry,
  client: Client,
  mission: string,
  waitingBuilds: WaitingBuilds = (name) => readWaitingBuilds(client, name),
): Promise<MissionFacts> {
  const deployment = await registry.deployments.nameOf(mission);
  const [versions, history, orders, taken, waiting] = await Promise.all([
    registry.versions.list(mission),
    registry.routes.history(mission),
    registry.hosting.orders(mission),
    readTakenBuilds(client, deployment),
    waitingBuilds(mission),
  ]);
  const open = new Set([...taken, ...waiting]);
  const [route] = history;
  const active = route === undefined ? undefined : activeVersion(route);
  return {
    mission,
    deployment,
    versions,
    routed: route === undefined ? [] : routedVersions(route),
    shadows: route?.shadows.map(({ version }) => version) ?? [],
    defaultVersion: versions.find(({ number }) => number === active),
    openArtifacts: [...new Set(versions.map(({ artifact }) => artifact))].filter((artifact) =>
      open.has(shortDigest(artifact)),
    ),
    past: trafficPast(history),
    orders,
  };
}
