import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPglite } from '../../src/registry/pglite.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { type Child, startChild } from './child.ts';
import { MISSION, publish, sampleRecording } from './samples.ts';

let root: string;
const children: Child[] = [];
const child = (...call: Parameters<typeof startChild>): Child => {
  const started = startChild(...call);
  children.push(started);
  return started;
};
let count = 0;
/** A folder with a registry that was opened once and closed. */
const copyOfTemplate = async (parent = root): Promise<string> => {
  const directory = join(parent, `registry-${count++}`);
  await cp(join(root, 'template'), directory, { recursive: true });
  return directory;
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mission-test-embedded-'));
  await (await openRegistry({ directory: join(root, 'template') })).close();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((started) => started.kill()));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const openAndPublish = (directory: string): string => `
  const { openRegistry } = await import('../../src/registry/registry.ts');
  const { publish } = await import('./samples.ts');
  const registry = await openRegistry({ directory: ${JSON.stringify(directory)} });
  await publish(registry, 'one', 'two');
  console.log('ready');
  setInterval(() => undefined, 1_000);
`;

describe('an embedded registry', () => {
  it('that another process has open is REGISTRY_LOCKED with its pid; when that is killed, it opens with all it stored', async () => {
    const directory = await copyOfTemplate();
    const owner = child(openAndPublish(directory));
    expect(await owner.line()).toBe('ready');
    await expect(openRegistry({ directory })).rejects.toMatchObject({
      code: 'REGISTRY_LOCKED',
      message: expect.stringContaining(`process ${owner.pid}`),
      remedy: expect.stringContaining('DATABASE_URL'),
      details: { directory, pid: owner.pid },
    });
    await owner.kill();
    const registry = await openRegistry({ directory });
    expect(await registry.versions.list(MISSION)).toHaveLength(2);
    expect(await registry.audit.verify()).toMatchObject({ intact: true, entries: 4 });
    await registry.close();
  });

  it('whose first opening is killed leaves nothing that the next takes for a database', async () => {
    const directory = join(root, 'killed');
    await mkdir(directory);
    const unfinished = waitForEntry(directory, 'data.unfinished');
    const owner = child(openAndPublish(directory), { cache: join(root, 'no-cache') });
    await unfinished;
    await waitForEntry(join(directory, 'data.unfinished'), 'base');
    await owner.kill();
    expect(await readdir(directory)).not.toContain('data');
    const registry = await openRegistry({ directory });
    await publish(registry, 'one');
    await registry.close();
    expect((await readdir(directory)).sort()).toEqual(['data', expect.stringMatching(/^owner\.\d+\.json$/)]);
  });

  it('computes beside the event loop: timers go on during a heavy query', async () => {
    const engine = await openPglite(await copyOfTemplate(), { readOnly: false, now: new Date() });
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    await engine.query('SELECT sum(i) FROM generate_series(1, 2000000) AS i');
    clearInterval(timer);
    await engine.close();
    expect(ticks).toBeGreaterThan(3);
  });

  it('does not keep the process alive when it is left open', async () => {
    const directory = await copyOfTemplate();
    const owner = child(openAndPublish(directory).replace('setInterval(() => undefined, 1_000);', ''));
    expect(await owner.line()).toBe('ready');
    await expect(owner.line()).rejects.toThrow('ended');
  });

  it('that is closed says so, and closing twice is harmless', async () => {
    const registry = await openRegistry({ directory: await copyOfTemplate() });
    await registry.close();
    await registry.close();
    await expect(registry.versions.missions()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  });

  it('below a file is REGISTRY_WRITE_FAILED', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(openRegistry({ directory: join(root, 'file', 'registry') })).rejects.toMatchObject({
      code: 'REGISTRY_WRITE_FAILED',
    });
  });
});

/** A disk with no more room, as far as a process can tell: its files may not grow beyond a limit. */
describe('an embedded registry on a full disk', () => {
  const MEBIBYTE = 1_024 * 1_024;
  /** Tells how an attempt ended, in a process whose files may be so long. */
  const attempt = async (maxFileBytes: number, source: string, cacheName?: string): Promise<unknown> => {
    const limited = child(
      `${source}.then(() => 'ok', ({ code, message }) => ({ code, message })).then((end) => console.log(JSON.stringify(end)));`,
      { maxFileBytes, ...(cacheName !== undefined && { cache: join(root, cacheName) }) },
    );
    const end: unknown = JSON.parse(await limited.line());
    await limited.kill();
    return end;
  };

  it('is REGISTRY_WRITE_FAILED, nothing is half-written, and it goes on when there is room', async () => {
    const directory = await copyOfTemplate();
    const registry = await openRegistry({ directory });
    await publish(registry, 'one');
    const head = await registry.audit.head();
    await registry.close();

    // Enough for the database's own files, not for what is put into it.
    const end = await attempt(
      16 * MEBIBYTE,
      `(async () => {
        const { openRegistry } = await import('../../src/registry/registry.ts');
        const { sampleRecording } = await import('./samples.ts');
        const { randomBytes } = await import('node:crypto');
        const registry = await openRegistry({ directory: ${JSON.stringify(directory)} });
        const content = new Uint8Array(randomBytes(${24 * MEBIBYTE}));
        await registry.recordings.put({ ...sampleRecording(1), content });
      })()`,
    );
    expect(end).toEqual({ code: 'REGISTRY_WRITE_FAILED', message: expect.stringContaining(directory) });

    const again = await openRegistry({ directory });
    expect(await again.recordings.count()).toBe(0);
    expect(await again.audit.verify({ head })).toMatchObject({ intact: true, head });
    await again.recordings.put({ ...sampleRecording(1), content: new Uint8Array(randomBytes(24 * MEBIBYTE)) });
    expect(await again.recordings.count()).toBe(1);
    await again.close();
  });

  // At the start, and in the middle of making it, anew or from what is kept of another.
  it.each([
    [0, 'full-cache'],
    [256 * 1_024, 'full-cache'],
    [256 * 1_024, undefined],
  ])(
    'at a first opening (%i bytes, cache: %s) is REGISTRY_WRITE_FAILED and leaves no database behind',
    async (maxFileBytes, cacheName) => {
      const directory = join(root, `full-at-${maxFileBytes}-${cacheName}`);
      await mkdir(directory, { recursive: true });
      const end = await attempt(
        maxFileBytes,
        `import('../../src/registry/registry.ts').then(({ openRegistry }) => openRegistry({ directory: ${JSON.stringify(directory)} }))`,
        cacheName,
      );
      expect(end).toMatchObject({ code: 'REGISTRY_WRITE_FAILED' });
      expect((await readdir(directory)).filter((name) => name.startsWith('data'))).toEqual([]);
    },
  );
});

/** Waits until a folder has an entry of this name. */
async function waitForEntry(folder: string, name: string): Promise<void> {
  const stop = new AbortController();
  const changes = watch(folder, { signal: stop.signal });
  if ((await readdir(folder)).includes(name)) return stop.abort();
  for await (const _ of changes) {
    if ((await readdir(folder)).includes(name)) return;
  }
}
