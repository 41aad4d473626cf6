/** Kept answers are sealed like recordings, and reports can be sealed anew, so that an old key is needed no more. */
import { appendOnly } from './append-only.ts';

/** All columns of a report but its document and the key of that. */
const FIXED =
  'digest, mission, baseline_name, baseline_artifact, candidate_name, candidate_artifact, cohort_digest, policy_digest, verdict, partial, created_at, document_digest';

export const sealing = {
  number: 50,
  name: 'sealing',
  sql: `
ALTER TABLE mission.answers ADD COLUMN key_id text;

-- What a report says cannot change: document_digest is of the opened document, is fixed, and is in the audit trail.
DROP TRIGGER immutable ON mission.reports;
${appendOnly('reports', `DELETE OR TRUNCATE OR UPDATE OF ${FIXED}`)}
`,
};
