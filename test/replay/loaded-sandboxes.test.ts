import Long from 'long';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { LoadedSandboxes } from '../../src/replay/loaded-sandboxes.ts';
import { makeProject, type ScratchProject } from './plain/project.ts';

const FACTS = { namespace: 'default', taskQueue: 'queue' };

describe('the sandboxes of a process', () => {
  let project: ScratchProject;
  let code: string;

  beforeAll(async () => {
    project = await makeProject({ 'src/workflows.ts': 'export async function run() {}' }, { packages: true });
    ({ code } = await bundleWorkflows({ workflowsPath: './src/workflows.ts', root: project.root }));
  });

  afterAll(() => project.remove());

  function open(): LoadedSandboxes {
    const sandboxes = new LoadedSandboxes();
    sandboxes.add('candidate', { code, definition: undefined });
    return sandboxes;
  }

  /** Whether a run can still begin in it. */
  async function isThere({ candidate }: ReturnType<LoadedSandboxes['hold']>): Promise<boolean> {
    const { sandbox } = await candidate;
    const startTime = { seconds: Long.fromNumber(1_700_000_000), nanos: 0 };
    const initializeWorkflow = { workflowType: 'run', workflowId: 'w', randomnessSeed: Long.UONE, startTime };
    try {
      const run = await sandbox.start({ runId: 'r', timestamp: startTime, jobs: [{ initializeWorkflow }] }, FACTS);
      await run.dispose();
      return true;
    } catch (error) {
      expect(String(error)).toContain('destroyed');
      return false;
    }
  }

  it('are the same for one task after another, until one has spent it', async () => {
    const sandboxes = open();
    const first = sandboxes.hold('candidate');
    sandboxes.letGo(first, false);
    const second = sandboxes.hold('candidate');
    expect(second).toBe(first);
    sandboxes.letGo(second, true);
    const third = sandboxes.hold('candidate');
    expect(third).not.toBe(first);
    expect(await isThere(third)).toBe(true);
    expect(await isThere(first)).toBe(false);
  });

  it("are nobody else's where they are for one task alone, and say when they were shared", async () => {
    const sandboxes = open();
    const shared = sandboxes.hold('candidate');
    const alone = sandboxes.hold('candidate', 1);
    expect([shared.isShared, alone === shared]).toEqual([false, false]);
    expect(sandboxes.hold('candidate')).toBe(shared);
    expect([shared.isShared, alone.isShared]).toEqual([true, false]);
    expect([await isThere(shared), await isThere(alone)]).toEqual([true, true]);
    sandboxes.letGo(alone, false);
    expect([await isThere(shared), await isThere(alone)]).toEqual([true, false]);
  });

  it('are given to as many tasks as may share them', async () => {
    const sandboxes = open();
    const [first, second] = [sandboxes.hold('candidate', 2), sandboxes.hold('candidate', 2)];
    expect(second).toBe(first);
    const third = sandboxes.hold('candidate', 2);
    expect(third).not.toBe(first);
    expect([await isThere(first), await isThere(third)]).toEqual([true, true]);
    for (const held of [first, second]) sandboxes.letGo(held, false);
    expect([await isThere(first), await isThere(third)]).toEqual([false, true]);
  });

  it('stay for a task that waits, though another has spent it', async () => {
    const sandboxes = open();
    const [waiting, failing] = [sandboxes.hold('candidate'), sandboxes.hold('candidate')];
    expect(await isThere(waiting)).toBe(true);
    sandboxes.letGo(failing, true);
    const next = sandboxes.hold('candidate');
    expect(next).not.toBe(waiting);
    expect([await isThere(waiting), await isThere(next)]).toEqual([true, true]);
    sandboxes.letGo(waiting, true);
    expect([await isThere(waiting), await isThere(next)]).toEqual([false, true]);
    expect(sandboxes.hold('candidate')).toBe(next);
  });

  it('stay for whoever holds them when their target is forgotten, and are not there afterwards', async () => {
    const sandboxes = open();
    const held = sandboxes.hold('candidate');
    sandboxes.forget('candidate');
    expect(await isThere(held)).toBe(true);
    await expect(sandboxes.hold('candidate').candidate).rejects.toThrow('was not loaded');
    sandboxes.letGo(held, false);
    expect(await isThere(held)).toBe(false);
  });
});
