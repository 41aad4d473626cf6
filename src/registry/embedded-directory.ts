/** The folder of the embedded database. It is made under another name and renamed when whole, so half of one is never opened. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../artifact/cache-directory.ts';
import { ownPackageVersion } from '../artifact/kit-location.ts';
import { type FolderContent, fillFolder, keepFolder, readKept } from './kept-folder.ts';
import { startPglite } from './pglite-client.ts';

const UNFINISHED = 'data.unfinished';

/**
 * Creates `<directory>/data` when it is missing. The caller holds the folder's lock, so an unfinished one is left over
 * from a process that was killed, and is removed.
 */
export async function ensureDataDirectory(directory: string): Promise<void> {
  const unfinished = join(directory, UNFINISHED);
  await rm(unfinished, { recursive: true, force: true });
  if (existsSync(join(directory, 'data'))) return;
  await mkdir(unfinished);
  try {
    await makeDatabase(unfinished);
    await rename(unfinished, join(directory, 'data'));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/**
 * An empty database, without anything of ours. Making one takes seconds of computing and always gives the same, so it is
 * kept in the user's cache. The cache is never needed: what cannot be read from it is made again.
 */
async function makeDatabase(folder: string): Promise<void> {
  const file = join(cacheDirectory(), `empty-database-${ownPackageVersion('@electric-sql/pglite')}.gz`);
  const kept = await readKept(file).catch((): FolderContent | undefined => undefined);
  if (kept !== undefined) return fillFolder(folder, kept);
  const client = await startPglite(folder, () => undefined);
  await client.close();
  await keepFolder(folder, file).catch(() => undefined);
}
