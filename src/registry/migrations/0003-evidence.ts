import { appendOnly } from './append-only.ts';

/** Recordings of ended runs, and the reports of replays over them. */
export const evidence = {
  number: 3,
  name: 'evidence',
  sql: `
-- Recordings are never changed, but retention may delete them: they hold personal data.
CREATE TABLE mission.recordings (
  id text COLLATE "C" PRIMARY KEY,
  workflow_id text NOT NULL,
  run_id text NOT NULL,
  workflow_type text NOT NULL,
  mission text COLLATE "C",
  version int4,
  artifact text,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  links int4 NOT NULL,
  events int4 NOT NULL,
  digest text NOT NULL,
  redacted boolean NOT NULL,
  outcome bytea NOT NULL,
  trace bytea NOT NULL,
  content bytea NOT NULL,
  stored_at timestamptz NOT NULL
);
CREATE INDEX recordings_order ON mission.recordings (started_at, id);
CREATE INDEX recordings_mission ON mission.recordings (mission, started_at, id);
CREATE INDEX recordings_artifact ON mission.recordings (artifact, started_at, id);
CREATE INDEX recordings_workflow ON mission.recordings (workflow_id);
${appendOnly('recordings', 'UPDATE OR TRUNCATE')}

CREATE TABLE mission.reports (
  digest text PRIMARY KEY,
  mission text COLLATE "C" NOT NULL,
  baseline_name text NOT NULL,
  baseline_artifact text NOT NULL,
  candidate_name text NOT NULL,
  candidate_artifact text NOT NULL,
  cohort_digest text NOT NULL,
  policy_digest text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('passed', 'failed', 'inconclusive')),
  partial boolean NOT NULL,
  created_at timestamptz NOT NULL,
  document bytea NOT NULL,
  document_digest text NOT NULL
);
CREATE INDEX reports_candidate ON mission.reports (candidate_artifact, verdict, created_at);
CREATE INDEX reports_mission ON mission.reports (mission, created_at);
${appendOnly('reports')}
`,
};
