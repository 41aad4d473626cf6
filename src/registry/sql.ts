/** The one door to a database: what both engines (PostgreSQL, embedded PGlite) give, and nothing that only one of them has. */

export type SqlValue = string | number | boolean | null | Date | Uint8Array | readonly string[];

/** A row as both engines give it: int8 as number, timestamptz as Date, bytea as Uint8Array. Each noun decodes its own. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** One connection, inside a transaction or not. */
export interface SqlSession {
  /** Runs one statement with `$1`, `$2`, … and returns its rows. */
  query(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

/** A session that can also run several statements at once, without parameters: what a migration needs. */
export interface SqlTransaction extends SqlSession {
  script(sql: string): Promise<void>;
}

/** Where a noun reads and writes: the engine itself, or a transaction that is already under way. */
export interface SqlAccess extends SqlSession {
  /** Runs `work` in one transaction: all of it is stored, or none. Already inside one, `work` joins it. */
  transaction<T>(work: (session: SqlTransaction) => Promise<T>): Promise<T>;
}

/** A database. Two implementations: `postgres.ts`, `pglite.ts`. */
export interface SqlEngine extends SqlAccess {
  readonly kind: 'postgres' | 'pglite';
  /** Where it is, for messages: host, port and database, or a folder. Never a password. */
  readonly place: string;
  /**
   * Calls `listener` with the payload of each notification on `channel`, and with `undefined` after a lost connection came
   * back: notifications may have been missed then.
   *
   * @returns a function that stops listening.
   */
  listen(channel: string, listener: (payload: string | undefined) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** The access of work that joins the transaction of `session`. */
export function insideTransaction(session: SqlTransaction): SqlAccess {
  return {
    query: (sql, params) => session.query(sql, params),
    transaction: (work) => work(session),
  };
}
