/**
 * What crosses between the host and a candidate is copied: so a candidate holds nothing that others read, and nobody reads what it holds.
 *
 * 1. On the way in, bytes are copies: those of a history lie in one buffer, which any view of it leads to, and are compared with later.
 * 2. On the way out, each member is read once, with no method of the candidate's. Objects, lists, bytes and 64-bit numbers are the host's own; functions and
 *    symbols are left out. What leads back to itself does so in the copy.
 */
import { types } from 'node:util';
import Long from 'long';

/** For a candidate: prototypes stay, as the SDK tells messages by them. */
export function copyInto<Value>(value: Value): Value {
  return copyWith(
    value,
    (source) => (Array.isArray(source) ? [] : Object.create(Object.getPrototypeOf(source))),
    (source) => Long.isLong(source),
  );
}

/** Of a candidate. */
export function copyOutOf<Value>(value: Value): Value {
  return copyWith(
    value,
    (source) => (Array.isArray(source) ? [] : {}),
    () => false,
  );
}

type Holder = Record<PropertyKey, unknown>;

/** @param isShared what stays the same object */
function copyWith<Value>(
  value: Value,
  makeEmpty: (source: object) => object,
  isShared: (source: object) => boolean,
): Value {
  const copies = new Map<object, unknown>();
  const waiting: (readonly [source: Holder, copy: Holder])[] = [];
  const copyOf = (one: unknown): unknown => {
    if (typeof one !== 'object' || one === null || isShared(one)) return one;
    if (copies.has(one)) return copies.get(one);
    const whole = types.isUint8Array(one) ? new Uint8Array(one) : longOf(one);
    const copy = whole ?? makeEmpty(one);
    copies.set(one, copy);
    if (whole === undefined) waiting.push([one as Holder, copy as Holder]);
    return copy;
  };
  const copy = copyOf(value);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [source, target] = next;
    for (const key of Object.keys(source)) {
      const member = source[key];
      if (typeof member !== 'function' && typeof member !== 'symbol') put(target, key, copyOf(member));
    }
  }
  return copy as Value;
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
