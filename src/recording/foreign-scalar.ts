/** The scalar values of foreign history JSON in all their spellings. See `foreign-json.ts`, invariant 3. */
import Long from 'long';

/** A place in foreign JSON that holds something else than it should. */
export class ForeignJsonError extends Error {
  override readonly name = 'ForeignJsonError';
  /** From the value that was read, empty for itself: `.events[2].eventId`. */
  readonly path: string;
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

/** `expected a number, found "x"`: at the value itself. Whoever holds the value says where that is, with {@link placed}: paths are made for errors alone. */
export function expected(wanted: string, found: unknown): ForeignJsonError {
  return new ForeignJsonError('', `expected ${wanted}, found ${show(found)}`);
}

/** What was thrown within a value, by its place in what holds that. */
export function placed(place: string, error: unknown): unknown {
  return error instanceof ForeignJsonError ? new ForeignJsonError(place + error.path, error.problem) : error;
}

interface SecondsNanos {
  readonly seconds: Long;
  readonly nanos: number;
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)$/i;

export function timestampFrom(value: unknown): SecondsNanos {
  if (typeof value === 'object' && value !== null) return secondsNanosFrom(value);
  const match = typeof value === 'string' ? RFC3339.exec(value) : null;
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[4]?.toUpperCase()}`);
  if (match === null || Number.isNaN(ms)) {
    throw expected('a time such as 2026-01-31T12:00:00.5Z or { seconds, nanos }', value);
  }
  return { seconds: Long.fromNumber(ms / 1_000), nanos: nanosOf(match[3]) };
}

export function durationFrom(value: unknown): SecondsNanos {
  if (typeof value === 'object' && value !== null) return secondsNanosFrom(value);
  const match = typeof value === 'string' ? /^(-?)(\d{1,12})(?:\.(\d{1,9})\d*)?s$/.exec(value) : null;
  if (match === null) throw expected('a duration such as 1.5s or { seconds, nanos }', value);
  const sign = match[1] === '-' ? -1 : 1;
  return { seconds: Long.fromNumber(sign * Number(match[2])), nanos: sign * nanosOf(match[3]) };
}

function nanosOf(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(9, '0'));
}

function secondsNanosFrom(value: object): SecondsNanos {
  const { seconds = 0, nanos = 0 } = value as { seconds?: unknown; nanos?: unknown };
  const wholeNanos = typeof nanos === 'string' ? Number(nanos) : nanos;
  if (typeof wholeNanos !== 'number' || !Number.isInteger(wholeNanos) || Math.abs(wholeNanos) >= 1e9) {
    throw placed('.nanos', expected('a whole number below 1e9', nanos));
  }
  try {
    return { seconds: longFrom(seconds), nanos: wholeNanos };
  } catch (error) {
    throw placed('.seconds', error);
  }
}

export function longFrom(value: unknown): Long {
  if (typeof value === 'number' && Number.isInteger(value)) return Long.fromNumber(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    // Up to fifteen digits a double is exact.
    return value.length < 16 ? Long.fromNumber(Number(value)) : Long.fromString(value);
  }
  if (typeof value === 'object' && value !== null && 'low' in value && 'high' in value) {
    const { low, high } = value;
    if (Number.isInteger(low) && Number.isInteger(high)) return new Long(low as number, high as number);
  }
  throw expected('a whole number', value);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

export function isBase64(text: string): boolean {
  return BASE64.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
}

export function bytesFrom(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && isBase64(value)) return Buffer.from(value, 'base64');
  const list: unknown = typeof value === 'object' && value !== null && 'data' in value ? value.data : value;
  if (Array.isArray(list) && list.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) {
    return Buffer.from(list as number[]);
  }
  throw expected('base64', value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
