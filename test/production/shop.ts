/** A shop in production: PostgreSQL and Temporal of its own, worker processes, router processes, and all of them killable. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { type EmbeddedServer, openEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { identifyProcess, isRunning } from '../../src/temporal/process-identity.ts';
import { bundleProcess } from '../support/bundled-process.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { publishShop } from './shop-mission.ts';
import type { RouterOrder, RouterSetup, RouterWord, RunStarted } from './shop-router.ts';

/** Ends as soon as what is waited for is there: a slow machine may need all of it. */
export const WAIT = { timeout: 300_000, interval: 200 };

/** One call of a tool, as the tool wrote it down. */
export interface ToolCall {
  readonly tool: string;
  readonly order: string;
  readonly key: string;
  /** Which version's code it was. */
  readonly by: number;
  readonly pid: number;
}

export class Shop {
  readonly mission: string;
  readonly postgres: TestPostgres;
  readonly databaseUrl: string;
  readonly registry: Registry;
  readonly #directory: string;
  readonly #startRouter: (env: Readonly<Record<string, string>>) => ChildProcess;
  readonly #processes = new Set<ChildProcess>();
  #server: EmbeddedServer;
  readonly #books: Book[] = [];
  #workers: ChildProcess[] = [];
  temporal: TemporalConnection;

  private constructor(parts: Parts) {
    this.mission = parts.mission;
    this.postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    this.registry = parts.registry;
    this.temporal = parts.temporal;
    this.#directory = parts.directory;
    this.#server = parts.server;
    this.#startRouter = parts.startRouter;
  }

  static async open(mission: string): Promise<Shop> {
    const startRouter = await bundleProcess(new URL('shop-router.ts', import.meta.url));
    const directory = await mkdtemp(join(tmpdir(), 'mission-test-shop-'));
    const server = await openEmbeddedServer({ directory: join(directory, 'temporal'), owner: 'process' });
    const temporal = await connectTemporal({ address: server.address, env: {} });
    const postgres = await startPostgres();
    const databaseUrl = await postgres.createDatabase();
    const registry = await openRegistry({ databaseUrl, actor: 'ada' });
    const shop = new Shop({ mission, directory, server, postgres, databaseUrl, registry, temporal, startRouter });
    try {
      await publishShop(registry, mission);
      return shop;
    } catch (error) {
      await shop.close();
      throw error;
    }
  }

  /** Sees to it that so many worker processes live and are ready for both versions; returns them. */
  async staff(count: number): Promise<readonly ChildProcess[]> {
    this.#workers = this.#workers.filter(isAlive);
    while (this.#workers.length < count) this.#workers.push(this.#startWorker());
    await expect.poll(() => this.#readyWorkers(), WAIT).toEqual(expect.arrayContaining(this.#workers.map(pidOf)));
    return this.#workers;
  }

  /** Orders of a test of their own: a folder for its tools, and a prefix of its workflow ids. */
  async openBook(label: string): Promise<Book> {
    // Those of a try that failed would wait in the workers for ever.
    for (const book of this.#books) await book.openGate();
    const folder = await mkdtemp(join(this.#directory, `${label}-`));
    await mkdir(join(folder, 'effects'));
    await writeFile(join(folder, 'calls'), '');
    const book = new Book(folder, `${this.mission}-${folder.slice(folder.lastIndexOf('/') + 1)}`);
    this.#books.push(book);
    return book;
  }

  /** A process that starts runs. */
  async router({ folder, prefix }: Book): Promise<RouterProcess> {
    const { databaseUrl, mission } = this;
    const setup: RouterSetup = { databaseUrl, address: this.#server.address, mission, folder, prefix };
    const child = this.#startRouter({ SHOP_ROUTER: JSON.stringify(setup) });
    this.#processes.add(child);
    const router = new RouterProcess(child);
    await expect.poll(() => router.isReady, WAIT).toBe(true);
    return router;
  }

  /** `kill -9`; returns when the process is gone. */
  async kill(child: ChildProcess): Promise<void> {
    if (!isAlive(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** `kill -9` of the Temporal server; returns when it is gone. */
  async killServer(): Promise<void> {
    const identity = await identifyProcess(this.#server.pid);
    if (identity === undefined) throw new Error('The Temporal server does not run.');
    process.kill(identity.pid, 'SIGKILL');
    await expect.poll(() => isRunning(identity), WAIT).toBe(false);
  }

  /** Starts it again on its data and at its address. */
  async restartServer(): Promise<void> {
    const { address } = this.#server;
    this.#server = await openEmbeddedServer({ directory: join(this.#directory, 'temporal'), owner: 'process' });
    expect(this.#server.address).toBe(address);
    await this.temporal.close();
    this.temporal = await connectTemporal({ address, env: {} });
  }

  async close(): Promise<void> {
    for (const child of this.#processes) await this.kill(child);
    await this.temporal.close();
    await this.registry.close();
    await this.#server.stop();
    await this.postgres.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #startWorker(): ChildProcess {
    const script = fileURLToPath(new URL('shop-worker.ts', import.meta.url));
    const argv = ['--import', 'tsx', script, this.databaseUrl, this.#server.address, this.mission];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#processes.add(child);
    return child;
  }

  async #readyWorkers(): Promise<number[]> {
    const live = await this.registry.workers.live(this.mission);
    const isReady = ({ hosted }: (typeof live)[number]) => hosted.filter(({ state }) => state === 'ready').length === 2;
    return live.filter(isReady).map(({ pid }) => pid);
  }
}

interface Parts {
  readonly mission: string;
  readonly directory: string;
  readonly server: EmbeddedServer;
  readonly postgres: TestPostgres;
  readonly databaseUrl: string;
  readonly registry: Registry;
  readonly temporal: TemporalConnection;
  readonly startRouter: (env: Readonly<Record<string, string>>) => ChildProcess;
}

export function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

export function pidOf({ pid }: ChildProcess): number {
  return pid ?? 0;
}

/** What the tools of a test's orders did. */
export class Book {
  readonly folder: string;
  readonly prefix: string;

  constructor(folder: string, prefix: string) {
    this.folder = folder;
    this.prefix = prefix;
  }

  async calls(): Promise<readonly ToolCall[]> {
    const lines = (await readFile(join(this.folder, 'calls'), 'utf8')).split('\n');
    // The last line may be half written.
    return lines.slice(0, -1).map((line): ToolCall => JSON.parse(line));
  }

  /** Lets steps come to their end. */
  async openGate(): Promise<void> {
    await writeFile(join(this.folder, 'open'), '');
  }
}

/** A router process, as its parent sees it. */
export class RouterProcess {
  readonly child: ChildProcess;
  /** In the order in which they were told. */
  readonly runs: RunStarted[] = [];
  isReady = false;
  isDone = false;
  freshness: string | undefined;

  constructor(child: ChildProcess) {
    this.child = child;
    child.on('message', (word: RouterWord) => this.#hear(word));
  }

  start(from: number, to: number): void {
    this.isDone = false;
    this.#tell({ start: { from, to } });
  }

  askFreshness(): string | undefined {
    this.#tell({ tell: 'freshness' });
    return this.freshness;
  }

  #tell(order: RouterOrder): void {
    this.child.send(order);
  }

  #hear(word: RouterWord): void {
    if (word === 'ready') this.isReady = true;
    else if (word === 'done') this.isDone = true;
    else if ('run' in word) this.runs.push(word.run);
    else this.freshness = word.freshness;
  }
}
