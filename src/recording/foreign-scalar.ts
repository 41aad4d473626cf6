/** The scalar values of foreign history JSON in all their spellings. See `foreign-json.ts`, invariant 3. */
import Long from 'long';

/** A place in foreign JSON that holds something else than it should. */
export class ForeignJsonError extends Error {
  override readonly name = 'ForeignJsonError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** `events[2].eventId: expected a number, found "x"`. */
export function expected(path: string, wanted: string, found: unknown): ForeignJsonError {
  return new ForeignJsonError(path, `${path}: expected ${wanted}, found ${show(found)}`);
}

interface SecondsNanos {
  readonly seconds: Long;
  readonly nanos: number;
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)$/i;

export function timestampFrom(value: unknown, path: string): SecondsNanos {
  if (typeof value === 'object' && value !== null) return secondsNanosFrom(value, path);
  const match = typeof value === 'string' ? RFC3339.exec(value) : null;
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[4]?.toUpperCase()}`);
  if (match === null || Number.isNaN(ms)) {
    throw expected(path, 'a time such as 2026-01-31T12:00:00.5Z or { seconds, nanos }', value);
  }
  return { seconds: Long.fromNumber(ms / 1_000), nanos: nanosOf(match[3]) };
}

export function durationFrom(value: unknown, path: string): SecondsNanos {
  if (typeof value === 'object' && value !== null) return secondsNanosFrom(value, path);
  const match = typeof value === 'string' ? /^(-?)(\d{1,12})(?:\.(\d{1,9})\d*)?s$/.exec(value) : null;
  if (match === null) throw expected(path, 'a duration such as 1.5s or { seconds, nanos }', value);
  const sign = match[1] === '-' ? -1 : 1;
  return { seconds: Long.fromNumber(sign * Number(match[2])), nanos: sign * nanosOf(match[3]) };
}

function nanosOf(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(9, '0'));
}

function secondsNanosFrom(value: object, path: string): SecondsNanos {
  const { seconds = 0, nanos = 0 } = value as { seconds?: unknown; nanos?: unknown };
  const wholeNanos = typeof nanos === 'string' ? Number(nanos) : nanos;
  if (typeof wholeNanos !== 'number' || !Number.isInteger(wholeNanos) || Math.abs(wholeNanos) >= 1e9) {
    throw expected(`${path}.nanos`, 'a whole number below 1e9', nanos);
  }
  return { seconds: longFrom(seconds, `${path}.seconds`), nanos: wholeNanos };
}

export function longFrom(value: unknown, path: string): Long {
  if (typeof value === 'number' && Number.isInteger(value)) return Long.fromNumber(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    // Up to fifteen digits a double is exact.
    return value.length < 16 ? Long.fromNumber(Number(value)) : Long.fromString(value);
  }
  if (typeof value === 'object' && value !== null && 'low' in value && 'high' in value) {
    const { low, high } = value;
    if (Number.isInteger(low) && Number.isInteger(high)) return new Long(low as number, high as number);
  }
  throw expected(path, 'a whole number', value);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

export function isBase64(text: string): boolean {
  return BASE64.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
}

export function bytesFrom(value: unknown, path: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && isBase64(value)) return Buffer.from(value, 'base64');
  const list: unknown = typeof value === 'object' && value !== null && 'data' in value ? value.data : value;
  if (Array.isArray(list) && list.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) {
    return Buffer.from(list as number[]);
  }
  throw expected(path, 'base64', value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
