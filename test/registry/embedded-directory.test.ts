/** Where an embedded database begins: made anew, or from what the user's cache keeps of another. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureDataDirectory } from '../../src/registry/embedded-directory.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { MISSION, publish } from './samples.ts';

let root: string;
let cache: string;
let kept: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mission-test-embedded-directory-'));
  cache = join(root, 'cache');
  vi.stubEnv('XDG_CACHE_HOME', cache);
  await mkdir(join(root, 'anew'));
  await ensureDataDirectory(join(root, 'anew'));
  const [name, ...others] = await readdir(join(cache, 'mission-runtime'));
  expect(others).toEqual([]);
  kept = join(cache, 'mission-runtime', name ?? '');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

/** Every folder, and every file with its bytes. */
async function contentOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = entries.map(async (entry): Promise<[string, string]> => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length), entry.isDirectory() ? 'folder' : (await readFile(path)).toString('base64')];
  });
  return new Map(await Promise.all(contents));
}

/** A registry begins in `directory`, and does what registries do. */
async function useRegistry(directory: string): Promise<void> {
  const registry = await openRegistry({ directory });
  await publish(registry, 'one');
  await registry.close();
  const again = await openRegistry({ directory });
  expect(await again.versions.list(MISSION)).toHaveLength(1);
  await again.close();
}

describe('an embedded database', () => {
  it('is kept as it was made, and the next is made of that, to the byte', async () => {
    const before = await readFile(kept);
    const directory = join(root, 'from-cache');
    await mkdir(directory);
    await ensureDataDirectory(directory);
    expect(await readdir(directory)).toEqual(['data']);
    expect(await contentOf(join(directory, 'data'))).toEqual(await contentOf(join(root, 'anew', 'data')));
    // Nobody made it again.
    expect((await readFile(kept)).equals(before)).toBe(true);
    await useRegistry(directory);
  });

  it('is made anew, and kept again, when what was kept is cut short', async () => {
    const whole = await readFile(kept);
    await writeFile(kept, whole.subarray(0, whole.length / 2));
    await useRegistry(join(root, 'cut'));
    expect((await readFile(kept)).length).toBeGreaterThan(whole.length * 0.9);
  });

  it('needs no cache', async () => {
    const blocked = join(root, 'blocked');
    await writeFile(blocked, '');
    vi.stubEnv('XDG_CACHE_HOME', blocked);
    await useRegistry(join(root, 'without'));
    vi.stubEnv('XDG_CACHE_HOME', cache);
  });

  it('that is there stays as it is', async () => {
    const directory = join(root, 'there');
    await mkdir(join(directory, 'data'), { recursive: true });
    await ensureDataDirectory(directory);
    expect(await readdir(join(directory, 'data'))).toEqual([]);
  });
});
