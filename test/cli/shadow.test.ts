/** Shadows on the command line: set with the route, tried out before, and what they have shown. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { ShadowEnding } from '../../src/registry/shadows.ts';
import { MISSION, publish } from '../registry/samples.ts';
import { type Ran, run } from './run.ts';

let directory: string;
let registry: Registry;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-shadow-cli-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
  await publish(registry, 'one', 'two', 'three');
}, 180_000);

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd: directory, shared: registry });
const words = ({ out, err }: Ran) => `${out}${err}`.replaceAll(/\s+/g, ' ');
const set = (...more: string[]) => mission('route', 'set', MISSION, '@1=100%', '--reason', 'test', ...more);
const shadows = async () => (await registry.routes.current(MISSION))?.shadows;

/** Each test goes on where the one before ended. */
describe('shadows of a route', () => {
  it('are set without evidence, stay until told otherwise, and are shown', async () => {
    expect((await mission('activate', `${MISSION}@1`)).code).toBe(0);
    const done = await set('--shadow', '@2=12.5%', '--shadow', '@3=1%');
    expect(done.code).toBe(0);
    expect(words(done)).toContain('@2 12.5 % as a shadow: beside real runs, with its effects blocked');
    expect(words(await mission('log', MISSION))).toContain(
      'traffic to @1, @2 as a shadow of 12.5 %, @3 as a shadow of 1 %',
    );
    expect((await set()).code).toBe(0);
    expect(await shadows()).toEqual([
      { version: 2, share: 1_250 },
      { version: 3, share: 100 },
    ]);
    expect((await set('--no-shadow')).code).toBe(0);
    expect(await shadows()).toEqual([]);
    expect((await set('--shadow', '@2=50%,@3=1%')).code).toBe(0);
    expect(await shadows()).toHaveLength(2);
  });

  it.each([['@2=0%'], ['@2'], ['@9=10%'], ['@2=10%,@2=20%']])('refuses %s', async (share) => {
    expect((await set('--shadow', share)).code).toBe(2);
    expect(await shadows()).toHaveLength(2);
  });

  it('end when a version gets all traffic', async () => {
    for (const number of [3, 1]) {
      const forced = ['--force', '--reason', 'test'];
      expect((await mission('activate', `${MISSION}@${number}`, ...forced)).code).toBe(0);
      expect(await shadows()).toEqual([]);
    }
    expect((await set('--shadow', '@2=50%,@3=1%')).code).toBe(0);
  });

  it('are tried out for an input, and for many', async () => {
    const one = words(await mission('route', 'explain', '--input', '{}', '--key', 'order-17'));
    expect(one).toMatch(/(not )?shadowed by @2: bucket \d+ is (not )?of the first 5000\/10000/);
    expect(one).toMatch(/shadowed by @3: bucket/);
    const inputs = Array.from({ length: 200 }, (_, index) => JSON.stringify({ order: `o-${index}` })).join('\n');
    const many = await run(['route', 'explain', '--input', '-', '--key-at', '/order', '--json'], {
      cwd: directory,
      shared: registry,
      input: inputs,
    });
    const [two] = JSON.parse(many.out).shadows;
    expect(two).toMatchObject({ version: 2, share: 5_000 });
    expect(two.count).toBeGreaterThan(60);
    expect(two.count).toBeLessThan(140);
  });
});

describe('mission shadow', () => {
  const end = async (name: string, ending: ShadowEnding) => {
    const workflowId = `mission-shadow:2:${name}`;
    const primary = { primaryWorkflowId: name, primaryRunId: 'run', primaryVersion: 1, primaryArtifact: 'sha256:a' };
    const facts = { mission: MISSION, version: 2, artifact: 'sha256:b', revision: 2, reason: 'bucket 1' };
    await registry.shadows.plan('server/default', [{ workflowId, ...primary, ...facts }]);
    await registry.shadows.end(workflowId, ending);
  };
  const same = { end: [], effects: [], divergence: null };
  const flipped = { pointer: '/approve', kind: 'changed', baseline: true, candidate: false };

  it('says so when nothing was shadowed', async () => {
    expect(words(await mission('shadow', `${MISSION}@3`))).toContain('0 compared');
    expect((await mission('shadow', `${MISSION}@7`)).code).toBe(2);
  });

  it('counts outcomes, and groups what differs with examples', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await end(name, { outcome: 'matched', step: null, detail: same });
    for (const name of ['e', 'f']) {
      await end(name, { outcome: 'changed', step: 'judge#1', detail: { ...same, end: [flipped] } });
    }
    const reason = 'the real run made no such call of issueRefund';
    await end('g', { outcome: 'unanswered', step: 'issueRefund#1', detail: { ...same, reason } });
    await end('h', { outcome: 'excluded', step: null, detail: { ...same, reason: 'the real run was terminated' } });
    const text = words(await mission('shadow', `${MISSION}@2`));
    for (const part of [
      `${MISSION}@2 shadows 50 % of the real runs`,
      '7 compared: 4 matched, 2 changed, 0 diverged, 1 unanswered, 0 failed; the same end and writes in 57.1 %',
      '1 not counted',
      '2 changed /approve true → false',
      `1 unanswered step issueRefund#1 ${reason}`,
    ])
      expect(text).toContain(part);
    const { shadows: reports } = JSON.parse((await mission('shadow', '--json')).out);
    expect(reports).toMatchObject([
      { version: 3, compared: 0 },
      { version: 2, compared: 7, groups: [{ outcome: 'changed', count: 2, examples: ['f', 'e'] }, {}, {}] },
    ]);
    expect(words(await mission('shadow', `${MISSION}@2`, '--since', '2099-01-01'))).toContain('0 compared');
  });
});
