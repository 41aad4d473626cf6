/**
 * Replays in shards: what is to be done, how far it is, and what was found.
 *
 * Invariants:
 * 1. A replay is there while its coordinator attends it. What nobody attends is not worked on, and is removed.
 * 2. The results of a shard are kept once: the first stays. Nothing is kept of a replay that is gone.
 * 3. Results are of runs, and sealed like recordings. Time is the database's.
 */
import * as z from 'zod';
import { canonicalJson, type Json } from '../shared/json.ts';
import type { RegistryContext } from './context.ts';
import { gunzippedText, gzipped } from './gzip.ts';
import { bytesColumn, jsonColumn } from './rows.ts';

export interface NewReplay {
  readonly id: string;
  readonly mission: string;
  /** JSON that the registry keeps and does not read. */
  readonly plan: Json;
  /** Recording ids of each shard. */
  readonly shards: readonly (readonly string[])[];
  /** For how long it counts as attended, in milliseconds. */
  readonly leaseMs: number;
}

/** One shard of one replay, from 0. */
export interface ShardKey {
  readonly replay: string;
  readonly shard: number;
}

export interface ShardTask {
  readonly plan: Json;
  readonly recordings: readonly string[];
  /** Whether its results are there: somebody did it, and died before saying so. */
  readonly isDone: boolean;
}

const stateRow = z.object({
  shard: z.int(),
  /** Recordings. */
  total: z.int(),
  done: z.int(),
  worker: z.string().nullable(),
  isDone: z.boolean(),
});

export type ShardState = Readonly<z.infer<typeof stateRow>>;

export interface Replays {
  begin(replay: NewReplay): Promise<void>;
  /** Says that its results are still waited for. False when it is gone. */
  attend(id: string, leaseMs: number): Promise<boolean>;
  /** What a shard asks for; `undefined` when nobody attends its replay any more. */
  task(key: ShardKey): Promise<ShardTask | undefined>;
  /** How far a worker is with a shard. False when nobody attends the replay any more. */
  note(key: ShardKey, progress: { readonly done: number; readonly worker: string }): Promise<boolean>;
  /** Keeps what a shard found, unless somebody has. False when nobody attends the replay any more. */
  keep(key: ShardKey, results: string): Promise<boolean>;
  /** All shards, in their order. */
  states(id: string): Promise<readonly ShardState[]>;
  /** @throws MissionError `ENCRYPTION_KEY_MISSING`, `ENCRYPTED_DATA_INVALID` */
  results(key: ShardKey): Promise<string | undefined>;
  /** With all that was kept of it. */
  remove(id: string): Promise<void>;
  /** Removes what nobody attends; returns their ids. */
  removeAbandoned(): Promise<readonly string[]>;
}

const LEASE_END = `clock_timestamp() + $2 * interval '1 millisecond'`;
const ATTENDED = 'attended_until > clock_timestamp()';

export function createReplays(context: RegistryContext): Replays {
  const { sql } = context;
  return {
    begin: (replay) => begin(context, replay),
    attend: async (id, leaseMs) => {
      const update = `UPDATE mission.replays SET attended_until = ${LEASE_END} WHERE id = $1 RETURNING id`;
      return (await sql.query(update, [id, leaseMs])).length > 0;
    },
    task: (key) => readTask(context, key),
    note: async ({ replay, shard }, { done, worker }) => {
      const rows = await sql.query(
        `UPDATE mission.replay_shards SET done = $3, worker = $4
         WHERE replay = $1 AND shard = $2 AND EXISTS (SELECT FROM mission.replays WHERE id = $1 AND ${ATTENDED})
         RETURNING shard`,
        [replay, shard, done, worker],
      );
      return rows.length > 0;
    },
    keep: (key, results) => keep(context, key, results),
    states: async (id) => {
      const rows = await sql.query(
        `SELECT shard.shard, total, done, worker, results.shard IS NOT NULL AS "isDone"
         FROM mission.replay_shards AS shard
         LEFT JOIN mission.replay_results AS results ON results.replay = shard.replay AND results.shard = shard.shard
         WHERE shard.replay = $1 ORDER BY shard.shard`,
        [id],
      );
      return rows.map((row) => stateRow.parse(row));
    },
    results: (key) => readResults(context, key),
    remove: async (id) => void (await sql.query('DELETE FROM mission.replays WHERE id = $1', [id])),
    removeAbandoned: async () => {
      const rows = await sql.query(`DELETE FROM mission.replays WHERE NOT ${ATTENDED} RETURNING id`);
      return rows.map((row) => String(row['id']));
    },
  };
}

async function begin(
  { sql, clock }: RegistryContext,
  { id, mission, plan, shards, leaseMs }: NewReplay,
): Promise<void> {
  const parts = shards.map((recordings, shard) => ({
    shard,
    total: recordings.length,
    recordings: JSON.stringify(recordings),
  }));
  await sql.transaction(async (session) => {
    await session.query(
      `INSERT INTO mission.replays (id, attended_until, mission, plan, begun_at) VALUES ($1, ${LEASE_END}, $3, $4, $5)`,
      [id, leaseMs, mission, canonicalJson(plan), clock()],
    );
    await session.query(
      `INSERT INTO mission.replay_shards (replay, shard, total, recordings)
       SELECT $1, part.shard, part.total, part.recordings
       FROM json_to_recordset($2::json) AS part(shard int4, total int4, recordings text)`,
      [id, JSON.stringify(parts)],
    );
  });
}

const taskRow = z.object({
  plan: jsonColumn,
  recordings: jsonColumn.pipe(z.array(z.string())),
  isDone: z.boolean(),
});

async function readTask({ sql }: RegistryContext, { replay, shard }: ShardKey): Promise<ShardTask | undefined> {
  const [row] = await sql.query(
    `SELECT plan, recordings, EXISTS (SELECT FROM mission.replay_results WHERE replay = $1 AND shard = $2) AS "isDone"
     FROM mission.replay_shards JOIN mission.replays ON replays.id = replay
     WHERE replay = $1 AND shard = $2 AND ${ATTENDED}`,
    [replay, shard],
  );
  return row === undefined ? undefined : taskRow.parse(row);
}

/** The row of the replay is locked: results come either before it goes, and go with it, or not at all. */
async function keep({ sql, vault }: RegistryContext, key: ShardKey, results: string): Promise<boolean> {
  const { replay, shard } = key;
  const sealed = vault.seal(await gzipped(results), placeOf(key));
  return sql.transaction(async (session) => {
    const attended = await session.query(`SELECT id FROM mission.replays WHERE id = $1 AND ${ATTENDED} FOR SHARE`, [
      replay,
    ]);
    if (attended.length === 0) return false;
    await session.query(
      `INSERT INTO mission.replay_results (replay, shard, results, key_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT (replay, shard) DO NOTHING`,
      [replay, shard, sealed, vault.keyId],
    );
    return true;
  });
}

async function readResults({ sql, vault }: RegistryContext, key: ShardKey): Promise<string | undefined> {
  const [row] = await sql.query('SELECT results FROM mission.replay_results WHERE replay = $1 AND shard = $2', [
    key.replay,
    key.shard,
  ]);
  return row && gunzippedText(vault.open(bytesColumn.parse(row['results']), placeOf(key)));
}

/** For the vault. */
function placeOf({ replay, shard }: ShardKey): string {
  return `replay/${replay}/${shard}`;
}
