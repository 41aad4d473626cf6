/** Retiring, waking and holding versions: what people order of the fleet, each with a reason on the record. */
import { readMissionFacts } from '../fleet/fleet-facts.ts';
import { orderedState } from '../fleet/hosting-state.ts';
import type { HostingOrder } from '../registry/hosting.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import { deleteVersion, deploymentVersionOf } from '../temporal/worker-deployments.ts';

export interface HostingRequest {
  readonly registry: Registry;
  readonly ref: VersionRef;
  readonly by: string;
  readonly reason: string;
}

export interface RetireRequest extends HostingRequest {
  readonly temporal: Pick<TemporalConnection, 'client' | 'connection' | 'namespace'>;
}

export interface Retired {
  readonly order: HostingOrder;
  /** Whether the Temporal server has forgotten the version; `later`: workers try again, minutes after they stopped. */
  readonly server: 'removed' | 'unknown' | 'later';
}

/**
 * Says that a version is not needed any more: workers stop to keep it warm. It can be woken at any time.
 *
 * @throws MissionError `VERSION_IN_USE` while it, or a version with the same artifact, has traffic, open runs or a hold;
 *   `VERSION_UNKNOWN`, `USAGE` without a reason.
 */
export async function retireVersion({ registry, temporal, ref, by, reason }: RetireRequest): Promise<Retired> {
  const version = await registry.versions.get(ref.mission, ref.number);
  const uses = await usesOf(registry, temporal, version);
  if (uses.length > 0) throw inUse(version, uses);
  const { mission, number } = ref;
  const order = await registry.hosting.order({ mission, version: number, action: 'retire', by, reason });
  const deployment = await registry.deployments.nameOf(mission);
  const answer = await deleteVersion(temporal, deploymentVersionOf(deployment, version.artifact));
  return { order, server: answer === 'deleted' ? 'removed' : answer === 'unknown' ? 'unknown' : 'later' };
}

async function usesOf(registry: Registry, temporal: RetireRequest['temporal'], version: Version): Promise<string[]> {
  const facts = await readMissionFacts(registry, temporal.client, version.mission);
  const same = facts.versions.filter(({ artifact }) => artifact === version.artifact);
  const named = same.map(({ number }) => ({ number, name: formatVersionRef({ mission: version.mission, number }) }));
  return [
    ...named.filter(({ number }) => facts.routed.includes(number)).map(({ name }) => `${name} has traffic`),
    ...named.filter(({ number }) => facts.shadows?.includes(number)).map(({ name }) => `${name} shadows real runs`),
    ...(facts.openArtifacts.includes(version.artifact) ? ['runs of it are open'] : []),
    ...named.flatMap(({ number, name }) => {
      const { hold } = orderedState(facts.orders.filter((order) => order.version === number));
      return hold === undefined ? [] : [`${name} is held by ${hold.by}: ${hold.reason}`];
    }),
  ];
}

function inUse(version: Version, uses: readonly string[]): MissionError {
  const name = formatVersionRef(version);
  return new MissionError('VERSION_IN_USE', `${name} is not retired: ${uses.join('; ')}.`, {
    remedy: `Open runs: mission runs --version ${name}. Traffic: mission route show ${version.mission}. A hold: mission release-hold ${name} --reason "…".`,
    details: { version: name, uses: [...uses] },
  });
}

/**
 * Asks workers to host a version for a while, whatever else they host.
 *
 * @param request.forMs - how long, in milliseconds
 */
export function wakeVersion({
  registry,
  ref,
  by,
  reason,
  forMs,
}: HostingRequest & { readonly forMs: number }): Promise<HostingOrder> {
  return registry.hosting.order({ mission: ref.mission, version: ref.number, action: 'wake', forMs, by, reason });
}

/** Keeps a version hosted until the hold is released. @throws MissionError `USAGE` when it is held already. */
export async function holdVersion({ registry, ref, by, reason }: HostingRequest): Promise<HostingOrder> {
  const hold = await holdOf(registry, ref);
  if (hold !== undefined) throw heldAlready(ref, hold);
  return registry.hosting.order({ mission: ref.mission, version: ref.number, action: 'hold', by, reason });
}

/** @throws MissionError `USAGE` when it is not held. */
export async function releaseHold({ registry, ref, by, reason }: HostingRequest): Promise<HostingOrder> {
  await registry.versions.get(ref.mission, ref.number);
  if ((await holdOf(registry, ref)) === undefined) {
    throw new MissionError('USAGE', `${formatVersionRef(ref)} is not held.`, { remedy: 'mission log tells of holds.' });
  }
  return registry.hosting.order({ mission: ref.mission, version: ref.number, action: 'release', by, reason });
}

async function holdOf(registry: Registry, ref: VersionRef): Promise<HostingOrder | undefined> {
  const orders = await registry.hosting.orders(ref.mission);
  return orderedState(orders.filter(({ version }) => version === ref.number)).hold;
}

function heldAlready(ref: VersionRef, { by, reason }: HostingOrder): MissionError {
  return new MissionError('USAGE', `${formatVersionRef(ref)} is held already, by ${by}: ${reason}.`, {
    remedy: `Release it first: mission release-hold ${formatVersionRef(ref)} --reason "…".`,
  });
}
