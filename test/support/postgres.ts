/**
 * A real PostgreSQL for tests: `TEST_DATABASE_URL` when set, otherwise a throw-away cluster on a free loopback port, made
 * with the binaries that Debian's `postgresql` package installs. There is no third way: without a server, tests fail.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

export interface TestPostgres {
  /** URL of the server's own database, `postgres`. */
  readonly url: string;
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** `kill -9` of the server and all of its processes; databases stay on disk. Only for a cluster of our own. */
  crash(): Promise<void>;
  /** Starts a server that was crashed, on the same port; one that runs stays as it is. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws when PostgreSQL is missing or does not start, with what to install. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return { url: given, ...databasesOf(given), ...notOurs };
  const binaries = await findBinaries();
  const directory = await mkdtemp(join(tmpdir(), 'mission-test-postgres-'));
  const account = await serverAccount();
  await chown(directory, account.uid, account.gid);
  const data = join(directory, 'data');
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    account,
  );
  const found = await startOnFreePort({ binaries, data, directory, account });
  const { plan } = found;
  let server: RunningServer | undefined = found.server;
  return {
    url: plan.url,
    ...databasesOf(plan.url),
    crash: async () => {
      await server?.kill();
      server = undefined;
    },
    restart: async () => {
      server ??= await startServer(plan);
    },
    stop: async () => {
      await server?.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const notOurs = {
  crash: async (): Promise<void> => {
    throw new Error('The server at TEST_DATABASE_URL is not ours to crash: unset it to run this test.');
  },
  restart: async (): Promise<void> => undefined,
  stop: async (): Promise<void> => undefined,
};

function databasesOf(url: string): Pick<TestPostgres, 'createDatabase'> {
  return {
    createDatabase: async () => {
      const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
      await withClient(url, (client) => client.query(`CREATE DATABASE ${name}`));
      const made = new URL(url);
      made.pathname = `/${name}`;
      return made.href;
    },
  };
}

/** One connection, closed afterwards. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function findBinaries(): Promise<string> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? await readdir(debian) : [];
  const newestFirst = versions.map(Number).sort((left, right) => right - left);
  const places = [...newestFirst.map((version) => join(debian, String(version), 'bin')), ...pathFolders()];
  const found = places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
  if (found !== undefined) return found;
  throw new Error(
    'No PostgreSQL server was found. Install it (Debian: apt-get install postgresql) or set TEST_DATABASE_URL.',
  );
}

function pathFolders(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package makes. */
async function serverAccount(): Promise<Account> {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? 0 };
  const [user, group] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number(user.stdout), gid: Number(group.stdout) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No free port on the loopback interface.');
  return address.port;
}

interface ServerPlan {
  readonly binaries: string;
  readonly data: string;
  readonly directory: string;
  readonly port: number;
  readonly account: Account;
  readonly url: string;
}

interface RunningServer {
  /** In order, but without waiting for clients. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const PORTS_TRIED = 3;

/** Somebody may take the port between choice and start: then another is tried. */
async function startOnFreePort(
  place: Omit<ServerPlan, 'port' | 'url'>,
  tries = PORTS_TRIED,
): Promise<{ readonly plan: ServerPlan; readonly server: RunningServer }> {
  const port = await freePort();
  const plan: ServerPlan = { ...place, port, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
  try {
    return { plan, server: await startServer(plan) };
  } catch (error) {
    if (tries === 1) throw error;
    return await startOnFreePort(place, tries - 1);
  }
}

async function startServer(plan: ServerPlan): Promise<RunningServer> {
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${plan.directory}`, 'fsync=off'];
  const flags = ['-D', plan.data, '-p', String(plan.port), ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(join(plan.binaries, 'postgres'), flags, { ...plan.account, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4_000);
  });
  const ended = once(child, 'exit');
  await waitUntilReady(plan.url, () => (child.exitCode === null ? undefined : said));
  return {
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
    kill: async () => {
      // Stopped, it starts no more processes while they are counted. Left alone, they would end in order.
      child.kill('SIGSTOP');
      const others = await childrenOf(child.pid ?? 0);
      child.kill('SIGKILL');
      await ended;
      for (const pid of others) killIfThere(pid);
    },
  };
}

/** Elsewhere than on Linux they are left to end by themselves. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text
    .split(' ')
    .filter((word) => /^\d+$/.test(word))
    .map(Number);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function waitUntilReady(url: string, died: () => string | undefined): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const ready = await withClient(url, (client) => client.query('SELECT 1')).then(
      () => true,
      () => false,
    );
    const said = died();
    if (ready && said === undefined) return;
    if (said !== undefined || Date.now() > deadline)
      throw new Error(`PostgreSQL did not start: ${said ?? 'no answer'}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
