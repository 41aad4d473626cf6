/** What a revision of a route was forced without, in its reason and read from it again. Pure. */
import { routedVersions } from '../fleet/hosting-state.ts';
import type { Route } from '../registry/routes.ts';
import type { Version } from '../registry/versions.ts';

const UNHOSTED = 'forced without a ready worker';

/** The recorded reason of a route that sends traffic where no worker was ready. */
export function withUnhosted(reason: string, unhosted: string | undefined, forcedBecause = ''): string {
  if (unhosted === undefined) return reason;
  const why = forcedBecause === '' || reason.includes(forcedBecause) ? '' : `; ${forcedBecause}`;
  return `${reason} (${UNHOSTED}: ${unhosted}${why})`;
}

type Shares = Pick<Route, 'weights' | 'rules'>;
type Forced = Shares & Pick<Route, 'revision' | 'reason' | 'activation'>;

/**
 * `forced without a passing report`, or whatever it was; empty when nothing was forced.
 *
 * @param kind - of the version that got all traffic; `undefined` where it is split
 * @param before - the revision before; without it, the route is taken for one that gives a version its first traffic
 */
export function forcedWords(route: Forced, kind: Version['kind'] | undefined, before?: Shares): string {
  const { forced, report } = route.activation;
  if (!forced) return '';
  if (!asksForReport(route, kind, before)) return UNHOSTED;
  const isUnhosted = route.reason.includes(`(${UNHOSTED}: `);
  if (report !== null) return isUnhosted ? UNHOSTED : 'forced without a passing report of every version';
  return isUnhosted ? `${UNHOSTED} and without a passing report` : 'forced without a passing report';
}

/** What takes back, and what is first, needs no report; nor do shares of versions that have traffic already. */
function asksForReport(route: Forced, kind: Version['kind'] | undefined, before: Shares | undefined): boolean {
  if (kind === 'rollback' || route.revision === 1) return false;
  // An activation says on what ground it is (`activate-version.ts`), and is judged whatever share the version has already.
  if (route.reason.startsWith('activate ')) return /^activate \S+, forced: /.test(route.reason);
  if (before === undefined) return true;
  const had = routedVersions(before);
  return routedVersions(route).some((number) => !had.includes(number));
}
