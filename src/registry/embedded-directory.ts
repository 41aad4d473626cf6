/** The folder of the embedded database. It is made under another name and renamed when whole, so half of one is never opened. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
    const client = await startPglite(unfinished, () => undefined);
    await client.close();
    await rename(unfinished, join(directory, 'data'));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}
