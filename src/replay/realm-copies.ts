/**
 * What crosses between the host and a candidate is copied: so a candidate holds nothing that others read, and nobody reads what it holds.
 *
 * 1. On the way in, messages become plain objects: their prototypes are those of all others, and nobody may close them, as what is decoded is assigned to
 *    members that they have. Bytes of a history lie in one buffer, which any view of it leads to, and are compared with later.
 * 2. On the way out, each member is read once, with no method of the candidate's. Objects, lists, bytes and 64-bit numbers are the host's own; functions and
 *    symbols are left out.
 */
import { types } from 'node:util';
import Long from 'long';

type Holder = Record<PropertyKey, unknown>;

/** For a candidate. */
export function copyInto<Value>(value: Value): Value {
  return copyOfMessage(value) as Value;
}

function copyOfMessage(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOfMessage);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Long.isLong(value)) return new Long(value.low, value.high, value.unsigned);
  const copy: Holder = { ...value };
  for (const key of Object.keys(copy)) {
    const member = copy[key];
    if (typeof member === 'object') copy[key] = copyOfMessage(member);
  }
  for (const name of defaultsOf(value))
    if (!Object.hasOwn(copy, name)) copy[name] = copyOfMessage((value as Holder)[name]);
  return copy;
}

const knownDefaults = new WeakMap<object, readonly string[]>();

/** What code reads of a message though it is not set: values of fields, and which field of a choice is. */
function defaultsOf(message: object): readonly string[] {
  const prototype = Object.getPrototypeOf(message) as object | null;
  if (prototype === null || prototype === Object.prototype) return [];
  const known = knownDefaults.get(prototype);
  if (known !== undefined) return known;
  const members = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const set = members.filter(([name, { value }]) => name !== '$type' && value !== null && typeof value !== 'function');
  const names = set.map(([name]) => name);
  knownDefaults.set(prototype, names);
  return names;
}

/** Of an object, whatever it holds. */
const HOLDER_BYTES = 16;

/**
 * Of a candidate.
 *
 * @param count told of the bytes that the copy takes, piece by piece. It throws when these are too many, as those are of what leads back to itself
 */
export function copyOutOf<Value>(value: Value, count: (bytes: number) => void): Value {
  const waiting: (readonly [source: Holder, copy: Holder])[] = [];
  const copyOf = (one: unknown): unknown => {
    if (typeof one === 'string') count(one.length);
    if (typeof one !== 'object' || one === null) return one;
    if (types.isUint8Array(one)) return counted(new Uint8Array(one), count);
    count(HOLDER_BYTES);
    const copy = longOf(one) ?? (Array.isArray(one) ? [] : {});
    if (!Long.isLong(copy)) waiting.push([one as Holder, copy as Holder]);
    return copy;
  };
  const copy = copyOf(value);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [source, target] = next;
    for (const key of Object.keys(source)) {
      count(key.length);
      const member = source[key];
      if (typeof member !== 'function' && typeof member !== 'symbol') put(target, key, copyOf(member));
    }
  }
  return copy as Value;
}

function counted(bytes: Uint8Array, count: (bytes: number) => void): Uint8Array {
  count(bytes.length);
  return bytes;
}

/** A member of that name is one, and sets no prototype. */
function put(target: Holder, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A 64-bit number of the code's own bundle. */
function longOf(value: object): Long | undefined {
  if (!('low' in value && 'high' in value && 'unsigned' in value)) return undefined;
  const { low, high, unsigned } = value;
  return typeof low === 'number' && typeof high === 'number' ? new Long(low, high, unsigned === true) : undefined;
}
