import { appendOnly } from './append-only.ts';

/** Missions, their artifacts and versions, and the routes that send traffic to them. */
export const ledger = {
  number: 2,
  name: 'ledger',
  sql: `
-- One row per mission: locked while a version or a route revision is numbered, so that numbers have no gap and no fork.
CREATE TABLE mission.missions (
  name text COLLATE "C" PRIMARY KEY,
  created_at timestamptz NOT NULL
);
${appendOnly('missions')}

-- Texts of artifacts, once each: the library code of most artifacts is the same.
CREATE TABLE mission.blobs (
  digest text PRIMARY KEY,
  gzip bytea NOT NULL
);
${appendOnly('blobs')}

-- The manifest is JSON: the artifact with each text replaced by the digest of its blob.
CREATE TABLE mission.artifacts (
  digest text PRIMARY KEY,
  mission text COLLATE "C" NOT NULL,
  manifest text NOT NULL,
  manifest_digest text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX artifacts_mission ON mission.artifacts (mission, created_at);
${appendOnly('artifacts')}

CREATE TABLE mission.versions (
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  number int4 NOT NULL CHECK (number > 0),
  artifact text NOT NULL REFERENCES mission.artifacts,
  kind text NOT NULL CHECK (kind IN ('publish', 'rollback')),
  restores int4,
  author text NOT NULL,
  message text NOT NULL,
  commit text,
  environment text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mission, number),
  FOREIGN KEY (mission, restores) REFERENCES mission.versions,
  CHECK ((kind = 'rollback') = (restores IS NOT NULL))
);
CREATE INDEX versions_artifact ON mission.versions (artifact);
${appendOnly('versions')}

CREATE TABLE mission.routes (
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  revision int4 NOT NULL CHECK (revision > 0),
  salt text NOT NULL,
  rules text NOT NULL,
  weights text NOT NULL,
  by_whom text NOT NULL,
  reason text NOT NULL,
  report text,
  forced boolean NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mission, revision)
);
${appendOnly('routes')}
`,
};
