/** What a failed statement or connection means to the caller: SQLSTATE and system codes to the table of error codes. Pure. */
import { type ErrorCode, isMissionError, MissionError, messageOf } from '../shared/errors.ts';

/** The SQLSTATE that our own triggers raise (`migrations/0001-audit.ts`). */
export const IMMUTABLE_SQLSTATE = 'MR001';

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
  readonly remedy: string;
}

const IMMUTABLE: Meaning = {
  code: 'IMMUTABLE',
  says: 'refused to change what is immutable',
  remedy: 'Publish a new version, or set a new route revision: what is stored is never edited.',
};
const READ_ONLY: Meaning = {
  code: 'IMMUTABLE',
  says: 'is open for reading only',
  remedy: 'Open it without readOnly, or connect to the primary server instead of a replica.',
};
const UNAVAILABLE: Meaning = {
  code: 'REGISTRY_UNAVAILABLE',
  says: 'cannot be reached',
  remedy: 'Check that PostgreSQL runs there, that the network lets you through, and that DATABASE_URL is right.',
};
const REFUSED: Meaning = {
  code: 'REGISTRY_UNAVAILABLE',
  says: 'refuses the connection',
  remedy: 'Check the user, the password and the database name in DATABASE_URL, and what that user may do.',
};
const FULL: Meaning = {
  code: 'REGISTRY_UNAVAILABLE',
  says: 'has no connection left',
  remedy:
    'Try again. If it lasts, raise max_connections of PostgreSQL: each of our processes takes up to 3, and one more while it watches routes.',
};
const BUSY: Meaning = {
  code: 'REGISTRY_UNAVAILABLE',
  says: 'did not answer in time',
  remedy: 'Try again. If it lasts, look for a long transaction or a lock in the database.',
};
const WRITE_FAILED: Meaning = {
  code: 'REGISTRY_WRITE_FAILED',
  says: 'could not write',
  remedy: 'Nothing was stored. Free disk space or repair the storage there, then run the same command again.',
};
const INPUT_INVALID: Meaning = {
  code: 'INPUT_INVALID',
  says: 'cannot store a value',
  remedy: 'Look for a NUL character, a number out of range, or a reference to something that is not stored.',
};
const INTERNAL: Meaning = {
  code: 'INTERNAL',
  says: 'failed',
  remedy: 'This is a fault of mission-runtime or of the database: please report it with this message.',
};

/** Longest prefix wins; prefixes are SQLSTATEs, their classes, or system error codes. */
const MEANINGS: readonly (readonly [string, Meaning])[] = [
  [IMMUTABLE_SQLSTATE, IMMUTABLE],
  ['25006', READ_ONLY],
  ['08', UNAVAILABLE],
  ['57P', UNAVAILABLE],
  ['ECONN', UNAVAILABLE],
  ['EHOSTUNREACH', UNAVAILABLE],
  ['ENETUNREACH', UNAVAILABLE],
  ['ENOTFOUND', UNAVAILABLE],
  ['EAI_AGAIN', UNAVAILABLE],
  ['ETIMEDOUT', UNAVAILABLE],
  ['EPIPE', UNAVAILABLE],
  ['ENOENT', UNAVAILABLE],
  ['28', REFUSED],
  ['3D', REFUSED],
  ['42501', REFUSED],
  ['53300', FULL],
  ['57014', BUSY],
  ['55P03', BUSY],
  ['25P03', BUSY],
  ['40001', BUSY],
  ['40P01', BUSY],
  ['53', WRITE_FAILED],
  ['54', WRITE_FAILED],
  ['58', WRITE_FAILED],
  ['ENOSPC', WRITE_FAILED],
  ['EDQUOT', WRITE_FAILED],
  ['EFBIG', WRITE_FAILED],
  ['EIO', WRITE_FAILED],
  ['EROFS', WRITE_FAILED],
  ['ENOTDIR', WRITE_FAILED],
  ['EEXIST', WRITE_FAILED],
  ['EACCES', WRITE_FAILED],
  ['EPERM', WRITE_FAILED],
  ['22', INPUT_INVALID],
  ['23', INPUT_INVALID],
];

/** What `pg` and its pool say without a code when a connection ends or cannot be made. */
const CONNECTION_MESSAGE =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable/i;

/** A file that may not grow: PostgreSQL has no SQLSTATE for it. */
const FILE_LIMIT_MESSAGE = /file too large/i;

/**
 * The {@link MissionError} for whatever a database call threw; a MissionError stays as it is.
 *
 * @param place host, port and database, or the folder: never with a password.
 */
export function toRegistryError(error: unknown, place: string): MissionError {
  if (isMissionError(error)) return error;
  const sqlState = codeOf(error);
  const meaning = meaningOf(sqlState, messageOf(error));
  const message = messageOf(error);
  return new MissionError(
    meaning.code,
    `The registry at ${place} ${meaning.says}${message === '' ? '' : `: ${message}`}.`,
    {
      remedy: meaning.remedy,
      details: { place, ...(sqlState === undefined ? {} : { cause: sqlState }) },
      cause: error,
    },
  );
}

function meaningOf(code: string | undefined, message: string): Meaning {
  const matches = MEANINGS.filter(([prefix]) => code?.startsWith(prefix) === true);
  const best = matches.reduce<readonly [string, Meaning] | undefined>(
    (longest, match) => (longest === undefined || match[0].length > longest[0].length ? match : longest),
    undefined,
  );
  if (best !== undefined) return best[1];
  if (FILE_LIMIT_MESSAGE.test(message)) return WRITE_FAILED;
  return CONNECTION_MESSAGE.test(message) ? UNAVAILABLE : INTERNAL;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
