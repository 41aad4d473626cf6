/** The Temporal CLI that we fetched once, kept per user, so that no project fetches it again. */
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** `$XDG_CACHE_HOME/mission-runtime/temporal`, or the platform's usual place for caches. */
export function serverCacheDirectory(env: NodeJS.ProcessEnv, platform: string = process.platform): string {
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'mission-runtime', 'temporal');
  const home = env['HOME'] ?? homedir();
  const caches = platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
  return join(caches, 'mission-runtime', 'temporal');
}

/** Where the cached binary stands, whether or not it is there. */
export function cachedServerPath(cacheDirectory: string): string {
  return join(cacheDirectory, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
}

const ABANDONED_MS = 3_600_000;

/** Runs `work` with a directory of its own inside the cache, and removes it afterwards whatever happened. */
export async function withStaging<T>(cacheDirectory: string, work: (staging: string) => Promise<T>): Promise<T> {
  await mkdir(cacheDirectory, { recursive: true });
  await sweepAbandoned(cacheDirectory);
  const staging = await mkdtemp(join(cacheDirectory, 'staging-'));
  try {
    return await work(staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what processes left behind that were killed while they fetched. */
async function sweepAbandoned(cacheDirectory: string): Promise<void> {
  for (const name of await readdir(cacheDirectory)) {
    const path = join(cacheDirectory, name);
    if (!name.startsWith('staging-')) continue;
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}

/** Puts a binary into the cache in one step: readers see the former one or this one, never a part of it. */
export async function installServer(binary: string, cacheDirectory: string): Promise<string> {
  const target = cachedServerPath(cacheDirectory);
  const copy = `${target}.${randomUUID()}`;
  await copyFile(binary, copy);
  await chmod(copy, 0o755);
  await rename(copy, target);
  return target;
}
