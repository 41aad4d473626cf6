import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, statfs, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPglite } from '../../src/registry/pglite.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { type Child, startChild } from './child.ts';
import { MISSION, publish, sampleRecording } from './samples.ts';

let root: string;
const children: Child[] = [];
const child = (source: string): Child => {
  const started = startChild(source);
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
    const owner = child(openAndPublish(directory));
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

const canMount = (() => {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
    return true;
  } catch {
    return false;
  }
})();

describe.runIf(canMount)('an embedded registry on a small disk', () => {
  let disk: string;
  const mountDisk = async (size: string): Promise<void> => {
    disk = await mkdtemp(join(tmpdir(), 'mission-test-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
  };
  const unmountDisk = async (): Promise<void> => {
    if (disk === '') return;
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
    disk = '';
  };
  afterEach(unmountDisk);
  const fillDisk = async (leave: number): Promise<string> => {
    const { bavail, bsize } = await statfs(disk);
    const file = join(disk, 'filler');
    await writeFile(file, Buffer.alloc(bavail * bsize - leave));
    return file;
  };
  const bigRecording = () => ({ ...sampleRecording(1), content: new Uint8Array(randomBytes(6_000_000)) });

  it('that is full is REGISTRY_WRITE_FAILED, nothing is half-written, and it goes on when there is room', async () => {
    await mountDisk('160m');
    const directory = await copyOfTemplate(disk);
    const registry = await openRegistry({ directory });
    await publish(registry, 'one');
    const head = await registry.audit.head();
    const filler = await fillDisk(500_000);
    await expect(registry.recordings.put(bigRecording())).rejects.toMatchObject({
      code: 'REGISTRY_WRITE_FAILED',
      message: expect.stringContaining(directory),
    });
    await rm(filler);
    await registry.close().catch(() => undefined);

    const again = await openRegistry({ directory });
    expect(await again.recordings.count()).toBe(0);
    expect(await again.audit.verify({ head })).toMatchObject({ intact: true, head });
    await again.recordings.put(bigRecording());
    expect(await again.recordings.count()).toBe(1);
    await again.close();
  });

  it('that is too small for a first opening is REGISTRY_WRITE_FAILED and leaves no database behind', async () => {
    // Too small at the start, in the middle of making it, and towards its end.
    for (const leave of [0, 4_000_000, 20_000_000]) {
      await mountDisk('40m');
      const directory = join(disk, 'registry');
      await fillDisk(leave);
      await expect(openRegistry({ directory }), `${leave} bytes`).rejects.toMatchObject({
        code: 'REGISTRY_WRITE_FAILED',
      });
      expect((await readdir(directory)).filter((name) => name.startsWith('data'))).toEqual([]);
      await unmountDisk();
    }
  });
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
