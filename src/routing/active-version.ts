/** Which version of a mission counts as the active one: pure readings of its route. */
import type { Route } from '../registry/routes.ts';

/** The version with the most traffic; of two with the same share the earlier one. */
export function activeVersion({ weights }: Pick<Route, 'weights'>): number {
  const heaviest = weights.reduce((most, one) => {
    if (one.weight !== most.weight) return one.weight > most.weight ? one : most;
    return one.version < most.version ? one : most;
  });
  return heaviest.version;
}

/** Whether every new run gets this version. */
export function hasAllTraffic({ weights, rules }: Pick<Route, 'weights' | 'rules'>, version: number): boolean {
  return rules.length === 0 && weights.every((one) => one.weight === 0 || one.version === version);
}
