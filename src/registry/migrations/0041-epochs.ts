import { appendOnly } from './append-only.ts';

/** Each row says that the registry was restored to an earlier state, and that this is meant: routers follow it back. */
export const epochs = {
  number: 41,
  name: 'epochs',
  sql: `
CREATE TABLE mission.epochs (
  number int4 PRIMARY KEY CHECK (number > 0),
  by_whom text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL
);
${appendOnly('epochs')}
`,
};
