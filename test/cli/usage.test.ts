/** Wrong command lines are told at once: what is wrong, where, what to do; exit code 2, and nothing is made. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wantsColours } from '../../src/cli/io.ts';
import { run } from './run.ts';

let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'mission-test-cli-'));
  await writeFile(join(project, 'package.json'), '{}');
});

afterAll(() => rm(project, { recursive: true, force: true }));

const here = () => ({ cwd: project });

describe('a wrong command line', () => {
  it.each<[string[], RegExp]>([
    [['pubish'], /Did you mean publish/],
    [['publish', '--forse'], /unknown option '--forse'/],
    [['replay'], /missing required argument 'candidate'/],
    [['rollback'], /required option '--reason/],
    [['replay', '@3', '--limit', 'ten'], /whole number/],
    [['worker', '--version'], /argument missing/],
    [['runs', '--version'], /argument missing/],
    [['activate', '@3', '--wait', 'long'], /30s, 5m or 2h/],
    [['retire', '@3'], /required option '--reason/],
    [['replay', '@3', '--since', 'yesterday'], /7d or 12h/],
    [['replay', '@3', '--format', 'pdf'], /Allowed choices are terminal, markdown, json, junit/],
  ])('%j is usage', async (argv, complaint) => {
    const { code, out, err } = await run(argv, here());
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(complaint);
  });

  it('is told as JSON when JSON was asked for', async () => {
    const { code, out, err } = await run(['replay', '--json'], here());
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'USAGE',
        message: "missing required argument 'candidate'",
        remedy: expect.any(String),
        details: {},
      },
    });
    expect(err).toBe('');
  });

  it.each<[string[], string, RegExp]>([
    [['show', 'refund@three'], 'VERSION_REF_INVALID', /mission@number/],
    [['start', 'refund', '--input', '{oops'], 'USAGE', /single quotes/],
    [['start', 'refund', '--input', '@nowhere.json'], 'USAGE', /nowhere\.json cannot be read/],
    [['case', 'add', 'r', '--expect', '@nowhere.json', '--why', 'w'], 'USAGE', /nowhere\.json cannot be read/],
    [['replay', 'refund@3', '--policy', 'nowhere.json'], 'POLICY_INVALID', /nowhere\.json cannot be read/],
    [['replay', 'refund@3', '--answer', 'write=live'], 'POLICY_INVALID', /write=live/],
    [['case', 'add', 'r-1', '--why', 'w'], 'USAGE', /--expect, --expect-failure and --as-recorded/],
    [['case', 'import', 'nowhere.json', '--as-recorded', '--why', 'w'], 'HISTORY_INVALID', /temporal workflow show/],
    [['activate', 'refund@3', '--reason', 'r'], 'USAGE', /--force/],
    [['audit', 'verify', '--head', 'x'], 'USAGE', /head cannot be read from .*Name a file/],
    [['recordings', 'refund', '--version', 'ticket@3'], 'USAGE', /ticket@3 is a version of ticket, not of refund/],
    [['rollback', 'refund', '--to', 'ticket@3', '--reason', 'r'], 'USAGE', /ticket@3 is a version of ticket/],
    [['move', 'refund', '--from', '@1', '--to', 'ticket@3', '--reason', 'r'], 'USAGE', /ticket@3 is a version/],
    [['drift', 'refund@3', '--against', 'ticket@1'], 'USAGE', /ticket@1 is a version of ticket/],
    [['publish'], 'USAGE', /workflows\/<mission>\/workflow\.ts/],
    [['versions'], 'MISSION_UNKNOWN', /no registry/],
  ])('%j is %s', async (argv, code, words) => {
    const text = await run(argv, here());
    expect(text.code).toBe(2);
    expect(text.err.replaceAll(/\s+/g, ' ')).toMatch(words);
    const json = await run([...argv, '--json'], here());
    expect(JSON.parse(json.out).error).toMatchObject({ code, remedy: expect.any(String) });
  });

  it('makes no registry by looking', () => {
    expect(existsSync(join(project, '.mission', 'registry'))).toBe(false);
  });
});

describe('which mission is meant', () => {
  it('has to be said when a project has several', async () => {
    const several = join(project, 'several');
    for (const name of ['refund', 'triage']) {
      await mkdir(join(several, 'workflows', name), { recursive: true });
      await writeFile(join(several, 'workflows', name, 'workflow.ts'), '');
    }
    const { code, err } = await run(['publish'], { cwd: several });
    expect(code).toBe(2);
    expect(err).toContain('2 missions: refund, triage');
    expect(err).toContain('mission publish refund');
  });
});

describe('help', () => {
  it('groups the commands, and every command has its own', async () => {
    const { code, out } = await run(['--help'], here());
    expect(code).toBe(0);
    const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name ?? '');
    expect(commands).toContain('replay');
    for (const name of commands) expect((await run([name, '--help'], here())).code).toBe(0);
  });

  it('is what no command at all gives', async () => {
    expect(await run([], here())).toMatchObject({ code: 0, out: expect.stringContaining('Usage: mission') });
  });
});

describe('colours', () => {
  it.each<[NodeJS.ProcessEnv, boolean, boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j, terminal %s: %s', (env, isTty, wanted) => {
    expect(wantsColours(env, isTty)).toBe(wanted);
  });

  it('are in text when wanted, and --no-color takes them away', async () => {
    const coloured = await run(['versions'], { cwd: project, colours: true });
    expect(coloured.err).toContain('\u001B[');
    const plain = await run(['versions', '--no-color'], { cwd: project, colours: true });
    expect(plain.err).not.toContain('\u001B[');
  });
});
