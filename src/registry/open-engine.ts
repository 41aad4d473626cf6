/** Which database the options of a registry mean. */
import { resolve } from 'node:path';
import type { Keyring } from '../encryption/keyring.ts';
import { MissionError } from '../shared/errors.ts';
import type { SqlEngine } from './sql.ts';

/** Where the embedded registry of a project is. */
const DEFAULT_REGISTRY_DIRECTORY = '.mission/registry';

export interface RegistryOptions {
  /** A PostgreSQL URL (15 or newer): `postgres://user:password@host:5432/database`. Wins over `directory`. */
  readonly databaseUrl?: string | undefined;
  /** Folder of the embedded registry, made when missing. @default .mission/registry */
  readonly directory?: string | undefined;
  /** Refuse writes, and do not migrate. */
  readonly readOnly?: boolean;
  /** Who the audit trail names. @default the user of the operating system */
  readonly actor?: string;
  /** Keys that recordings and reports are sealed with. @default those of `MISSION_PAYLOAD_KEYS` or `MISSION_PAYLOAD_KEYS_FILE`; without any, nothing is encrypted */
  readonly keyring?: Keyring | undefined;
  /** What stands before a new mission's name in the name of its worker deployment: `production/`. @default `MISSION_DEPLOYMENT_PREFIX`; without it, what the newest mission has */
  readonly deploymentPrefix?: string | undefined;
  /** What time it is. @default the system's clock */
  readonly clock?: () => Date;
}

/** Opens the database that the options name, without a look at its schema. Engines are loaded when needed: each costs start-up time. */
export async function openEngine(options: RegistryOptions, now: Date): Promise<SqlEngine> {
  const readOnly = options.readOnly === true;
  if (options.databaseUrl !== undefined && options.databaseUrl !== '') {
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres(options.databaseUrl, { readOnly });
  }
  const directory = options.directory ?? DEFAULT_REGISTRY_DIRECTORY;
  if (directory === '') {
    throw new MissionError('CONFIG_INVALID', 'The folder of the registry is empty.', {
      remedy: `Leave it out for ${DEFAULT_REGISTRY_DIRECTORY}, or name a folder.`,
    });
  }
  const { openPglite } = await import('./pglite.ts');
  return openPglite(resolve(directory), { readOnly, now });
}
