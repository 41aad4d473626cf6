/** Versions that a route lets run beside real traffic, and what became of each shadow run. */
export const shadows = {
  number: 8,
  name: 'shadows',
  sql: `
ALTER TABLE mission.routes ADD COLUMN shadows text NOT NULL DEFAULT '[]';

-- One row per shadow run: planned, started, and counted once. Rows go with the mission's retention.
CREATE TABLE mission.shadow_runs (
  workflow_id text COLLATE "C" PRIMARY KEY,
  scope text COLLATE "C" NOT NULL,
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  version int4 NOT NULL,
  artifact text NOT NULL,
  primary_workflow_id text NOT NULL,
  primary_run_id text NOT NULL,
  primary_version int4 NOT NULL,
  primary_artifact text NOT NULL,
  revision int4 NOT NULL,
  reason text NOT NULL,
  status text NOT NULL CHECK (status IN ('planned', 'open', 'ended', 'not-started')),
  planned_at timestamptz NOT NULL,
  look_at timestamptz NOT NULL,
  outcome text,
  step text,
  detail bytea,
  key_id text,
  ended_at timestamptz,
  CHECK ((status = 'ended') = (outcome IS NOT NULL)),
  CHECK ((status IN ('ended', 'not-started')) = (ended_at IS NOT NULL))
);
CREATE INDEX shadow_runs_due ON mission.shadow_runs (scope, look_at) WHERE status IN ('planned', 'open');
CREATE INDEX shadow_runs_version ON mission.shadow_runs (mission, version, outcome);
`,
};
