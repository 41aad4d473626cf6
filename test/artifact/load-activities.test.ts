import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { loadActivities } from '../../src/artifact/load-activities.ts';
import { ACTIVITY_FILE, copyProject, MISSION } from './project.ts';

async function build(activities: string, prepare: (root: string) => Promise<void> = async () => undefined) {
  const root = await copyProject({ [ACTIVITY_FILE]: () => activities });
  await prepare(root);
  return { root, artifact: await buildArtifact({ root, mission: MISSION }) };
}

async function addPackage(root: string, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(root, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
}

/** Calls an activity of an artifact. */
async function call(artifact: Artifact, root: string, name: string, ...args: unknown[]): Promise<unknown> {
  const activity = (await loadActivities(artifact, { root }))[name] as unknown as (...all: unknown[]) => unknown;
  return activity(...args);
}

describe('the activities of an artifact', () => {
  it('run when the source folders and the packages they came from are deleted', async () => {
    const { root, artifact } = await build(
      `import { shout } from 'shouting';\nimport { tail } from './tail.ts';\nexport default { say: async (text: string) => shout(text) + tail };`,
      async (folder) => {
        await addPackage(folder, 'shouting', {
          'package.json': '{"name":"shouting","main":"index.js"}',
          'index.js': 'exports.shout = (text) => text.toUpperCase();',
        });
        await writeFile(join(folder, 'activities/tail.ts'), "export const tail = '!';");
      },
    );
    for (const folder of ['workflows', 'activities', 'node_modules']) await rm(join(root, folder), { recursive: true });
    expect(await call(artifact, root, 'say', 'hey')).toBe('HEY!');
  });

  it('have Node, the SDK and their own place', async () => {
    const { root, artifact } = await build(`
      import { createHash } from 'node:crypto';
      import { ApplicationFailure } from '@temporalio/common';
      import * as z from 'zod';
      export const activities = {
        hash: async (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8),
        failure: async () => ApplicationFailure.nonRetryable('no').message,
        place: async () => new URL(import.meta.url).protocol,
        parse: async (value: unknown) => z.object({ a: z.number() }).safeParse(value).success,
      };`);
    expect(await call(artifact, root, 'hash', 'a')).toBe('ca978112');
    expect(await call(artifact, root, 'failure')).toBe('no');
    expect(await call(artifact, root, 'place')).toBe('file:');
    expect(await call(artifact, root, 'parse', { a: 1 })).toBe(true);
  });

  it('tell that their worker lives for as long as they run, whatever made them', async () => {
    const { root, artifact } = await build(`
      import { asyncLocalStorage } from '@temporalio/activity';
      export default {
        wait: () => new Promise((done) => { asyncLocalStorage.getStore().info.done = () => done('done'); }),
      };`);
    const { wait } = await loadActivities(artifact, { root });
    vi.useFakeTimers();
    try {
      const environment = new MockActivityEnvironment();
      let beats = 0;
      environment.on('heartbeat', () => {
        beats += 1;
      });
      const running = environment.run(wait as () => Promise<unknown>);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(beats).toBeGreaterThan(2);
      (environment.context.info as unknown as { done: () => void }).done();
      expect(await running).toBe('done');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('take packages with a native addon from where they are installed', async () => {
    const { root, artifact } = await build(
      `import { answer } from 'addon';\nexport default { answer: async () => answer };`,
      (folder) =>
        addPackage(folder, 'addon', {
          'package.json': '{"name":"addon","main":"index.js","gypfile":true}',
          'index.js': 'exports.answer = 42;',
        }),
    );
    expect(artifact.code.activity).not.toContain('42');
    expect(await call(artifact, root, 'answer')).toBe(42);
    await expect(loadActivities(artifact, { root: await copyProject() })).rejects.toMatchObject({
      code: 'ARTIFACT_LOAD_FAILED',
      message: expect.stringContaining("Cannot find module 'addon'"),
    });
  });

  it.each([
    ['throws', "throw new Error('no database');", 'no database'],
    ['exports nothing', 'export const other = 1;', 'exports no activities'],
  ])('say what is wrong when the code %s', async (_, activities, message) => {
    const { root, artifact } = await build(activities);
    await expect(loadActivities(artifact, { root })).rejects.toMatchObject({
      code: 'ARTIFACT_LOAD_FAILED',
      message: expect.stringContaining(message),
    });
  });
});
