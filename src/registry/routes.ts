/** Route tables in immutable revisions, changed by compare-and-set, with word of each change to all who watch. */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import { canonicalJson, type Json } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { lockMission } from './mission-lock.ts';
import { timestampColumn } from './rows.ts';
import type { SqlEngine, SqlSession } from './sql.ts';
import { getVersion } from './versions.ts';

/** The channel of the database's notifications; the payload is JSON: `{"mission": …, "revision": …}`. */
const CHANNEL = 'mission_route';

/** All traffic, in the parts that weights are given in. */
export const WEIGHT_TOTAL = 10_000;

const weightSchema = z.strictObject({ version: z.int().positive(), weight: z.int().min(0).max(WEIGHT_TOTAL) });
const weightsSchema = z.array(weightSchema).min(1);
const rulesSchema = z.array(z.json());
const shadowSchema = z.strictObject({ version: z.int().positive(), share: z.int().min(1).max(WEIGHT_TOTAL) });
const shadowsSchema = z.array(shadowSchema);

/** A version's share of the traffic, in parts per 10,000. */
export type RouteWeight = Readonly<z.infer<typeof weightSchema>>;

/** A version that runs beside real runs, with its effects blocked, and the share of them, in parts per 10,000. */
export type RouteShadow = Readonly<z.infer<typeof shadowSchema>>;

const weightsColumn = z.string().transform((text): readonly RouteWeight[] => weightsSchema.parse(JSON.parse(text)));

const routeRow = z
  .object({
    mission: z.string(),
    revision: z.int(),
    salt: z.string(),
    rules: z.string().transform((text): readonly Json[] => rulesSchema.parse(JSON.parse(text))),
    weights: weightsColumn,
    shadows: z.string().transform((text): readonly RouteShadow[] => shadowsSchema.parse(JSON.parse(text))),
    createdAt: timestampColumn,
    by: z.string(),
    reason: z.string(),
    report: z.string().nullable(),
    forced: z.boolean(),
  })
  .transform(({ report, forced, ...route }) => ({ ...route, activation: { report, forced } }));

/**
 * One revision of a mission's traffic table. `salt` stays the same along a lineage of revisions, which keeps runs sticky.
 * `activation` is what allowed it: the digest of a passing report, or that it was forced.
 */
export type Route = Readonly<z.infer<typeof routeRow>>;

export interface NewRoute {
  readonly mission: string;
  /** Of what the rules are is the router's business. @default [] */
  readonly rules?: readonly Json[];
  /** Sum 10,000. */
  readonly weights: readonly RouteWeight[];
  /** No traffic of callers: what runs beside it. @default [] */
  readonly shadows?: readonly RouteShadow[];
  readonly by: string;
  readonly reason: string;
  readonly activation: { readonly report: string | null; readonly forced: boolean };
  /** @default that of the revision before; a random one for the first, and where another version takes over all traffic */
  readonly salt?: string;
}

/** `resync`: notifications may have been missed, so read again what you hold. */
export type RouteChange =
  | { readonly kind: 'changed'; readonly mission: string; readonly revision: number }
  | { readonly kind: 'resync' };

export interface Routes {
  current(mission: string): Promise<Route | undefined>;
  /**
   * Newest first.
   *
   * @param afterRevision - only revisions above this one. @default 0, all of them
   */
  history(mission: string, afterRevision?: number): Promise<readonly Route[]>;
  /** The newest revision of every mission that has a route, in one question: what a router asks when it polls. */
  heads(): Promise<ReadonlyMap<string, number>>;
  /**
   * Adds the next revision, if the current one is `expectedRevision` (0: there is none yet).
   *
   * @throws MissionError `ROUTE_CONFLICT` when someone else was first, `INPUT_INVALID` when the weights do not sum up to
   * 10,000, or weights or shadows name a version twice, `VERSION_UNKNOWN` when they name one that is not there.
   */
  set(expectedRevision: number, route: NewRoute): Promise<Route>;
  /** Calls `listener` on each change by anyone. @returns a function that stops it. */
  watch(listener: (change: RouteChange) => void): Promise<() => Promise<void>>;
}

const SELECT = `SELECT mission, revision, salt, rules, weights, shadows, created_at AS "createdAt", by_whom AS by, reason, report,
  forced FROM mission.routes WHERE mission = $1 AND revision > $2 ORDER BY revision DESC`;

export function createRoutes(context: RegistryContext, engine: Pick<SqlEngine, 'listen'>): Routes {
  return {
    current: (mission) => currentRoute(context.sql, mission),
    history: async (mission, afterRevision = 0) =>
      (await context.sql.query(SELECT, [mission, afterRevision])).map((row) => routeRow.parse(row)),
    heads: () => routeHeads(context.sql),
    set: (expectedRevision, route) => setRoute(context, expectedRevision, route),
    watch: (listener) => engine.listen(CHANNEL, (payload) => listener(readChange(payload))),
  };
}

async function currentRoute(session: SqlSession, mission: string): Promise<Route | undefined> {
  const [row] = await session.query(`${SELECT} LIMIT 1`, [mission, 0]);
  return row === undefined ? undefined : routeRow.parse(row);
}

const headRow = z.object({ mission: z.string(), revision: z.int() });

/** Mission → the newest revision of its route. */
export async function routeHeads(session: SqlSession): Promise<ReadonlyMap<string, number>> {
  const rows = await session.query('SELECT mission, max(revision) AS revision FROM mission.routes GROUP BY mission');
  return new Map(rows.map((row) => headRow.parse(row)).map(({ mission, revision }) => [mission, revision]));
}

async function setRoute(context: RegistryContext, expectedRevision: number, input: NewRoute): Promise<Route> {
  checkWeights(input);
  checkShadows(input);
  const now = context.clock();
  return context.sql.transaction(async (session) => {
    for (const { version } of [...input.weights, ...(input.shadows ?? [])])
      await getVersion(session, input.mission, version);
    await lockMission(session, input.mission, now);
    const current = await currentRoute(session, input.mission);
    const revision = current?.revision ?? 0;
    if (revision !== expectedRevision) throw conflict(input.mission, expectedRevision, revision);
    const route: Route = {
      mission: input.mission,
      revision: revision + 1,
      salt: input.salt ?? (await saltAfter(session, current, input)),
      rules: input.rules ?? [],
      weights: input.weights,
      shadows: input.shadows ?? [],
      createdAt: now.toISOString(),
      by: input.by,
      reason: input.reason,
      activation: input.activation,
    };
    await insertRoute(session, route);
    const details = { ...route } as unknown as Json;
    const subject = `${route.mission}#${route.revision}`;
    await appendAudit(session, context, [{ action: 'route.set', subject, details }]);
    return route;
  });
}

/**
 * A lineage of revisions ends where another version takes over all traffic: then nobody moves by a new salt, and the next canaries are
 * not those of the last ones. A rollout that is taken back and tried again stays in its lineage.
 */
async function saltAfter(session: SqlSession, current: Route | undefined, { weights }: NewRoute): Promise<string> {
  if (current !== undefined) {
    const taker = takerOf(weights);
    if (taker === undefined || taker === (await firstTaker(session, current))) return current.salt;
  }
  return randomBytes(8).toString('hex');
}

/** The version that has all traffic, rules apart. */
function takerOf(weights: readonly RouteWeight[]): number | undefined {
  return weights.find(({ weight }) => weight === WEIGHT_TOTAL)?.version;
}

/** The version that had it all when the lineage began. */
async function firstTaker(session: SqlSession, { mission, salt }: Route): Promise<number | undefined> {
  const [row] = await session.query(
    'SELECT weights FROM mission.routes WHERE mission = $1 AND salt = $2 ORDER BY revision LIMIT 1',
    [mission, salt],
  );
  return row === undefined ? undefined : takerOf(weightsColumn.parse(row['weights']));
}

async function insertRoute(session: SqlSession, route: Route): Promise<void> {
  await session.query(
    `INSERT INTO mission.routes (mission, revision, salt, rules, weights, by_whom, reason, report, forced, created_at, shadows)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      route.mission,
      route.revision,
      route.salt,
      canonicalJson(route.rules),
      canonicalJson(route.weights as unknown as Json),
      route.by,
      route.reason,
      route.activation.report,
      route.activation.forced,
      new Date(route.createdAt),
      canonicalJson(route.shadows as unknown as Json),
    ],
  );
  await notifyRoute(session, route.mission, route.revision);
}

/** Tells all who watch, once the transaction is through. */
export async function notifyRoute(session: SqlSession, mission: string, revision: number): Promise<void> {
  await session.query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify({ mission, revision })]);
}

function checkWeights(route: NewRoute): void {
  const parsed = weightsSchema.safeParse(route.weights);
  const sum = route.weights.reduce((total, { weight }) => total + weight, 0);
  const versions = new Set(route.weights.map(({ version }) => version));
  if (parsed.success && sum === WEIGHT_TOTAL && versions.size === route.weights.length) return;
  const shown = route.weights.map(({ version, weight }) => `@${version}: ${weight}`).join(', ');
  throw new MissionError(
    'INPUT_INVALID',
    `The weights of ${route.mission} (${shown || 'none'}) are not a share of ${WEIGHT_TOTAL} for each version once; their sum is ${sum}.`,
    {
      remedy: `Give each version once, with whole parts from 0 to ${WEIGHT_TOTAL} that sum up to ${WEIGHT_TOTAL}.`,
      details: { mission: route.mission, sum },
    },
  );
}

function checkShadows({ mission, shadows = [] }: NewRoute): void {
  const versions = new Set(shadows.map(({ version }) => version));
  if (shadowsSchema.safeParse(shadows).success && versions.size === shadows.length) return;
  const shown = shadows.map(({ version, share }) => `@${version}: ${share}`).join(', ');
  throw new MissionError(
    'INPUT_INVALID',
    `The shadows of ${mission} (${shown}) are not a share for each version once.`,
    {
      remedy: `Give each version once, with whole parts from 1 to ${WEIGHT_TOTAL}.`,
      details: { mission },
    },
  );
}

function conflict(mission: string, expected: number, found: number): MissionError {
  return new MissionError(
    'ROUTE_CONFLICT',
    `The route of ${mission} is at revision ${found}, not ${expected}: someone else changed it first.`,
    {
      remedy: 'Nothing was changed. Look at the current route, and set yours on top of it if it is still wanted.',
      details: { mission, expected, found },
    },
  );
}

const changeSchema = z.object({ mission: z.string(), revision: z.int() });

function readChange(payload: string | undefined): RouteChange {
  return payload === undefined ? { kind: 'resync' } : { kind: 'changed', ...changeSchema.parse(JSON.parse(payload)) };
}
