/** What a version is meant to change, as it was declared when it was published. */
export const intended = {
  number: 9,
  name: 'intended',
  sql: `
-- JSON: a list of declared changes; null when nothing was declared. Part of the ledger entry, and never changed.
ALTER TABLE mission.versions ADD COLUMN intended text;
`,
};
