/** LISTEN on a connection of its own, made again whenever it is lost. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const RETRY_MS = 1_000;

type Listener = (payload: string | undefined) => void;

interface Connection {
  /** Resolves when the connection has ended, for whatever reason. */
  readonly lost: Promise<void>;
  end(): Promise<void>;
}

/**
 * Listens until stopped. After a lost connection is back, `listener` gets `undefined`: something may have been missed.
 *
 * @throws what `pg` throws, when the first connection cannot be made.
 */
export async function listenOn(
  config: pg.ClientConfig,
  channel: string,
  listener: Listener,
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  let connection = await connect(config, channel, listener);
  const keepListening = async (): Promise<void> => {
    for (;;) {
      await connection.lost;
      const next = await reconnect(() => connect(config, channel, listener), stopping.signal);
      if (next === undefined) return;
      connection = next;
      listener(undefined);
    }
  };
  const done = keepListening();
  return async () => {
    stopping.abort();
    await connection.end();
    await done;
    await connection.end();
  };
}

async function connect(config: pg.ClientConfig, channel: string, listener: Listener): Promise<Connection> {
  const client = new pg.Client(config);
  const lost = new Promise<void>((resolve) => {
    client.on('error', () => resolve());
    client.on('end', () => resolve());
  });
  client.on('notification', (notification) => listener(notification.payload ?? ''));
  try {
    await client.connect();
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return { lost, end: () => client.end().catch(() => undefined) };
}

/** Tries until it succeeds; `undefined` when stopped. */
async function reconnect(attempt: () => Promise<Connection>, stop: AbortSignal): Promise<Connection | undefined> {
  while (!stop.aborted) {
    const connection = await attempt().catch(() => undefined);
    if (connection !== undefined) return connection;
    await delay(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  return undefined;
}
