/**
 * What stands before a mission's name in the name of its worker deployment on the Temporal server. It is settled when the
 * mission is first published and never changes, as open runs are pinned under it.
 */
export const deployments = {
  number: 40,
  name: 'deployments',
  sql: `
ALTER TABLE mission.missions ADD COLUMN deployment_prefix text COLLATE "C" NOT NULL DEFAULT '';
`,
};
