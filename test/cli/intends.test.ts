/** Declaring what a version is meant to change, on the command line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { copyProject } from '../artifact/project.ts';
import { PROMPT, verdictMission } from '../release/verdict-mission.ts';
import { type Ran, run } from './run.ts';

const mission = 'intends';
let directory: string;
let root: string;
let registry: Registry;

const change = {
  name: 'sale-is-final',
  reason: 'the spring promotion',
  owner: 'returns team',
  becomes: [{ pointer: '/approve', oneOf: [false] }],
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-intends-'));
  root = await copyProject(verdictMission({ mission, prompt: PROMPT }));
  registry = await openRegistry({ directory, actor: 'ada' });
}, 240_000);

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const publish = (...argv: string[]): Promise<Ran> =>
  run(['publish', mission, '-m', 'spring', ...argv], { shared: registry, cwd: root, columns: 120 });

it('keeps the declaration with the version, and shows it', async () => {
  await writeFile(join(root, 'intended.json'), JSON.stringify([change]));
  const published = await publish('--intends', 'intended.json');
  expect(published).toMatchObject({ code: 0, err: expect.not.stringContaining('✗') });
  const { number } = (await registry.versions.latest(mission)) ?? { number: 0 };
  const shown = await run(['show', `${mission}@${number}`], { shared: registry, cwd: root, columns: 120 });
  expect(shown.out).toMatch(/meant to change\s+sale-is-final: the spring promotion \(returns team\)/);
  const json = JSON.parse(
    (await run(['show', `${mission}@${number}`, '--json'], { shared: registry, cwd: root })).out,
  ) as { intended?: unknown };
  expect(json.intended).toEqual([{ ...change, when: [], was: [], mayChange: [], writes: [] }]);
});

it.each([
  ['no such file', 'nowhere.json', undefined, 'cannot be read'],
  ['no JSON', 'broken.json', '[{', 'cannot be read'],
  ['no owner', 'nobody.json', JSON.stringify([{ ...change, owner: ' ' }]), 'owner'],
])('refuses %s, and publishes nothing', async (_, file, text, message) => {
  if (text !== undefined) await writeFile(join(root, file), text);
  const before = (await registry.versions.list(mission)).length;
  const refused = await publish('--intends', file);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain(file);
  expect(refused.err).toContain(message);
  expect(await registry.versions.list(mission)).toHaveLength(before);
});
