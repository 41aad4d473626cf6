/** Answers that were asked for anew during replays. A cache: rows are never changed, and may be deleted at any time. */
import { appendOnly } from './append-only.ts';

export const answers = {
  number: 7,
  name: 'answers',
  sql: `
CREATE TABLE mission.answers (
  key text COLLATE "C" PRIMARY KEY,
  mission text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('model', 'tool')),
  name text COLLATE "C" NOT NULL,
  answer bytea NOT NULL,
  input_tokens int8 NOT NULL,
  output_tokens int8 NOT NULL,
  asked_at timestamptz NOT NULL
);
CREATE INDEX answers_mission ON mission.answers (mission, asked_at);
${appendOnly('answers', 'UPDATE OR TRUNCATE')}
`,
};
