/** The engine for several processes and machines: PostgreSQL through a pool of connections. */
import pg from 'pg';
import { MissionError } from '../shared/errors.ts';
import { Notifications } from './postgres-listen.ts';
import type { SqlEngine, SqlRow, SqlTransaction, SqlValue } from './sql.ts';
import { toRegistryError } from './sql-errors.ts';

const OLDEST_SERVER = 15;

/** Milliseconds. A registry statement takes a few of them; these bound what a sick network or a stuck lock can cost. */
const LIMITS = {
  connectionTimeoutMillis: 10_000,
  idleTimeoutMillis: 30_000,
  statement_timeout: 60_000,
  lock_timeout: 30_000,
  idle_in_transaction_session_timeout: 60_000,
} as const;
/** Statements take a few milliseconds, and PostgreSQL lets in 100 connections unless told otherwise: few for each of many processes. */
const CONNECTIONS = 3;

/** int8 as number: ours are counts and sequence numbers, far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? (text: string) => Number(text) : pg.types.getTypeParser(oid, format),
};

/**
 * Connects, and proves the connection with one query.
 *
 * @throws MissionError `REGISTRY_UNAVAILABLE` with host and port, never the password; `CONFIG_INVALID` when it is no URL.
 */
export async function openPostgres(url: string, options: { readonly readOnly: boolean }): Promise<SqlEngine> {
  const place = placeOf(url);
  const config: pg.PoolConfig = {
    connectionString: url,
    max: CONNECTIONS,
    application_name: 'mission-runtime',
    keepAlive: true,
    types,
    ...LIMITS,
    ...(options.readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
  };
  const pool = new pg.Pool(config);
  // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
  pool.on('error', () => undefined);
  const engine = createEngine(pool, config, place);
  try {
    await checkServer(engine);
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function createEngine(pool: pg.Pool, config: pg.PoolConfig, place: string): SqlEngine {
  const notifications = new Notifications(config);
  let closing: Promise<void> | undefined;
  return {
    kind: 'postgres',
    place,
    query: (sql, params) => named(place, () => rowsOf(pool, sql, params)),
    transaction: (work) => named(place, () => transact(pool, work)),
    listen: async (channel, listener) => {
      const stop = await named(place, () => notifications.listen(channel, listener));
      return async () => stop();
    },
    close: () => {
      closing ??= notifications.close().then(() => pool.end());
      return closing;
    },
  };
}

async function rowsOf(
  client: pg.Pool | pg.PoolClient,
  sql: string,
  params: readonly SqlValue[] = [],
): Promise<readonly SqlRow[]> {
  return (await client.query<SqlRow>(sql, [...params])).rows;
}

async function transact<T>(pool: pg.Pool, work: (session: SqlTransaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks while it is ours also fails the statement under way: that failure is the one reported.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let broken = false;
  try {
    await client.query('BEGIN');
    const result = await work({
      query: (sql, params) => rowsOf(client, sql, params),
      script: async (sql) => void (await client.query(sql)),
    });
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

async function checkServer(engine: SqlEngine): Promise<void> {
  const [row] = await engine.query(`SELECT current_setting('server_version_num')::int4 AS version`);
  const major = Math.floor(Number(row?.['version']) / 10_000);
  if (major >= OLDEST_SERVER) return;
  throw new MissionError('REGISTRY_UNAVAILABLE', `The registry at ${engine.place} is PostgreSQL ${major}.`, {
    remedy: `Use PostgreSQL ${OLDEST_SERVER} or newer.`,
    details: { place: engine.place, version: major },
  });
}

/** Host, port and database of a URL, for people. Pure. */
export function placeOf(url: string): string {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new MissionError('CONFIG_INVALID', 'The database URL is not a PostgreSQL URL.', {
      remedy:
        'Write DATABASE_URL as postgres://user:password@host:5432/database; escape special characters (%40 for @).',
    });
  }
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname);
  return `${host}:${port === '' ? '5432' : port}${pathname === '/' ? '' : pathname}`;
}

async function named<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toRegistryError(error, place);
  }
}
