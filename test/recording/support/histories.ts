/** Real histories, made once per test file by a worker on the test server. */
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import { activities } from './activities.ts';

export const WORKFLOWS_PATH = fileURLToPath(new URL('../workflows/plain.ts', import.meta.url));

export interface Bench {
  readonly client: Client;
  readonly taskQueue: string;
  readonly address: string;
  close(): Promise<void>;
}

/** A client and a running worker on a task queue of its own. */
export async function openBench(name: string): Promise<Bench> {
  const address = inject('temporalAddress');
  const taskQueue = `${name}-${process.pid}-${Date.now()}`;
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection: native, taskQueue, workflowsPath: WORKFLOWS_PATH, activities });
  const running = worker.run();
  return {
    client: new Client({ connection }),
    taskQueue,
    address,
    close: async () => {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}
