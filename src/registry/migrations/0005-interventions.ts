import { appendOnly } from './append-only.ts';

/** What people did to open runs: moved to another version, cancelled, terminated. */
export const interventions = {
  number: 5,
  name: 'interventions',
  sql: `
CREATE TABLE mission.interventions (
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  number int4 NOT NULL CHECK (number > 0),
  action text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('move', 'cancel', 'terminate')),
  workflow_id text NOT NULL,
  run_id text NOT NULL,
  from_version int4,
  to_version int4,
  ground text,
  by_whom text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mission, number),
  CHECK ((kind = 'move') = (to_version IS NOT NULL)),
  CHECK ((kind = 'move') = (ground IS NOT NULL)),
  UNIQUE (action, workflow_id, run_id)
);
CREATE INDEX interventions_run ON mission.interventions (workflow_id, run_id, number);
${appendOnly('interventions')}
`,
};
