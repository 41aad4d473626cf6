/** Setting a route: shares and rules by hand, with the same evidence that an activation asks for. */
import { routedVersions } from '../fleet/hosting-state.ts';
import type { HostingWait } from '../fleet/require-hosted.ts';
import type { Registry } from '../registry/registry.ts';
import type { Route, RouteShadow, RouteWeight } from '../registry/routes.ts';
import { activeVersion } from '../routing/active-version.ts';
import type { RouteRule } from '../routing/route-rule.ts';
import { MissionError } from '../shared/errors.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import { type ActivationGround, groundOf, hostedOr } from './activate-version.ts';
import { checkRules, type UndeclaredPlace } from './check-rules.ts';
import { withUnhosted } from './forced-words.ts';

export interface SetRouteOptions {
  readonly registry: Registry;
  readonly mission: string;
  /** The revision that this edit was made on; 0 when there is none yet. */
  readonly revision: number;
  /** Sum 10,000. */
  readonly weights: readonly RouteWeight[];
  readonly rules: readonly RouteRule[];
  /** Versions that run beside real runs with their effects blocked: they need a worker, and no evidence. @default none */
  readonly shadows?: readonly RouteShadow[] | undefined;
  readonly by: string;
  readonly reason: string;
  /** Lets versions through without evidence, and without a ready worker. */
  readonly force?: boolean | undefined;
  /** Takes new rules that look at places of the input which no routed version declares. @default false: refused */
  readonly undeclared?: boolean | undefined;
  /** How long workers may take to become ready. @default 30 s, with force not at all */
  readonly hosting?: HostingWait | undefined;
}

export interface RouteSet {
  readonly route: Route;
  readonly before: Route | undefined;
  /** What each version that had no traffic before rests on. */
  readonly grounds: readonly { readonly version: number; readonly ground: ActivationGround }[];
  /** What rules look at that no input declares: they apply only if callers send it all the same. */
  readonly undeclared: readonly UndeclaredPlace[];
  /** Why no worker was ready for some version, when it was forced all the same. */
  readonly unhosted?: string;
}

/**
 * Sets the traffic of a mission, if its route is still at `revision`. A version that has no traffic yet needs a passing
 * report against the active one; shares of versions that have some are changed freely.
 *
 * @throws MissionError `ROUTE_CONFLICT` when someone else changed the route meanwhile, `ACTIVATION_REFUSED`,
 *   `VERSION_NOT_HOSTED` when no worker becomes ready in time for a version whose share grows, or with other rules, for any,
 *   `VERSION_UNKNOWN`, `MISSION_UNKNOWN`, `INPUT_INVALID` when the weights do not sum up or a new rule looks at a
 *   place that no input has, `USAGE` without a reason.
 */
export async function setRoute(options: SetRouteOptions): Promise<RouteSet> {
  const { registry, mission, revision, weights, rules, by, reason } = options;
  if (reason.trim() === '') {
    throw new MissionError('USAGE', `Changing the route of ${mission} needs a reason.`, {
      remedy: 'Say why: --reason "…". It is recorded.',
    });
  }
  const before = await registry.routes.current(mission);
  const undeclared = await checkRules(options, before);
  const grounds = await groundsOf(options, before);
  const report = grounds.find(({ ground }) => ground.kind === 'report')?.ground;
  const unhosted = await hostedOr({
    registry,
    versions: await growing(options, before),
    by,
    force: options.force === true ? { reason } : undefined,
    wait: options.hosting,
    command: 'the same with --force',
  });
  const forced = unhosted !== undefined || grounds.some(({ ground }) => ground.kind === 'forced');
  const route = await registry.routes.set(revision, {
    mission,
    weights,
    rules: rules as unknown as readonly Json[],
    shadows: options.shadows ?? [],
    by,
    reason: withUnhosted(forced ? `forced: ${reason}` : reason, unhosted),
    activation: { report: report?.kind === 'report' ? report.digest : null, forced },
  });
  return { route, before, grounds, undeclared, ...(unhosted !== undefined && { unhosted }) };
}

/**
 * Versions that may get more of the traffic than before, or shadow more of it: by weight; and where the rules are others or
 * stand in another order, by whatever no longer goes where it went, which may come to any version.
 */
function growing({ registry, mission, weights, rules, shadows = [] }: SetRouteOptions, before: Route | undefined) {
  const shares = new Map(before?.weights.map(({ version, weight }) => [version, weight]));
  const byWeight = weights.filter(({ version, weight }) => weight > (shares.get(version) ?? 0));
  const wanted = rules as unknown as readonly Json[];
  const byRule =
    canonicalJson(wanted) === canonicalJson(before?.rules ?? []) ? [] : routedVersions({ weights, rules: wanted });
  const shadowed = new Map(before?.shadows.map(({ version, share }) => [version, share]));
  const byShadow = shadows.filter(({ version, share }) => share > (shadowed.get(version) ?? 0));
  const numbers = new Set([...[...byWeight, ...byShadow].map(({ version }) => version), ...byRule]);
  return Promise.all([...numbers].map((number) => registry.versions.get(mission, number)));
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
