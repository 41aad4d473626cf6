/**
 * Notifications of a database, on one connection for the whole process: made when it is first needed, and again whenever it is
 * lost. Processes are many and connections few, so channels share it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const RETRY_MS = 1_000;

/** Gets the payload; `undefined` after a lost connection is back: something may have been missed. */
type Listener = (payload: string | undefined) => void;

export class Notifications {
  readonly #config: pg.ClientConfig;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #closing = new AbortController();
  #connection: Promise<pg.Client> | undefined;
  #isLost = false;
  #restoring: Promise<void> = Promise.resolve();

  constructor(config: pg.ClientConfig) {
    this.#config = config;
  }

  /**
   * @returns a function that stops it
   * @throws what `pg` throws, when there is no connection and none can be made.
   */
  async listen(channel: string, listener: Listener): Promise<() => void> {
    const group = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, group.add(listener));
    try {
      if (this.#isLost) throw new Error('Connection terminated; it is being made again');
      this.#connection ??= this.#connect();
      await listenTo(await this.#connection, channel);
    } catch (error) {
      group.delete(listener);
      throw error;
    }
    return () => void group.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#restoring;
    const client = await this.#connection?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    client.on('notification', ({ channel, payload }) => this.#tell(channel, payload ?? ''));
    try {
      await client.connect();
      for (const channel of this.#listeners.keys()) await listenTo(client, channel);
    } catch (error) {
      this.#connection = undefined;
      await client.end().catch(() => undefined);
      throw error;
    }
    void lost.then(() => this.#onLost());
    return client;
  }

  #onLost(): void {
    if (this.#closing.signal.aborted) return;
    this.#isLost = true;
    this.#restoring = this.#restoring.then(() => this.#restore());
  }

  /** Tries until it succeeds, or is stopped. */
  async #restore(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const client = await this.#connect().catch(() => undefined);
      if (client !== undefined) {
        this.#connection = Promise.resolve(client);
        this.#isLost = false;
        for (const channel of this.#listeners.keys()) this.#tell(channel, undefined);
        return;
      }
      await delay(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  #tell(channel: string, payload: string | undefined): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(payload);
  }
}

async function listenTo(client: pg.Client, channel: string): Promise<void> {
  await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
}
