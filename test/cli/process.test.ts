/** The built command as real processes, on a project of its own with its own servers: the whole way of a change. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { copyProject } from '../artifact/project.ts';
import { PROMOTED, PROMPT, verdictMission } from '../release/verdict-mission.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = join(root, '.cli-test');
const MISSION = `shop-${process.pid}`;
const RUNS = 4;
// Each command is a process, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
let project: string;
let dev: ChildProcess | undefined;
let devSaid = '';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

beforeAll(async () => {
  await rm(build, { recursive: true, force: true });
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  await promisify(execFile)(tsc, [
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    build,
    '--noCheck',
    '--declaration',
    'false',
  ]);
  await promisify(execFile)(process.execPath, [join(build, 'replay', 'write-confined.js')]);
  project = await copyProject(verdictMission({ mission: MISSION, prompt: PROMPT }));
  await rm(join(project, 'workflows', 'ticket-triage'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
});

afterAll(async () => {
  if (dev?.exitCode === null) {
    dev.kill('SIGKILL');
    await once(dev, 'exit');
  }
  await rm(build, { recursive: true, force: true });
});

function start(argv: readonly string[]): ChildProcess {
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    MISSION_ACTOR: 'ada',
    NO_COLOR: '1',
    MISSION_DEBUG: '1',
  };
  return spawn(process.execPath, [join(build, 'cli', 'main.js'), ...argv], { cwd: project, env });
}

async function mission(argv: readonly string[], input = ''): Promise<Ended> {
  const child = start(argv);
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

/** Resolves when `dev` has said it. */
async function said(pattern: RegExp): Promise<void> {
  const child = dev;
  if (child === undefined) throw new Error('dev does not run');
  while (!pattern.test(devSaid)) {
    if (child.exitCode !== null) throw new Error(`dev ended: ${devSaid}`);
    await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
  }
}

describe('the command as a process', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await mission(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('is content when its reader has seen enough', async () => {
    const child = start(['--help']);
    child.stdout?.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('publishes and activates', async () => {
    expect((await mission(['publish', '-m', 'first'])).code).toBe(0);
    expect((await mission(['activate', '@1'])).code).toBe(0);
  });
});

describe('with `mission dev` in another terminal', () => {
  beforeAll(async () => {
    dev = start(['dev']);
    const listen = (text: string) => {
      devSaid += text;
    };
    dev.stdout?.setEncoding('utf8').on('data', listen);
    dev.stderr?.setEncoding('utf8').on('data', listen);
    await said(new RegExp(`${MISSION}@1 ready`));
  });

  it('runs are started, waited for, and recorded as they end', async () => {
    const input = (index: number) => JSON.stringify({ id: `o-${index}`, onSale: index === 0 });
    const first = await mission(['start', '--input', '-', '--id', 'r-0', '--wait', '--json'], input(0));
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({ version: `${MISSION}@1`, result: { approve: true } });
    for (let index = 1; index < RUNS; index += 1) {
      expect((await mission(['start', MISSION, '--input', input(index), '--id', `r-${index}`])).code).toBe(0);
    }
    const recorded = () =>
      [...devSaid.matchAll(/recorded (\d+) ended/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    while (recorded() < RUNS) await once(dev?.stdout as NodeJS.ReadableStream, 'data');
    expect(JSON.parse((await mission(['recordings', '--json'])).out)).toMatchObject({ total: RUNS });
    expect((await mission(['runs', MISSION])).out).toMatch(/r-0 .*completed/);
  });

  it('a run tells what it did and why', async () => {
    const { code, out } = await mission(['trace', 'r-0']);
    expect(code).toBe(0);
    for (const part of ['tool getOrder#1', 'model judge#1', 'Decide on', 'tool issueRefund#1', 'writes', 'completed']) {
      expect(out).toContain(part);
    }
  });

  it('a reworded prompt is stopped: exit code 3 while it may not be asked, 1 when it flips a run', async () => {
    const reworded = await copyProject(verdictMission({ mission: MISSION, prompt: PROMOTED }));
    await cp(join(reworded, 'workflows', MISSION), join(project, 'workflows', MISSION), { recursive: true });
    expect((await mission(['publish', MISSION, '-m', 'promotion'])).code).toBe(0);
    expect((await mission(['replay', `${MISSION}@2`])).code).toBe(3);

    const { code, out, err } = await mission(['replay', `${MISSION}@2`, '--answer', 'model=live']);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('junit.xml are in') });
    expect(out).toContain(`1 of ${RUNS} recorded runs would come out differently`);
    expect(out).toContain('approve');
    const [, folder = ''] = /junit\.xml are in (\S+)/.exec(err) ?? [];
    for (const file of ['report.json', 'report.md', 'junit.xml']) expect(existsSync(join(folder, file))).toBe(true);
    expect(await mission(['activate', `${MISSION}@2`])).toMatchObject({ code: 1 });

    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    const again = await mission(['report', report.digest.slice(7, 15), '--json']);
    expect(JSON.parse(again.out)).toEqual(report);
    expect((await mission(['report', '--format', 'markdown'])).out).toContain('### ❌');
  });

  it('the run that went wrong becomes a regression case, which is red until it comes out right', async () => {
    const expected = JSON.stringify({ approve: false, reason: 'final sale' });
    const kept = await mission([
      'case',
      'add',
      'r-0',
      '--expect',
      expected,
      '--why',
      'bargains are final',
      '--name',
      'bargain',
    ]);
    expect(kept.code).toBe(0);
    expect(existsSync(join(project, 'replay-fixtures', MISSION, 'bargain', 'case.json'))).toBe(true);
    const replay = (number: number) =>
      mission([
        'replay',
        `${MISSION}@${number}`,
        '--against',
        '@1',
        '--fixtures',
        'replay-fixtures',
        '--answer',
        'model=live',
      ]);
    expect((await replay(1)).code).toBe(1);
    expect((await replay(2)).code).toBe(0);
  });

  it('one run alone is shown side by side', async () => {
    const { out } = await mission(['replay', `${MISSION}@2`, '--runs', 'r-0', '--answer', 'model=live']);
    expect(out).toContain('first difference');
  });

  it('a second host is told who is in the way', async () => {
    const { code, err } = await mission(['worker']);
    expect(code).toBe(4);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(`process ${dev?.pid}`);
    expect(err).toContain('mission dev');
  });

  it('Ctrl-C drains and ends it in order; the registry is free again', async () => {
    dev?.kill('SIGINT');
    expect(await once(dev as ChildProcess, 'exit')).toEqual([0, null]);
    expect(devSaid).toContain(`${MISSION}@1 stopped`);
    expect((await mission(['audit', 'verify'])).code).toBe(0);
  });
});
