/** The owner's side of the embedded database's thread: requests by number, replies as promises. */
import type { Worker } from 'node:worker_threads';
import type { PgliteReply, PgliteRequest } from './pglite-protocol.ts';
import { startThread } from './source-thread.ts';
import type { SqlRow, SqlValue } from './sql.ts';

interface Pending {
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: Error) => void;
}

/** A failure in the thread, with the SQLSTATE or system code that it had there. */
class PgliteError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}

export interface PgliteClient {
  query(sql: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  script(sql: string): Promise<void>;
  listen(channel: string): Promise<void>;
  /** Closes the database and ends the thread. */
  close(): Promise<void>;
}

/** Without `Omit` distributing over the union by itself, the kinds would lose their fields. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/**
 * Opens the database folder in a thread of its own. The thread keeps the process alive only while a request is pending.
 *
 * @param onNotify called with each notification on a channel that {@link PgliteClient.listen} named.
 */
export async function startPglite(
  dataDirectory: string,
  onNotify: (channel: string, payload: string) => void,
): Promise<PgliteClient> {
  const worker = startThread('pglite-thread', import.meta.url, {
    workerData: dataDirectory,
    stdout: true,
    stderr: true,
  });
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let ended: Error | undefined;

  const expectReply = (id: number): Promise<readonly SqlRow[]> => {
    if (ended !== undefined) return Promise.reject(ended);
    worker.ref();
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  };
  const send = (request: WithoutId<PgliteRequest>): Promise<readonly SqlRow[]> => {
    const id = nextId++;
    const reply = expectReply(id);
    worker.postMessage({ ...request, id });
    return reply;
  };
  worker.on('message', (reply: PgliteReply) => {
    if (reply.kind === 'notified') onNotify(reply.channel, reply.payload);
    else settle(worker, pending, reply);
  });
  onceEnded(worker, (error) => {
    ended ??= error;
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  });

  try {
    await expectReply(0);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    query: (sql, params) => send({ kind: 'query', sql, params }),
    script: async (sql) => void (await send({ kind: 'script', sql })),
    listen: async (channel) => void (await send({ kind: 'listen', channel })),
    close: async () => {
      try {
        if (ended === undefined) await send({ kind: 'close' });
      } finally {
        await worker.terminate();
      }
    },
  };
}

function settle(
  worker: Worker,
  pending: Map<number, Pending>,
  reply: Exclude<PgliteReply, { kind: 'notified' }>,
): void {
  const waiting = pending.get(reply.id);
  pending.delete(reply.id);
  if (pending.size === 0) worker.unref();
  if (reply.kind === 'done') waiting?.resolve(reply.rows);
  else waiting?.reject(new PgliteError(reply.failure.message, reply.failure.code));
}

function onceEnded(worker: Worker, end: (error: Error) => void): void {
  worker.on('error', (error) => end(new PgliteError(error.message, '58030')));
  worker.on('exit', () => end(new PgliteError('Connection terminated: the embedded database has ended', undefined)));
}
