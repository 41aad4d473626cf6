/** Publishing stores a whole version with its origin, or nothing. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { readGitFacts } from '../../src/release/git-facts.ts';
import { publishMission } from '../../src/release/publish-mission.ts';
import { copyProject, MISSION, MISSION_FILE, replace, WORKFLOW_FILE } from '../artifact/project.ts';

let directory: string;
let registry: Registry;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-publish-'));
  registry = await openRegistry({ directory, actor: 'ada' });
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const PROMPT = 'Which queue does this ticket belong to?';

describe('publishing', () => {
  it('numbers versions, says what changed, and adds nothing for what is the latest already', async () => {
    const root = await copyProject();
    const first = await publishMission({ registry, root, mission: MISSION, message: 'first', author: 'ada' });
    expect(first).toMatchObject({ added: true, changes: [], version: { number: 1, author: 'ada', message: 'first' } });
    expect(first.version.environment).toMatchObject({
      node: process.versions.node,
      'mission-runtime': expect.any(String),
    });

    const head = await registry.audit.head();
    const again = await publishMission({ registry, root: await copyProject(), mission: MISSION, message: 'again' });
    expect(again).toMatchObject({ added: false, version: { number: 1, message: 'first' } });
    expect(await registry.audit.head()).toEqual(head);

    const reworded = await copyProject({ [MISSION_FILE]: replace(PROMPT, 'Which team answers this?') });
    const second = await publishMission({ registry, root: reworded, mission: MISSION });
    expect(second).toMatchObject({ added: true, version: { number: 2 }, previous: { number: 1 } });
    expect(second.changes).toMatchObject([{ component: 'prompt', name: 'route', change: 'changed' }]);
  });

  it('stores nothing when the source cannot be bundled', async () => {
    const head = await registry.audit.head();
    const root = await copyProject({ [WORKFLOW_FILE]: replace('const long =', 'const long = = ') });
    await expect(publishMission({ registry, root, mission: MISSION })).rejects.toMatchObject({
      code: 'MISSION_BUNDLE_FAILED',
    });
    expect(await registry.audit.head()).toEqual(head);
  });

  it('stores neither artifact nor version when the ledger refuses', async () => {
    const root = await copyProject({ [MISSION_FILE]: replace(PROMPT, 'Half-written?') });
    const failing: Registry = {
      ...registry,
      atomically: (mission, work) =>
        registry.atomically(mission, (nouns) =>
          work({ ...nouns, versions: { ...nouns.versions, append: () => Promise.reject(new Error('disk full')) } }),
        ),
    };
    const before = await registry.artifacts.list();
    await expect(publishMission({ registry: failing, root, mission: MISSION })).rejects.toThrow('disk full');
    expect(await registry.artifacts.list()).toEqual(before);
  });
});

describe('what git knows', () => {
  const git = (root: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], { cwd: root });

  it('is nothing outside of a repository', async () => {
    expect((await readGitFacts(await copyProject())).commit).toBeNull();
  });

  it('is commit, branch and subject, and whether something is in no commit; our own folder does not count', async () => {
    const root = await copyProject();
    git(root, 'init', '-q', '-b', 'spring');
    expect((await readGitFacts(root)).commit).toBeNull();
    git(root, 'config', 'user.name', 'Ada');
    git(root, 'config', 'user.email', 'ada@example.org');
    git(root, 'add', '.');
    git(root, 'commit', '-q', '-m', 'Reword the prompt', '-m', 'At length.');
    await copyInto(root, '.mission/registry', 'x');
    expect(await readGitFacts(root)).toEqual({
      commit: { sha: expect.stringMatching(/^[0-9a-f]{40}$/), branch: 'spring', dirty: false },
      author: 'Ada <ada@example.org>',
      subject: 'Reword the prompt',
    });
    await writeFile(join(root, 'new.ts'), '');
    expect(await readGitFacts(root)).toMatchObject({ commit: { dirty: true }, subject: undefined });
  });
});

async function copyInto(root: string, folder: string, name: string): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, folder, name), '');
}
