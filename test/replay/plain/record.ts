/** Records one run of each plain workflow on a real server: the histories that the replay tests are made of. */

import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { buildRecording, toStoredRecording } from '../../../src/recording/build-recording.ts';
import type { History } from '../../../src/replay/proto.ts';
import type { ReplaySource } from '../../../src/replay/replay-cohort.ts';
import { type Drive, type RecordedRun, recordRuns } from './record-runs.ts';

const attempts = new Map<string, number>();

const activities = {
  async greet(name: string) {
    return `hello ${name}`;
  },
  async failTwice(key: string) {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return `attempt ${attempt}`;
  },
  async refuse() {
    throw ApplicationFailure.nonRetryable('refused', 'Refused', { why: 'rule' });
  },
  async hang() {
    for (;;) {
      Context.current().heartbeat();
      await Context.current().sleep(50);
    }
  },
  async timeOut() {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  },
};

/** As it comes to a replay. */
export function sourceOf(history: History): ReplaySource {
  const { summary, content } = toStoredRecording(buildRecording([history]));
  return { summary, content };
}

/** The bundle of the plain workflows (or of a variant of them). */
export async function bundlePlain(file = './workflows.ts'): Promise<string> {
  const workflowsPath = fileURLToPath(new URL(file, import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  return code;
}

const ignore = () => undefined;

/** Each: workflow type, arguments, and what happens to it from outside. */
const SCENARIOS: readonly (readonly [type: string, args: unknown[], drive?: Drive])[] = [
  ['sequential', ['ada']],
  ['parallel', [['a', 'b', 'c', 'd']]],
  ['retried', ['once']],
  ['refused', []],
  ['fails', []],
  ['timers', []],
  ['cancelledTimers', []],
  [
    'signalled',
    [3],
    async (handle) => {
      for (const word of ['one', 'two', 'three']) await handle.signal('poke', word);
    },
  ],
  [
    'updated',
    [],
    async (handle) => {
      await handle.executeUpdate('add', { args: [4] });
      await handle.query('total');
      await handle.executeUpdate('add', { args: [-1] }).catch(ignore);
      await Promise.all([handle.executeUpdate('add', { args: [1] }), handle.executeUpdate('add', { args: [7] })]);
    },
  ],
  ['locals', []],
  ['patchedFlow', []],
  ['activityCancelled', []],
  ['activityCancelledAndWaited', []],
  ['activityTimesOut', []],
  [
    'awaitsCancellation',
    [],
    async (handle) => {
      await handle.cancel();
    },
  ],
  ['parent', []],
  ['attributes', []],
  ['cancelsActivity', []],
  ['cancelsTimer', []],
  ['cancelsChild', []],
  ['chain', [2]],
  ['raced', []],
];

/** Runs every scenario; chains give one history per link. */
export async function recordPlainRuns(address: string, code: string): Promise<RecordedRun[]> {
  return recordRuns(address, { code, activities }, async (client, taskQueue) => {
    const workflowId = `${taskQueue}-target`;
    await client.workflow.start('signalled', { args: [9], taskQueue, workflowId });
    const all = [...SCENARIOS, ['external', [workflowId]] as const];
    return all.map(([type, args, drive]) => ({ type, args, ...(drive && { drive }) }));
  });
}
