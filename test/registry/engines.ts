/** The two engines that every registry test runs on, each registry fresh, and raw SQL to attack it with. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { openPglite } from '../../src/registry/pglite.ts';
import { openPostgres } from '../../src/registry/postgres.ts';
import { openRegistry, type Registry, type RegistryOptions } from '../../src/registry/registry.ts';
import type { SqlEngine } from '../../src/registry/sql.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

export type EngineKind = 'postgres' | 'pglite';

/** Where one registry is; every opening of it goes there. */
export type Place = Pick<RegistryOptions, 'databaseUrl' | 'directory'>;

export interface Bench {
  readonly kind: EngineKind;
  /** A place where no registry is yet. */
  newPlace(): Promise<Place>;
  /** Opens a registry, closed after the test. Without a place, a new one. */
  open(options?: RegistryOptions): Promise<Registry>;
  /** The engine without the registry on top, closed after the test. Embedded: only while no registry is open there. */
  engine(place: Place): Promise<SqlEngine>;
}

/** Runs a suite once per engine. A missing PostgreSQL fails it. */
export function describeOnBothEngines(title: string, suite: (bench: Bench) => void): void {
  describe.each<EngineKind>(['pglite', 'postgres'])(`${title} (%s)`, (kind) => {
    let server: TestPostgres | undefined;
    const folders: string[] = [];
    const open: { close(): Promise<void> }[] = [];
    const newFolder = async (): Promise<string> => {
      const folder = await mkdtemp(join(tmpdir(), 'mission-test-registry-'));
      folders.push(folder);
      return folder;
    };
    beforeAll(async () => {
      if (kind === 'postgres') server = await startPostgres();
    });
    afterEach(async () => {
      for (const closable of open.splice(0)) await closable.close();
    });
    afterAll(async () => {
      await server?.stop();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });
    const newPlace = async (): Promise<Place> => {
      if (server !== undefined) return { databaseUrl: await server.createDatabase() };
      return { directory: join(await newFolder(), 'registry') };
    };
    suite({
      kind,
      newPlace,
      open: async (options = {}) => {
        const isPlaced = options.databaseUrl !== undefined || options.directory !== undefined;
        const place = isPlaced ? {} : await newPlace();
        const registry = await openRegistry({ actor: 'ada', ...options, ...place });
        open.push(registry);
        return registry;
      },
      engine: async (place) => {
        const engine = await openRaw(place);
        open.push(engine);
        return engine;
      },
    });
  });
}

async function openRaw({ databaseUrl, directory }: Place): Promise<SqlEngine> {
  if (databaseUrl !== undefined) return openPostgres(databaseUrl, { readOnly: false });
  return openPglite(directory ?? '', { readOnly: false, now: new Date() });
}
