/**
 * What crosses between the host and a candidate is copied: so a candidate holds nothing that others read, and nobody reads what it holds.
 *
 * 1. On the way in, messages get prototypes of their own: those of their classes are everybody's, and nobody may close them, as what is decoded is assigned
 *    to members that they have. Bytes of a history lie in one buffer, which any view of it leads to, and are compared with later.
 * 2. On the way out, each member is read once, with no method of the candidate's. Objects, lists, bytes and 64-bit numbers are the host's own; functions and
 *    symbols are left out.
 */
import { types } from 'node:util';
import Long from 'long';
import protobuf from 'protobufjs';

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
  const copy: Holder = { __proto__: prototypeFor(value), ...value };
  for (const key of Object.keys(copy)) {
    const member = copy[key];
    if (typeof member === 'object') copy[key] = copyOfMessage(member);
  }
  return copy;
}

/** By the prototype of the message. */
const prototypes = new WeakMap<object, object>();

/** Closed, and as the message's own for whoever reads, shows or assigns its members. */
function prototypeFor(message: object): object {
  const own = Object.getPrototypeOf(message) as object | null;
  if (own === null || own === Object.prototype) return Object.prototype;
  const known = prototypes.get(own);
  if (known !== undefined) return known;
  const made = Object.freeze(Object.create(Object.prototype, membersOf(own)) as object);
  prototypes.set(own, made);
  return made;
}

interface MessageClass {
  toObject?(message: object, options: object): object;
}

/** Values of fields that are not set, which field of a choice is set, and how the message is written as JSON; nothing that leads to its class. */
function membersOf(prototype: object): PropertyDescriptorMap {
  const members: PropertyDescriptorMap = {};
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === '$type' || typeof member.value === 'function') continue;
    members[name] = 'value' in member ? defaultOf(name, member) : member;
  }
  const messageClass = prototype.constructor as MessageClass;
  if (messageClass.toObject === undefined) return members;
  const asJson = Object.getOwnPropertyDescriptors({
    toJSON(this: object): object | undefined {
      return messageClass.toObject?.(this, protobuf.util.toJSONOptions);
    },
  });
  Object.freeze(asJson.toJSON.value);
  return { ...members, ...asJson };
}

function defaultOf(name: string, { value, enumerable = true }: TypedPropertyDescriptor<unknown>): PropertyDescriptor {
  const unset = Object.freeze(copyOfMessage(value));
  return {
    get: () => unset,
    set(this: object, assigned: unknown) {
      Object.defineProperty(this, name, { value: assigned, writable: true, enumerable: true, configurable: true });
    },
    enumerable,
  };
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
