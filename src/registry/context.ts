import type { SqlAccess } from './sql.ts';

/** What every noun of the registry works with: where to read and write, what time it is, and who is acting. */
export interface RegistryContext {
  readonly sql: SqlAccess;
  readonly clock: () => Date;
  /** Who the audit trail names. */
  readonly actor: string;
}
