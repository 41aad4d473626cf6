/** Setting a route: shares and rules by hand, with the same evidence that an activation asks for. */
import { routedVersions } from '../fleet/fleet-facts.ts';
import type { Registry } from '../registry/registry.ts';
import type { Route, RouteWeight } from '../registry/routes.ts';
import { activeVersion } from '../routing/active-version.ts';
import type { RouteRule } from '../routing/route-rule.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { type ActivationGround, groundOf } from './activate-version.ts';

export interface SetRouteOptions {
  readonly registry: Registry;
  readonly mission: string;
  /** The revision that this edit was made on; 0 when there is none yet. */
  readonly revision: number;
  /** Sum 10,000. */
  readonly weights: readonly RouteWeight[];
  readonly rules: readonly RouteRule[];
  readonly by: string;
  readonly reason: string;
  /** Lets versions through without evidence. */
  readonly force?: boolean | undefined;
}

export interface RouteSet {
  readonly route: Route;
  readonly before: Route | undefined;
  /** What each version that had no traffic before rests on. */
  readonly grounds: readonly { readonly version: number; readonly ground: ActivationGround }[];
}

/**
 * Sets the traffic of a mission, if its route is still at `revision`. A version that has no traffic yet needs a passing
 * report against the active one; shares of versions that have some are changed freely.
 *
 * @throws MissionError `ROUTE_CONFLICT` when someone else changed the route meanwhile, `ACTIVATION_REFUSED`,
 *   `VERSION_UNKNOWN`, `MISSION_UNKNOWN`, `INPUT_INVALID` when the weights do not sum up, `USAGE` without a reason.
 */
export async function setRoute(options: SetRouteOptions): Promise<RouteSet> {
  const { registry, mission, revision, weights, rules, by, reason } = options;
  if (reason.trim() === '') {
    throw new MissionError('USAGE', `Changing the route of ${mission} needs a reason.`, {
      remedy: 'Say why: --reason "…". It is recorded.',
    });
  }
  const before = await registry.routes.current(mission);
  const grounds = await groundsOf(options, before);
  const report = grounds.find(({ ground }) => ground.kind === 'report')?.ground;
  const forced = grounds.some(({ ground }) => ground.kind === 'forced');
  const route = await registry.routes.set(revision, {
    mission,
    weights,
    rules: rules as unknown as readonly Json[],
    by,
    reason: forced ? `forced: ${reason}` : reason,
    activation: { report: report?.kind === 'report' ? report.digest : null, forced },
  });
  return { route, before, grounds };
}

async function groundsOf(
  { registry, mission, weights, rules, reason, force }: SetRouteOptions,
  before: Route | undefined,
): Promise<RouteSet['grounds']> {
  const had = before === undefined ? [] : routedVersions(before);
  const wanted = routedVersions({ weights, rules: rules as unknown as readonly Json[] });
  const grounds: RouteSet['grounds'][number][] = [];
  for (const number of wanted) {
    const version = await registry.versions.get(mission, number);
    if (had.includes(number)) continue;
    const previous = before === undefined ? undefined : activeVersion(before);
    const ground = await groundOf(registry, version, previous, force === true ? { reason } : undefined);
    grounds.push({ version: number, ground });
  }
  return grounds;
}
