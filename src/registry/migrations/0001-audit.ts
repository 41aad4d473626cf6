import { IMMUTABLE_SQLSTATE } from '../sql-errors.ts';
import { appendOnly } from './append-only.ts';

/** The audit chain, and the function by which tables refuse to be changed. */
export const audit = {
  number: 1,
  name: 'audit',
  sql: `
CREATE FUNCTION mission.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on mission.% is refused, its rows are immutable', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '${IMMUTABLE_SQLSTATE}';
END $$;

CREATE TABLE mission.audit (
  seq int8 PRIMARY KEY CHECK (seq > 0),
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  details text NOT NULL,
  previous_hash text NOT NULL UNIQUE,
  hash text NOT NULL UNIQUE
);
CREATE INDEX audit_subject ON mission.audit (subject, seq);
${appendOnly('audit')}
`,
};
