/** Checks that the release that an explanation shows is the one by which its version came to have traffic. Pure. */
import * as z from 'zod';
import { routedVersions } from '../fleet/hosting-state.ts';
import type { Route } from '../registry/routes.ts';
import { revisionAt } from '../routing/revision-at.ts';
import { releaseOf } from './explain-run.ts';
import type { ExplanationFile } from './explanation.ts';
import { type KnownEntries, restsOn } from './known-entries.ts';

const routeDetails = z.looseObject({
  mission: z.string(),
  revision: z.int(),
  createdAt: z.string(),
  weights: z.array(z.looseObject({ version: z.int(), weight: z.int() })),
  rules: z.array(z.json()),
});
type RouteDetails = z.infer<typeof routeDetails>;

/** That the route gives the version traffic, and where no entry can be missing, that it is the one by which it came to it. */
export function isItsRelease(file: ExplanationFile, { entries, gaplessTo }: KnownEntries): boolean {
  const { version, routing, moves, release } = file;
  const shown = routeDetails.safeParse(release.route).data;
  if (shown === undefined || shown.mission !== version.mission || !routes(shown, version.number)) return false;
  if (gaplessTo < Math.max(...restsOn(file))) return true;
  const known = entries.flatMap(({ action, details }) => {
    const route = action === 'route.set' ? routeDetails.safeParse(details).data : undefined;
    return route?.mission === version.mission ? [route] : [];
  });
  const moved = moves.findLast(({ to }) => to === version.number);
  const upTo = moved === undefined ? routing.revision : revisionAt(known, moved.createdAt);
  return releaseOf(known as readonly ShownRoute[], version.number, upTo)?.revision === shown.revision;
}

function routes(route: RouteDetails, number: number): boolean {
  return routedVersions(route as ShownRoute).includes(number);
}

type ShownRoute = RouteDetails & Pick<Route, 'weights' | 'rules'>;
