/** Records the workflows beside this file, and makes edited copies of them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { ReplayCandidate, ReplayInput } from '../../../src/replay/departure.ts';
import { createSandbox } from '../../../src/replay/sandbox.ts';
import { type Drive, record } from '../missions/lab.ts';
import { once } from '../plain/once.ts';

const WORKFLOWS = fileURLToPath(new URL('./workflows.ts', import.meta.url));
/** Within the package, where Temporal's packages are found, and beside what other tests read of it. */
const EDITED = fileURLToPath(new URL('../../../.mission/', import.meta.url));

/** A text of the workflows replaced by another. */
export type TextEdit = readonly [from: string, to: string];

const activities = {
  note: async (text: string) => text,
  stamp: async (text: string) => text,
  async slow(text: string) {
    await Context.current().sleep(400);
    return text;
  },
  async hang() {
    for (;;) {
      Context.current().heartbeat();
      await Context.current().sleep(50);
    }
  },
};

/** Bundles the workflows with edits that must each change something. */
export async function bundleEdited(edits: readonly TextEdit[] = []): Promise<string> {
  let source = await readFile(WORKFLOWS, 'utf8');
  for (const [from, to] of edits) {
    if (!source.includes(from)) throw new Error(`The workflows do not contain: ${from}`);
    source = source.replaceAll(from, to);
  }
  await mkdir(EDITED, { recursive: true });
  const folder = await mkdtemp(join(EDITED, 'edited-'));
  try {
    const workflowsPath = join(folder, 'workflows.ts');
    await writeFile(workflowsPath, source);
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function plainCandidate(edits: readonly TextEdit[] = []): Promise<ReplayCandidate> {
  return { sandbox: await createSandbox({ code: await bundleEdited(edits) }, 5_000), definition: undefined };
}

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1_000));

/** Once the run took note of its first step. */
const begun = once((event) => event.workflowTaskCompletedEventAttributes, 2);

const terminate: Drive = async (handle) => {
  await begun(handle);
  await seconds(0.5);
  await handle.terminate('enough');
};

interface Scenario {
  readonly type?: string;
  readonly input?: unknown;
  readonly drive?: Drive;
  readonly timeoutMs?: number;
}

const SCENARIOS = {
  timed: {
    drive: async (handle) => {
      await begun(handle);
      await handle.signal('poke', 'early');
      await seconds(3);
      await handle.signal('poke', 'late');
    },
  },
  approval: {
    drive: async (handle) => {
      await once((event) => event.timerStartedEventAttributes)(handle);
      await handle.signal('poke', 'yes');
    },
  },
  parent: {},
  relay: {
    input: { left: 2, words: [] },
    drive: async (handle, client) => {
      await begun(handle);
      for (const word of ['a', 'b', 'c']) {
        await client.workflow.getHandle(handle.workflowId).signal('poke', word);
        await seconds(1);
      }
    },
  },
  cancelledOutside: {
    drive: async (handle) => {
      await begun(handle);
      await seconds(0.3);
      await handle.cancel();
    },
  },
  failing: {},
  waiting: { drive: terminate },
  working: { drive: terminate },
  raced: {},
  inOrder: {},
  locals: {},
  cancelsWork: {},
  tally: {
    drive: async (handle) => {
      await handle.executeUpdate('put', { args: [4] });
      await handle.executeUpdate('put', { args: [9] });
    },
  },
  patchedOnce: {},
  deeds: {},
  /** Longer than its beginning takes on a busy machine, shorter than a step may take. */
  timedOut: { type: 'waiting', timeoutMs: 8_000 },
} satisfies Readonly<Record<string, Scenario>> as Readonly<Record<string, Scenario>>;

/** One recording of each scenario, or of those named. */
export async function recordScenarios(
  address: string,
  names: readonly string[] = Object.keys(SCENARIOS),
): Promise<ReadonlyMap<string, ReplayInput>> {
  const bundle = { code: await bundleEdited() };
  const wanted = names.map((name) => ({ type: name, input: null, ...SCENARIOS[name] }));
  const recordings = await record(address, { bundle, activities, type: 'scenarios' }, wanted);
  return new Map(names.map((name, index) => [name, recordings[index] as ReplayInput]));
}
