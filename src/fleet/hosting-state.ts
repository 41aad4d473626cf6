/** What routes and orders of the past come to: which versions had traffic until when, and what was ordered of each. Pure. */
import type { HostingOrder } from '../registry/hosting.ts';
import type { Route } from '../registry/routes.ts';
import { activeVersion } from '../routing/active-version.ts';
import { routeRule } from '../routing/route-rule.ts';

/** A version that could get new runs at some time. Times are milliseconds since 1970. */
export interface TrafficPast {
  readonly version: number;
  /** When the last revision was set that sends it traffic. */
  readonly lastRoutedAt: number;
  /** When it was the version with the most traffic last; absent when it never was, infinite while it is. */
  readonly defaultUntil?: number;
}

/** A rule that cannot be read routes nobody: routers refuse the whole revision. */
export function routedVersions({ weights, rules }: Pick<Route, 'weights' | 'rules'>): number[] {
  const byWeight = weights.filter(({ weight }) => weight > 0).map(({ version }) => version);
  const byRule = rules.flatMap((rule) => routeRule.safeParse(rule).data?.version ?? []);
  return [...new Set([...byWeight, ...byRule])].sort((left, right) => left - right);
}

/** @param history - all revisions, the newest first */
export function trafficPast(history: readonly Pick<Route, 'weights' | 'rules' | 'createdAt'>[]): TrafficPast[] {
  const past = new Map<number, TrafficPast>();
  let replacedAt = Number.POSITIVE_INFINITY;
  for (const route of history) {
    const active = activeVersion(route);
    for (const version of routedVersions(route)) {
      const known = past.get(version);
      const defaultUntil = known?.defaultUntil ?? (version === active ? replacedAt : undefined);
      past.set(version, {
        version,
        lastRoutedAt: known?.lastRoutedAt ?? Date.parse(route.createdAt),
        ...(defaultUntil !== undefined && { defaultUntil }),
      });
    }
    replacedAt = Date.parse(route.createdAt);
  }
  return [...past.values()];
}

export interface OrderedState {
  /** A hold that was not released. */
  readonly hold: HostingOrder | undefined;
  /** The last order to retire, unless a wake came after it. */
  readonly retired: HostingOrder | undefined;
  /** The wake that lasts longest, unless a retirement came after it. It may be over. */
  readonly awake: HostingOrder | undefined;
}

/** @param orders - those of one version, in their order */
export function orderedState(orders: readonly HostingOrder[]): OrderedState {
  const hold = orders.findLast(({ action }) => action === 'hold' || action === 'release');
  const retired = orders.findLast(({ action }) => action === 'retire');
  const wakes = orders.filter(({ action, number }) => action === 'wake' && number > (retired?.number ?? 0));
  const awake = wakes.toSorted((left, right) => (left.until ?? '').localeCompare(right.until ?? '')).at(-1);
  return {
    hold: hold?.action === 'hold' ? hold : undefined,
    retired: awake === undefined ? retired : undefined,
    awake,
  };
}
