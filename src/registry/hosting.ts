/**
 * What was ordered about hosting: holds for audits, retirements, wakes. Orders are kept for good, each with who and why;
 * what they come to together is `fleet/hosting-state.ts`.
 */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { lockMission } from './mission-lock.ts';
import { timestampColumn } from './rows.ts';
import type { SqlEngine, SqlSession } from './sql.ts';
import { getVersion } from './versions.ts';

/** The channel of the database's notifications; the payload is the mission's name. */
const CHANNEL = 'mission_hosting';

const ACTIONS = ['hold', 'release', 'retire', 'wake', 'remove'] as const;

/**
 * `hold` keeps a version hosted until `release`; `retire` says that it is not needed any more, `wake` that it is, until an
 * instant; `remove` records that the Temporal server has forgotten it.
 */
export type HostingAction = (typeof ACTIONS)[number];

const orderRow = z.object({
  mission: z.string(),
  /** From 1, per mission. */
  number: z.int(),
  version: z.int(),
  action: z.enum(ACTIONS),
  /** Of a wake: when it is over. */
  until: timestampColumn.nullable(),
  by: z.string(),
  reason: z.string(),
  createdAt: timestampColumn,
});

export type HostingOrder = Readonly<z.infer<typeof orderRow>>;

export interface NewHostingOrder {
  readonly mission: string;
  readonly version: number;
  readonly action: HostingAction;
  /** Of a wake, and of nothing else: how long, in milliseconds. */
  readonly forMs?: number;
  readonly by: string;
  /** Why; not empty. */
  readonly reason: string;
}

export interface Hosting {
  /**
   * Records an order and tells the workers.
   *
   * @throws MissionError `VERSION_UNKNOWN`, `MISSION_UNKNOWN`, `USAGE` without a reason.
   */
  order(order: NewHostingOrder): Promise<HostingOrder>;
  /** In the order in which they were given. */
  orders(mission: string): Promise<readonly HostingOrder[]>;
  /** Calls `listener` with the mission on each order, and with undefined when some may have been missed. */
  watch(listener: (mission: string | undefined) => void): Promise<() => Promise<void>>;
}

const SELECT = `SELECT mission, number, version, action, until, by_whom AS by, reason, created_at AS "createdAt"
  FROM mission.hosting_orders WHERE mission = $1`;

export function createHosting(context: RegistryContext, engine: Pick<SqlEngine, 'listen'>): Hosting {
  return {
    order: (order) => giveOrder(context, order),
    orders: async (mission) =>
      (await context.sql.query(`${SELECT} ORDER BY number`, [mission])).map((row) => orderRow.parse(row)),
    watch: (listener) => engine.listen(CHANNEL, listener),
  };
}

async function giveOrder(context: RegistryContext, input: NewHostingOrder): Promise<HostingOrder> {
  const { mission, version, action, forMs, by } = input;
  const reason = input.reason.trim();
  if (reason === '') throw reasonMissing(input);
  const now = context.clock();
  return context.sql.transaction(async (session) => {
    await getVersion(session, mission, version);
    await lockMission(session, mission, now);
    const [last] = await session.query(`${SELECT} ORDER BY number DESC LIMIT 1`, [mission]);
    const order: HostingOrder = {
      mission,
      number: (last === undefined ? 0 : orderRow.parse(last).number) + 1,
      version,
      action,
      until: forMs === undefined ? null : new Date(now.getTime() + forMs).toISOString(),
      by,
      reason,
      createdAt: now.toISOString(),
    };
    await insertOrder(session, order);
    const details = { ...order } as unknown as Json;
    const subject = `${formatVersionRef({ mission, number: version })}!${order.number}`;
    await appendAudit(session, context, [{ action: `hosting.${action}`, subject, details }]);
    return order;
  });
}

async function insertOrder(session: SqlSession, order: HostingOrder): Promise<void> {
  await session.query(
    `INSERT INTO mission.hosting_orders (mission, number, version, action, until, by_whom, reason, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      order.mission,
      order.number,
      order.version,
      order.action,
      order.until === null ? null : new Date(order.until),
      order.by,
      order.reason,
      new Date(order.createdAt),
    ],
  );
  await session.query('SELECT pg_notify($1, $2)', [CHANNEL, order.mission]);
}

function reasonMissing({ mission, version, action }: NewHostingOrder): MissionError {
  return new MissionError('USAGE', `To ${action} ${formatVersionRef({ mission, number: version })} needs a reason.`, {
    remedy: 'Say why: --reason "…". It is recorded.',
  });
}
