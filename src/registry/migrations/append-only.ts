/**
 * The SQL that makes a table refuse UPDATE, DELETE and TRUNCATE. A statement trigger refuses even when no row matches, and
 * `ENABLE ALWAYS` keeps it on in sessions that switch ordinary triggers off (`session_replication_role`).
 */
export function appendOnly(table: string, operations = 'UPDATE OR DELETE OR TRUNCATE'): string {
  return `CREATE TRIGGER immutable BEFORE ${operations} ON mission.${table}
  FOR EACH STATEMENT EXECUTE FUNCTION mission.refuse_change();
ALTER TABLE mission.${table} ENABLE ALWAYS TRIGGER immutable;`;
}
