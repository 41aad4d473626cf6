/** The embedded engine: PGlite in a thread, in a folder that one process at a time may own. */
import { join } from 'node:path';
import { lockDirectory } from './directory-lock.ts';
import { ensureDataDirectory } from './embedded-directory.ts';
import { type PgliteClient, startPglite } from './pglite-client.ts';
import type { SqlEngine, SqlTransaction } from './sql.ts';
import { toRegistryError } from './sql-errors.ts';

type Listener = (payload: string | undefined) => void;

/**
 * Opens the folder, and creates the database in it when there is none.
 *
 * @throws MissionError `REGISTRY_LOCKED` when another process owns it, `REGISTRY_WRITE_FAILED` when it cannot be written.
 */
export async function openPglite(
  directory: string,
  options: { readonly readOnly: boolean; readonly now: Date },
): Promise<SqlEngine> {
  const release = await named(directory, () => lockDirectory(directory, options.now));
  const listeners = new Map<string, Set<Listener>>();
  try {
    return await named(directory, async () => {
      await ensureDataDirectory(directory);
      const client = await startPglite(join(directory, 'data'), (channel, payload) => {
        for (const listener of listeners.get(channel) ?? []) listener(payload);
      });
      if (options.readOnly) await client.script('SET default_transaction_read_only = on');
      return createEngine({ directory, client, listeners, release });
    });
  } catch (error) {
    await release();
    throw error;
  }
}

interface Parts {
  readonly directory: string;
  readonly client: PgliteClient;
  readonly listeners: Map<string, Set<Listener>>;
  readonly release: () => Promise<void>;
}

function createEngine({ directory, client, listeners, release }: Parts): SqlEngine {
  const inTurn = createQueue();
  const session = sessionOf(client);
  let closing: Promise<void> | undefined;
  return {
    kind: 'pglite',
    place: directory,
    query: (sql, params = []) => named(directory, () => inTurn(() => client.query(sql, params))),
    transaction: (work) => named(directory, () => inTurn(() => transact(client, () => work(session)))),
    listen: async (channel, listener) => {
      const known = listeners.get(channel);
      listeners.set(channel, (known ?? new Set()).add(listener));
      if (known === undefined) await named(directory, () => inTurn(() => client.listen(channel)));
      return async () => void listeners.get(channel)?.delete(listener);
    },
    close: () => {
      closing ??= closeAndRelease(() => named(directory, () => inTurn(() => client.close())), release);
      return closing;
    },
  };
}

async function closeAndRelease(close: () => Promise<void>, release: () => Promise<void>): Promise<void> {
  try {
    await close();
  } finally {
    await release();
  }
}

function sessionOf(client: PgliteClient): SqlTransaction {
  return { query: (sql, params = []) => client.query(sql, params), script: (sql) => client.script(sql) };
}

/** PGlite has one connection: what belongs to a transaction must not mix with anything else. */
async function transact<T>(client: PgliteClient, work: () => Promise<T>): Promise<T> {
  await client.script('BEGIN');
  try {
    const result = await work();
    await client.script('COMMIT');
    return result;
  } catch (error) {
    await client.script('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

async function named<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toRegistryError(error, directory);
  }
}
