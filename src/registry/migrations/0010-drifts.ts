import { appendOnly } from './append-only.ts';

/** What was found when a version's recent runs were replayed on the version before it. */
export const drifts = {
  number: 10,
  name: 'drifts',
  sql: `
-- The finding is JSON that the registry keeps and does not read: counts and categories, no contents of runs.
CREATE TABLE mission.drifts (
  mission text COLLATE "C" NOT NULL REFERENCES mission.missions,
  number int4 NOT NULL CHECK (number > 0),
  verdict text NOT NULL CHECK (verdict IN ('none', 'version', 'world', 'both', 'unclear')),
  finding text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (mission, number)
);
${appendOnly('drifts')}
`,
};
