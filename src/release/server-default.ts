/** After a change of traffic that cannot wait for a worker: the server's own default is set to what the registry says. */
import { followDefault } from '../fleet/follow-default.ts';
import type { Registry } from '../registry/registry.ts';
import { activeVersion } from '../routing/active-version.ts';
import { messageOf } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import type { DeploymentPlace } from '../temporal/worker-deployments.ts';

/** Whether runs that are started without our client get the version that most new runs get. */
export type ServerDefault =
  /** `refund-eligibility@4`, which they get now. */
  { readonly follows: true; readonly version: string } | { readonly follows: false; readonly why: string };

export interface SetServerDefaultOptions {
  readonly registry: Pick<Registry, 'routes' | 'versions' | 'deployments'>;
  readonly temporal: DeploymentPlace;
  readonly mission: string;
  /** How long the server may take, in milliseconds. @default 10 000 */
  readonly timeoutMs?: number;
}

/**
 * Makes the active version of a mission the current version of its worker deployment, where plain Temporal clients,
 * schedules and other SDKs land. Workers do that too, when one looks next. Never rejects: what came of it is the result.
 */
export async function setServerDefault(options: SetServerDefaultOptions): Promise<ServerDefault> {
  try {
    return await follow(options);
  } catch (error) {
    return { follows: false, why: messageOf(error) };
  }
}

async function follow({ registry, temporal, mission, timeoutMs = 10_000 }: SetServerDefaultOptions) {
  // As it is now: whoever changed the route meanwhile is not undone.
  const route = await registry.routes.current(mission);
  if (route === undefined) return { follows: false, why: `${mission} has no route` } as const;
  const active = await registry.versions.get(mission, activeVersion(route));
  const name = await registry.deployments.nameOf(mission);
  const version = formatVersionRef(active);
  const followed = await temporal.connection.withDeadline(Date.now() + timeoutMs, () =>
    followDefault(temporal, name, active.artifact),
  );
  if (followed !== 'unknown') return { follows: true, version } as const;
  return { follows: false, why: `the server knows no worker of ${version} yet` } as const;
}
