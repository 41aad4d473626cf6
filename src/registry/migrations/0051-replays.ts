import { appendOnly } from './append-only.ts';

/** Replays in shards, the processes that take shards, and what each shard found. */
export const replays = {
  number: 51,
  name: 'replays',
  sql: `
-- Who takes shards. Rows expire with the heartbeat.
CREATE TABLE mission.replay_hosts (
  id text PRIMARY KEY,
  identity text NOT NULL,
  release text COLLATE "C" NOT NULL,
  threads int4 NOT NULL CHECK (threads > 0),
  heartbeat_at timestamptz NOT NULL,
  lease_ms int4 NOT NULL CHECK (lease_ms > 0)
);

-- A replay is there while somebody attends it. It goes with all that is below it; the report is what stays.
CREATE TABLE mission.replays (
  id text PRIMARY KEY,
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  plan text NOT NULL,
  begun_at timestamptz NOT NULL,
  attended_until timestamptz NOT NULL
);

CREATE TABLE mission.replay_shards (
  replay text NOT NULL REFERENCES mission.replays ON DELETE CASCADE,
  shard int4 NOT NULL CHECK (shard >= 0),
  recordings text NOT NULL,
  total int4 NOT NULL CHECK (total > 0),
  done int4 NOT NULL DEFAULT 0,
  worker text,
  PRIMARY KEY (replay, shard)
);

-- The first result of a shard stays, whoever brings another.
CREATE TABLE mission.replay_results (
  replay text NOT NULL,
  shard int4 NOT NULL,
  results bytea NOT NULL,
  key_id text,
  PRIMARY KEY (replay, shard),
  FOREIGN KEY (replay, shard) REFERENCES mission.replay_shards ON DELETE CASCADE
);
${appendOnly('replay_results', 'UPDATE OR TRUNCATE')}
`,
};
