/**
 * The thread that the embedded database runs in: PGlite computes without a pause, and would stop every timer of a thread
 * that it shares. One request at a time, in order.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import type { PgliteFailure, PgliteReply, PgliteRequest } from './pglite-protocol.ts';
import type { SqlRow } from './sql.ts';

const reply = (message: PgliteReply): void => parentPort?.postMessage(message);

/** PGlite reads and writes bytea digit by digit in JavaScript: for histories that is most of the time. */
const opening = PGlite.create({
  dataDir: String(workerData),
  parsers: {
    [types.INT8]: (text: string) => Number(text),
    [types.BYTEA]: (text: string) => new Uint8Array(Buffer.from(text.slice('\\x'.length), 'hex')),
  },
  serializers: { [types.BYTEA]: (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}` },
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

/** Numbers of the WASI error codes that a full or broken disk gives. */
const WASI_ERRNO: Readonly<Record<number, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  22: 'EFBIG',
  29: 'EIO',
  51: 'ENOSPC',
  69: 'EROFS',
};

/** SQLSTATE io_error: what is left to say when the WASM program itself gave up. */
const IO_ERROR = '58030';

/** Failures of SQL and of node's file system have a code. Those of the WASM runtime have none, and often no message. */
function failureOf(error: unknown): PgliteFailure {
  const { name, message, code, errno } = error as Readonly<Record<string, unknown>>;
  if (typeof code === 'string') return { message: String(message), code };
  if (typeof errno === 'number') {
    const known = WASI_ERRNO[errno];
    return { message: `the embedded database stopped (${known ?? `errno ${errno}`})`, code: known ?? IO_ERROR };
  }
  if (error instanceof Error && name !== 'RuntimeError') return { message: error.message };
  const said = [message, name].find((text) => typeof text === 'string') ?? 'no reason given';
  return { message: `the embedded database stopped (${said})`, code: IO_ERROR };
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
