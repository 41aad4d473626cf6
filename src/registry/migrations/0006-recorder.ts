import { appendOnly } from './append-only.ts';

/** What the recorder knows of ended runs, what is kept for how long, and which key encrypted what is stored. */
export const recorder = {
  number: 6,
  name: 'recorder',
  sql: `
-- The key that sealed a row's contents; null when they are in clear.
ALTER TABLE mission.recordings ADD COLUMN key_id text;
ALTER TABLE mission.reports ADD COLUMN key_id text;

-- One row per ended run (the last link of a chain) that was dealt with. Its key is what makes recording happen once.
CREATE TABLE mission.collected_runs (
  run_id text COLLATE "C" PRIMARY KEY,
  workflow_id text NOT NULL,
  mission text COLLATE "C",
  version int4,
  status text NOT NULL CHECK (status IN ('stored', 'sampled-out', 'failed')),
  recording_id text,
  way text,
  code text,
  message text,
  remedy text,
  attempts int4 NOT NULL,
  noted_at timestamptz NOT NULL,
  retry_at timestamptz,
  CHECK ((status = 'failed') = (code IS NOT NULL)),
  CHECK ((status = 'stored') = (recording_id IS NOT NULL))
);
CREATE INDEX collected_runs_failed ON mission.collected_runs (noted_at, run_id) WHERE status = 'failed';
CREATE INDEX collected_runs_way ON mission.collected_runs (mission, way) WHERE status = 'stored';
CREATE INDEX collected_runs_status ON mission.collected_runs (mission, status);

-- How far each server's visibility has been swept, and who is at it. The claim saves work; it does not make anything correct.
CREATE TABLE mission.sweeps (
  scope text COLLATE "C" PRIMARY KEY,
  swept_to timestamptz,
  claimed_until timestamptz NOT NULL,
  claimed_by text NOT NULL
);

-- Revisions: the highest counts.
CREATE TABLE mission.recording_policies (
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  revision int4 NOT NULL CHECK (revision > 0),
  policy text NOT NULL,
  by_whom text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mission, revision)
);
${appendOnly('recording_policies')}

-- Holds and their releases, in order: the last one of a recording counts.
CREATE TABLE mission.recording_holds (
  recording_id text COLLATE "C" NOT NULL,
  number int4 NOT NULL CHECK (number > 0),
  kind text NOT NULL CHECK (kind IN ('hold', 'release')),
  by_whom text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (recording_id, number)
);
${appendOnly('recording_holds')}

-- What is left of a recording that retention deleted: enough to check the cohort of any report that it was in.
CREATE TABLE mission.tombstones (
  id text COLLATE "C" PRIMARY KEY,
  digest text NOT NULL,
  mission text COLLATE "C",
  version int4,
  artifact text,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  reason text NOT NULL,
  deleted_at timestamptz NOT NULL
);
CREATE INDEX tombstones_mission ON mission.tombstones (mission, deleted_at);
${appendOnly('tombstones')}
`,
};
