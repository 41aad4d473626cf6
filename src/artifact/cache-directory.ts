import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where things that can be made again are kept between processes, by the custom of each operating system. */
export function cacheDirectory(): string {
  return join(userCache(), 'mission-runtime');
}

function userCache(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '') return XDG_CACHE_HOME;
  if (process.platform === 'win32' && LOCALAPPDATA !== undefined) return LOCALAPPDATA;
  return process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
}
