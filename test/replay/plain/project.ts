/** Plain Temporal projects in folders of their own, and runs of theirs on a real server. Nothing in them knows of missions. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { bundleWorkflows, type WorkflowSource } from '../../../src/artifact/bundle-workflows.ts';
import type { History } from '../../../src/recording/recording.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';

const ORDER = `
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import { isCheap } from './rules.js';

interface Activities {
  price(item: string): Promise<number>;
  charge(item: string, amount: number): Promise<string>;
}

const { price, charge } = proxyActivities<Activities>({ startToCloseTimeout: '10s', retry: { maximumAttempts: 2 } });
export const approve = defineSignal('approve');

export async function order(item: string, ask = false) {
  const amount = await price(item);
  let approved = !ask;
  setHandler(approve, () => {
    approved = true;
  });
  await condition(() => approved);
  const receipt = await charge(item, amount);
  return { item, amount, receipt, cheap: isCheap(amount) };
}
`;

/** An ESM project in TypeScript. */
export const ESM_PROJECT: Files = {
  'package.json': '{ "type": "module" }',
  'src/workflows/index.ts': "export { approve, order } from './order.js';\n",
  'src/workflows/order.ts': ORDER,
  'src/workflows/rules.ts': 'export const isCheap = (amount: number): boolean => amount < 100;\n',
};

/** A CommonJS project in JavaScript. */
export const COMMONJS_PROJECT: Files = {
  'package.json': '{}',
  'workflows.js': `
const { proxyActivities } = require('@temporalio/workflow');
const { price, charge } = proxyActivities({ startToCloseTimeout: '10s' });
exports.order = async function order(item) {
  const amount = await price(item);
  return { item, amount, receipt: await charge(item, amount), cheap: amount < 100 };
};
`,
};

export type Files = Readonly<Record<string, string>>;

export interface ScratchProject {
  readonly root: string;
  write(files: Files): Promise<void>;
  remove(): Promise<void>;
}

/** A project in a temporary folder. Its packages are those of this one, if it is to have any. */
export async function makeProject(files: Files, { packages = false } = {}): Promise<ScratchProject> {
  const root = await mkdtemp(join(tmpdir(), 'mission-test-plain-'));
  const write = async (given: Files) => {
    for (const [path, text] of Object.entries(given)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  };
  await write(files);
  if (packages)
    await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(root, 'node_modules'));
  return { root, write, remove: () => rm(root, { recursive: true, force: true }) };
}

const PRICES: Readonly<Record<string, number>> = { pen: 5, chair: 80, desk: 300 };

const activities = {
  price: async (item: string) => PRICES[item] ?? 0,
  charge: async (item: string, amount: number) => `${item} for ${amount}`,
};

export interface Recorded {
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
}

export interface RecordOptions {
  readonly address: string;
  readonly source: WorkflowSource;
  /** `desk?`: asks for approval and gets none, so it stays open. */
  readonly orders: readonly string[];
  readonly dataConverter?: DataConverter;
}

/** Runs orders and fetches their histories. Those without approval are still open. */
export function recordOrders({ orders, ...worker }: RecordOptions): Promise<Recorded[]> {
  return withWorker(worker, (client, taskQueue) => Promise.all(orders.map((name) => runOne(client, taskQueue, name))));
}

/** Hosts a project's workflows for as long as something goes on with them. */
export async function withWorker<Result>(
  { address, source, dataConverter }: Omit<RecordOptions, 'orders'>,
  use: (client: Client, taskQueue: string) => Promise<Result>,
): Promise<Result> {
  quietRuntime();
  const taskQueue = `orders-${crypto.randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, ...(dataConverter && { dataConverter }) });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: await bundleWorkflows(source),
    activities,
    ...(dataConverter && { dataConverter }),
  });
  try {
    return await worker.runUntil(() => use(client, taskQueue));
  } finally {
    await connection.close();
    await native.close();
  }
}

async function runOne(client: Client, taskQueue: string, name: string): Promise<Recorded> {
  const [item, isOpen] = [name.replace('?', ''), name.endsWith('?')];
  const workflowId = `${taskQueue}-${name}`;
  const handle = await client.workflow.start('order', { args: isOpen ? [item, true] : [item], taskQueue, workflowId });
  if (!isOpen) await handle.result();
  let history = await handle.fetchHistory();
  // Open runs wait for approval once their price was answered: it is the second workflow task that does.
  while (isOpen && tasksDone(history) < 2) history = await handle.fetchHistory();
  return { name, workflowId, history };
}

function tasksDone({ events }: History): number {
  return (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes).length;
}
