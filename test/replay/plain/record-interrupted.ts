/** Records the workflows of `interrupted.ts` on a real server, with what happens to their runs. */
import { Context } from '@temporalio/activity';
import { Client, Connection, WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import Long from 'long';
import { successorOf } from '../../../src/recording/chain.ts';
import { type HistoryEvent, toNumber, WorkflowTaskFailedCause } from '../../../src/replay/proto.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';
import { once } from './once.ts';
import type { RecordedRun } from './record-runs.ts';

const activities = {
  greet: async (name: string) => `hello ${name}`,
  /** Longer than the workflow task of the runs that call it. */
  async dawdle() {
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    return 'slow';
  },
  async resume() {
    const { heartbeatDetails } = Context.current().info;
    if (heartbeatDetails !== undefined) return `from ${heartbeatDetails}`;
    Context.current().heartbeat('half');
    throw new Error('interrupted');
  },
  async stall() {
    Context.current().heartbeat('still here');
    await Context.current().sleep(5_000);
    return 'too late';
  },
};

const taskCompleted = (event: HistoryEvent) => event.workflowTaskCompletedEventAttributes;
const taskTimedOut = (event: HistoryEvent) => event.workflowTaskTimedOutEventAttributes;

class Studio {
  readonly client: Client;
  readonly prefix: string;
  readonly #native: NativeConnection;
  readonly #code: string;

  constructor(client: Client, native: NativeConnection, code: string) {
    this.client = client;
    this.#native = native;
    this.#code = code;
    this.prefix = `interrupted-${crypto.randomUUID()}`;
  }

  /** Of one scenario: what is wanted of its worker is nothing to the others. */
  queueOf(name: string): string {
    return `${this.prefix}-${name}`;
  }

  /** A worker that is gone when the work is done. */
  async withWorker<Done>(taskQueue: string, work: () => Promise<Done>): Promise<Done> {
    const workflowBundle = { code: this.#code };
    const options = { connection: this.#native, taskQueue, activities, workflowBundle };
    const worker = await Worker.create({ ...options, stickyQueueScheduleToStartTimeout: '1s' });
    return worker.runUntil(work);
  }

  async begin(type: string, taskQueue: string, more: object = {}): Promise<WorkflowHandle> {
    const workflowId = `${this.prefix}-${type}-${crypto.randomUUID()}`;
    return this.client.workflow.start(type, { args: [], taskQueue, workflowId, ...more });
  }

  /** Takes the next workflow task from a queue that no worker serves. Whoever does nothing with it has lost it. */
  async takeTask(taskQueue: string): Promise<Uint8Array> {
    const request = { namespace: 'default', taskQueue: { name: taskQueue }, identity: 'nobody' };
    for (let tries = 0; tries < 3; tries += 1) {
      const { taskToken } = await this.client.withDeadline(Date.now() + 60_000, () =>
        this.client.workflowService.pollWorkflowTaskQueue(request),
      );
      if (taskToken.length > 0) return taskToken;
    }
    throw new Error(`There was no workflow task on ${taskQueue}.`);
  }

  async read(name: string, workflowId: string, runId: string): Promise<RecordedRun> {
    await this.client.workflow.result(workflowId, runId, { followRuns: false }).catch(() => undefined);
    const history = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
    return { name, workflowId, runId, history };
  }
}

type Scenario = (studio: Studio, taskQueue: string) => Promise<RecordedRun[]>;

/** The runs of one workflow, each of which the server began after the one before. */
async function successive(studio: Studio, name: string, workflowId: string, first: string, count: number) {
  const runs: RecordedRun[] = [];
  let runId: string | undefined = first;
  while (runId !== undefined && runs.length < count) {
    const run: RecordedRun = await studio.read(`${name}, run ${runs.length + 1}`, workflowId, runId);
    runs.push(run);
    runId = successorOf(run.history)?.runId;
  }
  return runs;
}

const recurring: Scenario = async (studio, taskQueue) => {
  const { workflowId, firstExecutionRunId } = await studio.client.workflow.start('recurring', {
    taskQueue,
    workflowId: taskQueue,
    cronSchedule: '@every 1s',
  });
  const runs = await studio.withWorker(taskQueue, () =>
    successive(studio, 'recurring', workflowId, firstExecutionRunId, 3),
  );
  await studio.client.workflow.getHandle(workflowId).terminate('it was recorded');
  return runs;
};

const struggling: Scenario = async (studio, taskQueue) => {
  const { workflowId, firstExecutionRunId } = await studio.client.workflow.start('struggling', {
    taskQueue,
    workflowId: taskQueue,
    retry: { initialInterval: 100, maximumAttempts: 3 },
  });
  return studio.withWorker(taskQueue, () => successive(studio, 'struggling', workflowId, firstExecutionRunId, 3));
};

/** Reset to its second task: what came later comes again, before the code that waits for it. */
const redone: Scenario = async (studio, taskQueue) => {
  const { client } = studio;
  const handle = await client.workflow.start('redone', { taskQueue, workflowId: taskQueue });
  const { workflowId, firstExecutionRunId } = handle;
  return studio.withWorker(taskQueue, async () => {
    const { eventId } = await once(taskCompleted, 2)(handle);
    await handle.signal('word', 'news');
    await handle.executeUpdate('put', { args: [4] });
    const before = await studio.read('redone', workflowId, firstExecutionRunId);
    const { runId } = await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId: firstExecutionRunId },
      workflowTaskFinishEventId: Long.fromNumber(toNumber(eventId)),
      reason: 'to see it done again',
      requestId: crypto.randomUUID(),
    });
    return [before, await studio.read('redone, reset', workflowId, runId)];
  });
};

/** A worker whose code throws fails the task and keeps silent on its next attempts; this one is replaced before those. */
const mended: Scenario = async (studio, taskQueue) => {
  const handle = await studio.begin('mended', taskQueue);
  await studio.client.workflowService.respondWorkflowTaskFailed({
    namespace: 'default',
    taskToken: await studio.takeTask(taskQueue),
    cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
    failure: { message: 'a mistake', applicationFailureInfo: { type: 'Error' } },
  });
  return studio.withWorker(taskQueue, () => readOne(studio, 'mended', handle));
};

const lost: Scenario = async (studio, taskQueue) => {
  const handle = await studio.begin('lost', taskQueue, { workflowTaskTimeout: '1s' });
  await studio.takeTask(taskQueue);
  await once(taskTimedOut)(handle);
  await studio.withWorker(taskQueue, () => once(taskCompleted, 2)(handle));
  await handle.signal('word', 'found');
  await studio.takeTask(taskQueue);
  await once(taskTimedOut, 2)(handle);
  return studio.withWorker(taskQueue, () => readOne(studio, 'lost', handle));
};

const patient: Scenario = async (studio, taskQueue) => {
  const terms = { workflowTaskTimeout: '3s' };
  return studio.withWorker(taskQueue, async () => {
    const runs = [false, true].map(async (begun) => {
      const handle = await studio.begin('patient', taskQueue, { ...terms, args: [begun] });
      // The task of the first step, and the one that only asks for more time.
      await once(taskCompleted, begun ? 2 : 1)(handle);
      await handle.signal('word', 'meanwhile');
      return readOne(studio, begun ? 'patient, begun' : 'patient', handle);
    });
    return (await Promise.all(runs)).flat();
  });
};

/** The server takes the start and the update at once. */
const beforehand: Scenario = async (studio, taskQueue) => {
  const startWorkflowOperation = new WithStartWorkflowOperation('beforehand', {
    taskQueue,
    workflowId: taskQueue,
    workflowIdConflictPolicy: 'FAIL',
  });
  return studio.withWorker(taskQueue, async () => {
    await studio.client.workflow.executeUpdateWithStart('put', { args: [7], startWorkflowOperation });
    return readOne(studio, 'beforehand', await startWorkflowOperation.workflowHandle());
  });
};

const beating: Scenario = async (studio, taskQueue) => {
  const handle = await studio.begin('beating', taskQueue);
  return studio.withWorker(taskQueue, () => readOne(studio, 'beating', handle));
};

async function readOne(studio: Studio, name: string, handle: WorkflowHandle): Promise<RecordedRun[]> {
  const { runId } = await handle.describe();
  return [await studio.read(name, handle.workflowId, runId)];
}

const SCENARIOS = { recurring, struggling, redone, mended, lost, patient, beforehand, beating };

/** Runs every scenario; each run is a recording of its own. */
export async function recordInterruptedRuns(address: string, code: string): Promise<RecordedRun[]> {
  quietRuntime();
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const studio = new Studio(new Client({ connection }), native, code);
  try {
    const runs = Object.entries(SCENARIOS).map(([name, scenario]) => scenario(studio, studio.queueOf(name)));
    return (await Promise.all(runs)).flat();
  } finally {
    await connection.close();
    await native.close();
  }
}
