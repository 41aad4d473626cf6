/** Records one run of each plain workflow on a real server: the histories that the replay tests are made of. */

import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { buildRecording, toStoredRecording } from '../../../src/recording/build-recording.ts';
import type { History } from '../../../src/replay/proto.ts';
import type { ReplaySource } from '../../../src/replay/replay-cohort.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';

export interface RecordedRun {
  readonly name: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly history: History;
}

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

type Drive = (handle: WorkflowHandle) => Promise<unknown>;

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
  quietRuntime();
  const taskQueue = `plain-${crypto.randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: { code }, activities });
  try {
    return await worker.runUntil(async () => {
      const target = await client.workflow.start('signalled', {
        args: [9],
        taskQueue,
        workflowId: `${taskQueue}-target`,
      });
      const all = [...SCENARIOS, ['external', [target.workflowId]] as (typeof SCENARIOS)[number]];
      const runs = await Promise.all(all.map(([type, args, drive]) => recordOne(client, taskQueue, type, args, drive)));
      return runs.flat();
    });
  } finally {
    await connection.close();
    await native.close();
  }
}

async function recordOne(
  client: Client,
  taskQueue: string,
  type: string,
  args: unknown[],
  drive?: Drive,
): Promise<RecordedRun[]> {
  const workflowId = `${taskQueue}-${type}`;
  const handle = await client.workflow.start(type, { args, taskQueue, workflowId });
  await drive?.(handle);
  await handle.result().catch(ignore);
  const runs: RecordedRun[] = [];
  let runId: string | undefined = handle.firstExecutionRunId;
  while (runId) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push({ name: runs.length === 0 ? type : `${type} (link ${runs.length + 1})`, workflowId, runId, history });
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}
