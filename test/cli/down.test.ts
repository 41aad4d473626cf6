/** `mission down` beside a real `mission dev`: the host drains and ends before the server that it polls. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyProject } from '../artifact/project.ts';
import { type Ran, run } from './run.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const PATIENCE_MS = 300_000;
/** Without a server of others, so that the project gets its own. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|DATABASE_URL)/.test(name)));
let project: string;
let dev: ChildProcess | undefined;
let said = '';

const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd: project, env: { ...env, MISSION_ACTOR: 'ada' } });

beforeAll(async () => {
  project = await copyProject();
});

afterAll(endAll, PATIENCE_MS);

async function endAll(): Promise<void> {
  if (dev !== undefined && dev.exitCode === null && dev.signalCode === null) {
    dev.kill('SIGKILL');
    await once(dev, 'exit');
  }
  await mission('down');
}

async function startDev(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'dev', '-C', project], { env });
  const ended = once(child, 'exit');
  said = '';
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/@1 ready/.test(said)) resolve();
      });
    }
  });
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`dev ended: ${said}`)))]);
  return child;
}

/** A project in which nothing was done yet, with a version that is hosted. */
async function hostAnew(): Promise<ChildProcess> {
  await endAll();
  await rm(join(project, '.mission'), { recursive: true, force: true });
  expect(await mission('publish', '-m', 'first')).toMatchObject({ code: 0 });
  expect(await mission('activate', '@1', '--force', '--reason', 'test')).toMatchObject({ code: 0 });
  return startDev();
}

describe('mission down', () => {
  it(
    'has a host stop in order, and ends its server with it',
    async () => {
      dev = await hostAnew();
      const exit = once(dev, 'exit');
      const { code, out, err } = await mission('down', '--json');
      expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`Process ${dev.pid} hosts missions`) });
      expect(JSON.parse(out)).toEqual({ stopped: true, hosts: [dev.pid] });
      expect(await exit).toEqual([0, null]);
      expect(said).toContain('@1 stopped');
      expect(await readdir(join(project, '.mission', 'hosts'))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'is not needed when the server ends by itself: the host says so and ends',
    async () => {
      dev = await hostAnew();
      const exit = once(dev, 'exit');
      const state = JSON.parse(await readFile(join(project, '.mission', 'temporal', 'server.json'), 'utf8'));
      process.kill(state.pid, 'SIGKILL');
      expect(await exit).toEqual([4, null]);
      expect(said).toContain(`Temporal server (process ${state.pid}) has ended`);
      expect(said).toContain('server.log');
      expect(await readdir(join(project, '.mission', 'hosts'))).toEqual([]);
      dev = await startDev();
      await endAll();
    },
    PATIENCE_MS,
  );

  it('forgets hosts that were killed, whoever has their process id by now, and files that are none', async () => {
    const hosts = join(project, '.mission', 'hosts');
    await mkdir(hosts, { recursive: true });
    await writeFile(join(hosts, '1.json'), '{"pid":1,"started":"another boot:1"}');
    await writeFile(join(hosts, 'x.json'), '{');
    const { code, out, err } = await mission('down');
    expect({ code, out, err }).toMatchObject({ code: 0, out: expect.stringContaining('does not run'), err: '' });
    expect(await readdir(hosts)).toEqual([]);
  });
});
