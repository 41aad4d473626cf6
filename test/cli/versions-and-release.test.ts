/** From source to traffic and back on the command line, on one registry; nothing here needs a Temporal server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { copyProject, MISSION, MISSION_FILE, replace, WORKFLOW_FILE } from '../artifact/project.ts';
import { type Ran, run } from './run.ts';

let directory: string;
let registry: Registry;
let project: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-cli-'));
  registry = await openRegistry({ directory, actor: 'ada' });
  project = await copyProject();
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd: project, shared: registry });

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(join(project, path), change(await readFile(join(project, path), 'utf8')));
}

/** The tests of a story: each goes on where the one before ended. */
describe('the story of a mission', () => {
  it('publishes a first version, and says what comes next', async () => {
    const { code, out } = await mission('publish', '-m', 'first');
    expect(code).toBe(0);
    expect(out).toContain(`${MISSION}@1 published`);
    expect(out).toContain(`mission activate ${MISSION}@1`);
  });

  it('adds nothing for the same source, and says so', async () => {
    const { code, out } = await mission('publish', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ref: `${MISSION}@1`, added: false });
  });

  it('activates it without a report', async () => {
    expect(await mission('activate', '@1')).toMatchObject({
      code: 0,
      out: expect.stringContaining('takes all new runs'),
    });
    expect(await mission('activate', '@1')).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing was changed'),
    });
  });

  it('publishes a change and shows it', async () => {
    await edit(MISSION_FILE, replace('Which queue does this ticket', 'Which team does this ticket'));
    await edit(WORKFLOW_FILE, replace('words > rules.longTicketWords', 'words >= rules.longTicketWords'));
    const { out } = await mission('publish', '-m', 'reworded', '--author', 'grace');
    expect(out).toContain('prompt route');
    const diff = await mission('diff', '1', '@2');
    expect(diff.out).toContain('- Which queue does');
    expect(diff.out).toContain('+ Which team does');
    expect(diff.out).toContain(`code ${WORKFLOW_FILE}`);
    expect(diff.out).toMatch(/\+ .*words >= rules\.longTicketWords/);
    expect((await mission('diff', '1', '1')).out).toContain('the same artifact');
  });

  it('lists versions with their traffic, and shows one whole', async () => {
    const { out } = await mission('versions');
    expect(out).toMatch(new RegExp(`${MISSION}@1 +100 %.*first`));
    expect(out).toMatch(new RegExp(`${MISSION}@2 .*grace.*reworded`));
    const listed = JSON.parse((await mission('versions', MISSION, '--json')).out);
    expect(listed).toMatchObject([
      { number: 1, trafficPercent: 100 },
      { number: 2, trafficPercent: 0, author: 'grace' },
    ]);
    const shown = await mission('show', '@2');
    for (const part of ['Which team does', 'longTicketWords', 'countWords', 'sha256:'])
      expect(shown.out).toContain(part);
  });

  it('refuses to activate what was not replayed: exit code 1, with the way on', async () => {
    const { code, err, out } = await mission('activate', '@2');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.replaceAll(/\s+/g, ' ')).toContain(`mission replay ${MISSION}@2 --against ${MISSION}@1`);
    expect(err).toContain('ACTIVATION_REFUSED');
    const json = await mission('activate', '@2', '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      error: { code: 'ACTIVATION_REFUSED', details: { active: `${MISSION}@1` } },
    });
  });

  it('forces it only with a reason', async () => {
    expect((await mission('activate', '@2', '--force')).code).toBe(2);
    expect(await mission('activate', '@2', '--force', '--reason', 'the shop is down')).toMatchObject({
      code: 0,
      out: expect.stringContaining('forced without a passing report'),
    });
  });

  it('rolls back in one action', async () => {
    const { code, out } = await mission('rollback', '--reason', 'wrong team');
    expect(code).toBe(0);
    expect(out).toContain(`${MISSION}@3 brings back ${MISSION}@1`);
    expect(out).toMatch(/takes all new runs \(before: @2\), route revision 3, in [\d.]+ m?s\./);
    expect(out).toContain("not counted: the project's Temporal server does not run");
  });

  it('is not rolled back again by who comes late', async () => {
    const { code, err } = await mission('rollback', '--reason', 'wrong team');
    expect(code).toBe(2);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(`ada brought back @1 as ${MISSION}@3`);
  });

  it('tells all of it, with reasons and people', async () => {
    const { out } = await mission('log');
    const words = [
      `${MISSION}@1 published`,
      'reworded',
      'the shop is down',
      'brings back',
      'wrong team',
      'grace',
      'ada',
    ];
    for (const word of words) expect(out).toContain(word);
    expect(JSON.parse((await mission('log', '--json')).out)).toHaveLength(6);
  });

  it('proves the audit trail, and an export of it; an edit and a cut show', async () => {
    const verified = await mission('audit', 'verify');
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('intact') });
    const [head = ''] = /\d+:sha256:[0-9a-f]{64}/.exec(verified.out) ?? [];
    const file = join(directory, 'audit.jsonl');
    expect((await mission('audit', 'export', '--out', file)).code).toBe(0);
    expect((await mission('audit', 'export')).out).toBe(await readFile(file, 'utf8'));
    expect((await mission('audit', 'verify', '--file', file, '--head', head)).code).toBe(0);

    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    await writeFile(file, lines.slice(0, -1).join('\n'));
    expect(await mission('audit', 'verify', '--file', file)).toMatchObject({ code: 0 });
    expect(await mission('audit', 'verify', '--file', file, '--head', head)).toMatchObject({
      code: 4,
      err: expect.stringContaining('AUDIT_BROKEN'),
    });
    await writeFile(file, lines.join('\n').replace('first', 'worst'));
    expect((await mission('audit', 'verify', '--file', file)).code).toBe(4);
    await writeFile(file, `${lines.join('\n')}\n{`);
    expect(await mission('audit', 'verify', '--file', file)).toMatchObject({
      code: 4,
      err: expect.stringContaining(`Line ${lines.length + 1} of`),
    });
  });

  it.each<[string[], string]>([
    [['show', '@9'], `The latest version is ${MISSION}@3.`],
    [['versions', 'nobody'], 'no mission "nobody"'],
    [['log', 'nobody'], 'no mission "nobody"'],
    [['report'], 'no reports yet'],
    [['report', 'abc'], 'no report "abc"'],
    [['replay', '@2', '--runs', 'r-1'], 'no recording of run "r-1"'],
    [['replay', '@2', '--fixtures', 'nowhere'], 'nowhere'],
    [['trace', 'r-1'], 'no recording of run "r-1"'],
  ])('%j says that it is not there', async (argv, words) => {
    const { code, err } = await mission(...argv);
    expect(code).toBe(2);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(words);
  });

  it('says where the source is broken', async () => {
    await edit(WORKFLOW_FILE, replace('const long =', 'const long = ='));
    const { code, err } = await mission('publish');
    expect(code).toBe(2);
    expect(err).toMatch(/workflow\.ts:\d+:\d+/);
    expect(err).toContain('MISSION_BUNDLE_FAILED');
  });
});
