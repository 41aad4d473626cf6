/** Records the workflows beside this file on a real server: each workflow as it comes, and once under terms of its own. */
import { Client, Connection, type WorkflowStartOptions } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ReplayInput } from '../../../src/replay/departure.ts';
import type { History } from '../../../src/replay/proto.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';
import { inputOf } from '../missions/lab.ts';

export const HANDING = ['activities', 'children', 'calls', 'links', 'onward'] as const;

/** What a start may say: everything here is handed on by somebody. */
const TERMS = {
  workflowExecutionTimeout: '65s',
  workflowRunTimeout: '55s',
  workflowTaskTimeout: '9s',
  priority: { priorityKey: 1, fairnessKey: 'own' },
  memo: { from: 'client' },
  searchAttributes: { Topic: ['client'] },
} satisfies Partial<WorkflowStartOptions>;

/** By name; those under terms of their own are `<name> under terms`. */
export async function recordHandedOn(address: string, code: string): Promise<ReadonlyMap<string, ReplayInput>> {
  quietRuntime();
  const taskQueue = `handed-on-${crypto.randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const activities = { note: async (text: string) => text };
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: { code }, activities });
  const start = async (type: string, name: string, terms: Partial<WorkflowStartOptions>) => {
    const workflowId = `${taskQueue}-${name}`;
    const handle = await client.workflow.start(type, { ...terms, args: [1], taskQueue, workflowId });
    await handle.result();
    return [name, inputOf(await chainOf(client, workflowId, handle.firstExecutionRunId))] as const;
  };
  try {
    const all = HANDING.flatMap((type) => [
      () => start(type, type, {}),
      () => start(type, `${type} under terms`, TERMS),
    ]);
    return await worker.runUntil(async () => new Map(await Promise.all(all.map((one) => one()))));
  } finally {
    await connection.close();
    await native.close();
  }
}

async function chainOf(client: Client, workflowId: string, firstRunId: string): Promise<History[]> {
  const histories: History[] = [];
  for (let runId: string | undefined = firstRunId; runId; ) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push(history);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return histories;
}
