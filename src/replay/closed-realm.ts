/**
 * Closes the host's realm where candidates run: nothing in it can be changed any more, so that a candidate that holds an object of
 * the host (`URL`, an `AbortSignal`) changes neither what the next recording finds nor how results are compared and sent.
 *
 * Objects that inherit from a closed prototype could no longer be assigned a member that it has, such as `constructor` or `toString`:
 * where that happens in ordinary code, its members become accessors that put what is assigned on the object itself.
 */
import assert from 'node:assert';
import { inspect } from 'node:util';
import vm from 'node:vm';
import Long from 'long';
import protobuf from 'protobufjs';
import { LentStorage } from './lent-storage.ts';

/** What the SDK lends to workflow code, what can be reached from that, and what results travel by. */
const LENT: readonly unknown[] = [
  URL,
  URLSearchParams,
  TextEncoder,
  TextDecoder,
  assert,
  LentStorage,
  AbortController,
  AbortSignal,
  Event,
  EventTarget,
  DOMException,
  // What a URL is shown with is handed to whoever it shows.
  inspect,
  MessagePort,
  Buffer,
  // Protobuf's own is another one where packages are loaded by `require`.
  Long,
  protobuf.util.Long,
];

const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
const OVERRIDDEN = [Object, Function, ...ERRORS].map(({ prototype }) => prototype as object);

/** Irrevocable. */
export function closeRealm(): void {
  for (const prototype of OVERRIDDEN) makeOverridable(prototype);
  const seen = new Set<unknown>([globalThis]);
  for (const one of [...LENT, ...intrinsics()]) close(one, seen);
}

/** What the language itself brings: classes and namespaces, and what only values lead to. */
function intrinsics(): readonly unknown[] {
  // A new context has nothing but them.
  const names = vm.runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[];
  const named = names.map((name) => (globalThis as unknown as Record<string, unknown>)[name]);
  const iterators = [[], '', new Map(), new Set(), 'a'.matchAll(/a/g)].map((one) => one[Symbol.iterator]());
  return [...named, ...functionPrototypes(), ...iterators.map(Object.getPrototypeOf)];
}

/** Of functions of each kind; only functions lead to them. */
export function functionPrototypes(): object[] {
  const kinds = [() => undefined, async () => undefined, function* () {}, async function* () {}];
  return kinds.map((kind) => Object.getPrototypeOf(kind) as object);
}

function close(value: unknown, seen: Set<unknown>): void {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  seen.add(value);
  if (!ArrayBuffer.isView(value)) Object.freeze(value);
  const members = Object.getOwnPropertyDescriptors(value) as Record<PropertyKey, PropertyDescriptor>;
  for (const key of Reflect.ownKeys(members)) {
    const member = members[key];
    for (const part of ['value', 'get', 'set'] as const) close(member?.[part], seen);
  }
  close(Object.getPrototypeOf(value), seen);
}

function makeOverridable(prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    const member = Object.getOwnPropertyDescriptor(prototype, key);
    if (member?.configurable !== true || !('value' in member)) continue;
    const { value, enumerable = false } = member as { readonly value: unknown; readonly enumerable?: boolean };
    Object.defineProperty(prototype, key, {
      get: () => value,
      set(this: object, assigned: unknown) {
        if (this === prototype) throw new TypeError('The host cannot be changed in a replay.');
        Object.defineProperty(this, key, { value: assigned, writable: true, enumerable: true, configurable: true });
      },
      enumerable,
      configurable: false,
    });
  }
}
