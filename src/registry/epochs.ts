/**
 * Epochs of a registry. A registry that was restored from a backup shows revisions that routers have left behind; whether that
 * is meant, only a person knows. Who says so begins a new epoch, and routers follow the registry wherever it is in it.
 */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { notifyRoute, routeHeads } from './routes.ts';
import { timestampColumn } from './rows.ts';
import type { SqlSession } from './sql.ts';

/** Held while an epoch is numbered. */
const EPOCH_LOCK = 0x45504f4348;

const epochRow = z.object({ number: z.int(), by: z.string(), reason: z.string(), createdAt: timestampColumn });

export type Epoch = Readonly<z.infer<typeof epochRow>>;

/** A new epoch, and what routers follow in it. */
export interface BegunEpoch extends Epoch {
  /** Mission → the revision of its route. */
  readonly revisions: Readonly<Record<string, number>>;
}

export interface Epochs {
  /** The number of the current epoch; 0 for a registry that was never restored. */
  current(): Promise<number>;
  /** In the order of their numbers. */
  list(): Promise<readonly Epoch[]>;
  /**
   * Says that the registry is meant as it is, wherever routers are, and tells them.
   *
   * @throws MissionError `USAGE` without a reason.
   */
  begin(epoch: Pick<Epoch, 'by' | 'reason'>): Promise<BegunEpoch>;
}

export function createEpochs(context: RegistryContext): Epochs {
  const { sql } = context;
  return {
    current: () => currentEpoch(sql),
    list: async () => {
      const select =
        'SELECT number, by_whom AS by, reason, created_at AS "createdAt" FROM mission.epochs ORDER BY number';
      return (await sql.query(select)).map((row) => epochRow.parse(row));
    },
    begin: (epoch) => beginEpoch(context, epoch),
  };
}

async function currentEpoch(session: SqlSession): Promise<number> {
  const [row] = await session.query('SELECT coalesce(max(number), 0)::int4 AS number FROM mission.epochs');
  return z.int().parse(row?.['number']);
}

async function beginEpoch(context: RegistryContext, { by, reason }: Pick<Epoch, 'by' | 'reason'>): Promise<BegunEpoch> {
  if (reason.trim() === '') {
    throw new MissionError('USAGE', 'That the registry was restored needs a reason.', {
      remedy: 'Say what was lost, and which backup it is: --reason "disk lost, backup of 02:00".',
    });
  }
  const now = context.clock();
  return context.sql.transaction(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock($1::int8)', [EPOCH_LOCK]);
    const number = (await currentEpoch(session)) + 1;
    const insert = 'INSERT INTO mission.epochs (number, by_whom, reason, created_at) VALUES ($1, $2, $3, $4)';
    await session.query(insert, [number, by, reason, now]);
    const heads = await routeHeads(session);
    for (const [mission, revision] of heads) await notifyRoute(session, mission, revision);
    const revisions = Object.fromEntries(heads);
    const details: Json = { number, by, reason, revisions };
    await appendAudit(session, context, [{ action: 'registry.restored', subject: `epoch ${number}`, details }]);
    return { number, by, reason, createdAt: now.toISOString(), revisions };
  });
}
