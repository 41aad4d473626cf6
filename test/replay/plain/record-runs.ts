/** Starts one run of each scenario on a real server, lets happen to it what the scenario says, and reads its histories. */
import { Client, Connection, type WorkflowHandle, type WorkflowStartOptions } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { History } from '../../../src/replay/proto.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';

export interface RecordedRun {
  readonly name: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly history: History;
}

/** What happens to a run from outside. */
export type Drive = (handle: WorkflowHandle, client: Client) => Promise<unknown>;

export interface Scenario {
  /** Default: the type of the workflow. */
  readonly name?: string;
  readonly type: string;
  readonly args?: readonly unknown[];
  readonly options?: Partial<WorkflowStartOptions>;
  /** Sent with the start, in one request. */
  readonly signal?: readonly [name: string, ...args: unknown[]];
  readonly drive?: Drive;
}

/** What a worker needs to know to run them. */
export interface Stage {
  readonly code: string;
  readonly activities: object;
}

const ignore = () => undefined;

/**
 * Runs scenarios side by side; chains give one history per link.
 *
 * @param scenariosOf - given a client and the task queue of the worker, which runs already
 */
export async function recordRuns(
  address: string,
  { code, activities }: Stage,
  scenariosOf: (client: Client, taskQueue: string) => Promise<readonly Scenario[]>,
): Promise<RecordedRun[]> {
  quietRuntime();
  const taskQueue = `plain-${crypto.randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: { code }, activities });
  try {
    return await worker.runUntil(async () => {
      const scenarios = await scenariosOf(client, taskQueue);
      const runs = await Promise.all(scenarios.map((scenario) => recordOne(client, taskQueue, scenario)));
      return runs.flat();
    });
  } finally {
    await connection.close();
    await native.close();
  }
}

async function recordOne(client: Client, taskQueue: string, scenario: Scenario): Promise<RecordedRun[]> {
  const { type, name = type, drive } = scenario;
  const workflowId = `${taskQueue}-${name}`;
  const { handle, firstRunId } = await begin(client, scenario, { taskQueue, workflowId });
  await drive?.(handle, client);
  await handle.result().catch(ignore);
  const runs: RecordedRun[] = [];
  let runId: string | undefined = firstRunId;
  while (runId) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push({ name: runs.length === 0 ? name : `${name} (link ${runs.length + 1})`, workflowId, runId, history });
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}

async function begin(
  client: Client,
  { type, args = [], options, signal }: Scenario,
  where: { readonly taskQueue: string; readonly workflowId: string },
): Promise<{ readonly handle: WorkflowHandle; readonly firstRunId: string }> {
  const start = { args: [...args], ...where, ...options };
  if (signal === undefined) {
    const handle = await client.workflow.start(type, start);
    return { handle, firstRunId: handle.firstExecutionRunId };
  }
  const [name, ...signalArgs] = signal;
  const handle = await client.workflow.signalWithStart(type, { ...start, signal: name, signalArgs });
  return { handle, firstRunId: handle.signaledRunId };
}
