/** Processes that take shards of replays. What one says counts until its lease is over; time is the database's. */
import * as z from 'zod';
import type { RegistryContext } from './context.ts';

const hostRow = z.object({ id: z.string(), identity: z.string(), release: z.string(), processes: z.int() });

export type ReplayHost = Readonly<z.infer<typeof hostRow>>;

export interface ReplayHosts {
  /** Says that a process takes shards. @param leaseMs - for how long that counts */
  report(host: ReplayHost, leaseMs: number): Promise<void>;
  /** A process that ends takes its word back. */
  leave(id: string): Promise<void>;
  /** All that live. */
  live(): Promise<readonly ReplayHost[]>;
}

const LEASE = `lease_ms * interval '1 millisecond'`;
/** Kept for so long after the lease is over. */
const FORGET_AFTER = "interval '1 hour'";

/** The column is called after what replays ran on when it was made. */
export function createReplayHosts({ sql }: RegistryContext): ReplayHosts {
  return {
    report: async ({ id, identity, release, processes }, leaseMs) => {
      await sql.query(
        `INSERT INTO mission.replay_hosts (id, identity, release, threads, heartbeat_at, lease_ms)
         VALUES ($1, $2, $3, $4, clock_timestamp(), $5)
         ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, lease_ms = excluded.lease_ms`,
        [id, identity, release, processes, leaseMs],
      );
      await sql.query(
        `DELETE FROM mission.replay_hosts WHERE heartbeat_at + ${LEASE} < clock_timestamp() - ${FORGET_AFTER}`,
      );
    },
    leave: async (id) => void (await sql.query('DELETE FROM mission.replay_hosts WHERE id = $1', [id])),
    live: async () => {
      const rows = await sql.query(
        `SELECT id, identity, release, threads AS processes FROM mission.replay_hosts
         WHERE heartbeat_at + ${LEASE} > clock_timestamp() ORDER BY identity, id`,
      );
      return rows.map((row) => hostRow.parse(row));
    },
  };
}
