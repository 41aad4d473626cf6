import { appendOnly } from './append-only.ts';

/** Who hosts what, and what people and programs have asked to be hosted or not. */
export const fleet = {
  number: 4,
  name: 'fleet',
  sql: `
-- Processes that host versions, and what each hosts. Rows expire with the heartbeat, so both tables may change.
CREATE TABLE mission.workers (
  id text PRIMARY KEY,
  identity text NOT NULL,
  host text NOT NULL,
  pid int4 NOT NULL,
  started_at timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL,
  lease_ms int4 NOT NULL CHECK (lease_ms > 0)
);

CREATE TABLE mission.hosted (
  worker text NOT NULL REFERENCES mission.workers ON DELETE CASCADE,
  mission text COLLATE "C" NOT NULL,
  artifact text NOT NULL,
  state text NOT NULL CHECK (state IN ('starting', 'ready', 'failed', 'stopping')),
  since timestamptz NOT NULL,
  error text,
  PRIMARY KEY (worker, artifact)
);
CREATE INDEX hosted_artifact ON mission.hosted (artifact);

-- How many versions of a mission the Temporal server knows, as a worker saw it last.
CREATE TABLE mission.deployments (
  mission text COLLATE "C" PRIMARY KEY REFERENCES mission.missions,
  versions int4 NOT NULL CHECK (versions >= 0),
  seen_at timestamptz NOT NULL
);

CREATE TABLE mission.hosting_orders (
  mission text COLLATE "C" NOT NULL,
  number int4 NOT NULL CHECK (number > 0),
  version int4 NOT NULL,
  action text NOT NULL CHECK (action IN ('hold', 'release', 'retire', 'wake', 'remove')),
  until timestamptz,
  by_whom text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mission, number),
  FOREIGN KEY (mission, version) REFERENCES mission.versions,
  CHECK ((action = 'wake') = (until IS NOT NULL))
);
${appendOnly('hosting_orders')}
`,
};
