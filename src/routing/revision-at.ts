import type { Route } from '../registry/routes.ts';

/** The revision in force at an instant; 0 before the first. */
export function revisionAt(routes: readonly Pick<Route, 'revision' | 'createdAt'>[], at: string): number {
  const before = routes.filter(({ createdAt }) => createdAt <= at).map(({ revision }) => revision);
  return Math.max(0, ...before);
}
