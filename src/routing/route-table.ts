/** A route in the form that decides: rules read, buckets assigned. */
import * as z from 'zod';
import type { Route, RouteShadow } from '../registry/routes.ts';
import { MissionError } from '../shared/errors.ts';
import { advanceLayout, BUCKETS, firstLayout, type Layout } from './layout.ts';
import { type RouteRule, routeRule } from './route-rule.ts';

export interface RouteTable {
  readonly mission: string;
  readonly revision: number;
  /** One text for all revisions of a lineage, so that the experiments of two missions do not fall on the same keys. */
  readonly salt: string;
  readonly rules: readonly RouteRule[];
  /** Bucket → version number; 10,000 of them. */
  readonly owners: Readonly<Uint32Array>;
  /** Version number → parts per 10,000. */
  readonly weights: ReadonlyMap<number, number>;
  /** What runs beside real runs. */
  readonly shadows: readonly RouteShadow[];
  /** Who got which bucket in which order: what the next edit starts from. */
  readonly layout: Layout;
}

/** What a table is made of. */
export type RouteRevision = Pick<Route, 'mission' | 'revision' | 'salt' | 'rules' | 'weights'> &
  Partial<Pick<Route, 'shadows'>>;

/**
 * The table of a mission's newest revision. It takes all revisions, because who owns a bucket follows from the edits;
 * a new salt begins anew.
 *
 * @param revisions - in any order
 * @param held - the table of an earlier revision: then only the revisions after it are needed
 * @returns `held` when there is no newer revision
 * @throws MissionError `INPUT_INVALID` when a rule of the newest revision is not one.
 */
export function routeTable(revisions: readonly RouteRevision[], held?: RouteTable): RouteTable | undefined {
  const ordered = revisions
    .filter(({ revision }) => revision > (held?.revision ?? 0))
    .sort((left, right) => left.revision - right.revision);
  const newest = ordered.at(-1);
  if (newest === undefined) return held;
  const { mission, revision, salt } = newest;
  const layout = layoutOf(ordered, held);
  return {
    mission,
    revision,
    salt,
    rules: readRules(newest),
    owners: ownersOf(layout),
    weights: new Map(newest.weights.map(({ version, weight }) => [version, weight])),
    shadows: newest.shadows ?? [],
    layout,
  };
}

function layoutOf(ordered: readonly RouteRevision[], held: RouteTable | undefined): Layout {
  let layout: Layout = held?.layout ?? new Map();
  let salt = held?.salt;
  for (const revision of ordered) {
    layout = revision.salt === salt ? advanceLayout(layout, revision.weights) : firstLayout(revision.weights);
    salt = revision.salt;
  }
  return layout;
}

function ownersOf(layout: Layout): Uint32Array {
  const owners = new Uint32Array(BUCKETS);
  for (const [version, buckets] of layout) for (const bucket of buckets) owners[bucket] = version;
  return owners;
}

function readRules(route: RouteRevision): RouteRule[] {
  const parsed = z.array(routeRule).safeParse(route.rules);
  if (parsed.success) return parsed.data;
  throw new MissionError(
    'INPUT_INVALID',
    `The rules of revision ${route.revision} of ${route.mission} cannot be read: ${z.prettifyError(parsed.error)}`,
    {
      remedy: 'Set the route again with rules of the form { name, when: [{ pointer, oneOf }], version }.',
      details: { mission: route.mission, revision: route.revision },
    },
  );
}
