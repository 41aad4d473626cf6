/**
 * The thread that the embedded database runs in: PGlite computes without a pause, and would stop every timer of a thread
 * that it shares. One request at a time, in order.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import type { PgliteFailure, PgliteReply, PgliteRequest } from './pglite-protocol.ts';
import type { SqlRow } from './sql.ts';

const reply = (message: PgliteReply): void => parentPort?.postMessage(message);

const opening = PGlite.create({
  dataDir: String(workerData),
  parsers: { [types.INT8]: (text: string) => Number(text) },
});

async function serve(request: PgliteRequest): Promise<readonly SqlRow[]> {
  const database = await opening;
  switch (request.kind) {
    case 'query':
      return (await database.query<SqlRow>(request.sql, [...request.params])).rows;
    case 'script':
      await database.exec(request.sql);
      return [];
    case 'listen':
      await database.listen(request.channel, (payload) =>
        reply({ kind: 'notified', channel: request.channel, payload }),
      );
      return [];
    case 'close':
      await database.close();
      return [];
  }
}

function failureOf(error: unknown): PgliteFailure {
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  return { message: String(message ?? error), ...(typeof code === 'string' ? { code } : {}) };
}

async function answer(id: number, work: Promise<readonly SqlRow[]>): Promise<void> {
  try {
    reply({ kind: 'done', id, rows: await work });
  } catch (error) {
    reply({ kind: 'failed', id, failure: failureOf(error) });
  }
}

let last = answer(
  0,
  opening.then(() => []),
);
parentPort?.on('message', (request: PgliteRequest) => {
  last = last.then(() => answer(request.id, serve(request)));
});
