/** Waiting until a Temporal server that was just started serves its namespace. */

import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { isListening, LOOPBACK } from './free-port.ts';

const RETRY_MS = 50;
const CALL_TIMEOUT_MS = 2_000;

/** Returns true once the server answers for the namespace, false when it was given up. */
export async function awaitServer(port: number, namespace: string, giveUp: AbortSignal): Promise<boolean> {
  while (!giveUp.aborted) {
    if ((await isListening(port)) && (await serves(port, namespace))) return true;
    await delay(RETRY_MS);
  }
  return false;
}

async function serves(port: number, namespace: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address: `${LOOPBACK}:${port}`, connectTimeout: CALL_TIMEOUT_MS });
    const opened = connection;
    await opened.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      opened.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
