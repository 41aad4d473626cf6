import type { SqlAccess } from './sql.ts';
import type { Vault } from './vault.ts';

/** What every noun of the registry works with: where to read and write, what time it is, and who is acting. */
export interface RegistryContext {
  readonly sql: SqlAccess;
  readonly clock: () => Date;
  /** Who the audit trail names. */
  readonly actor: string;
  /** Seals what is stored of runs. */
  readonly vault: Vault;
  /** What a new mission's worker deployment begins with. @default what the newest mission's does */
  readonly deploymentPrefix: string | undefined;
}
