/**
 * One form per history, so that its bytes have one digest wherever it came from: the server, a file, the registry.
 *
 * 1. The keys of maps are in the order of JavaScript's objects: whole numbers by their size, then all others in UTF-16 order. (Servers write
 *    maps in no order.)
 * 2. A member that says no more than its absence (zero, empty, of a kind without presence) is absent.
 * 3. Members that the reflected types do not know are absent.
 */
import type Long from 'long';
import type { Type } from 'protobufjs';
import { fieldsOf, historyType, type ResolvedField } from './proto.ts';
import type { History } from './recording.ts';

/** The canonical form of a history, as plain objects. */
export function canonicalHistory(history: History): History {
  return canonicalMessage(historyType, history as Message) as History;
}

export type Message = Readonly<Record<string, unknown>>;

function canonicalMessage(type: Type, message: Message): Message {
  const result: Record<string, unknown> = {};
  for (const field of fieldsOf(type)) {
    if (!Object.hasOwn(message, field.name)) continue;
    const value = canonicalField(field, message[field.name]);
    if (value !== undefined) result[field.name] = value;
  }
  return result;
}

function canonicalField(field: ResolvedField, value: unknown): unknown {
  if (isAbsent(field, value)) return undefined;
  switch (field.shape) {
    case 'repeated':
      return (value as readonly unknown[]).map((item) => canonicalValue(field, item));
    case 'map': {
      const map = value as Message;
      return Object.fromEntries(canonicalKeys(map).map((key) => [key, canonicalValue(field, map[key])]));
    }
    case 'single':
      return canonicalValue(field, value);
  }
}

function canonicalValue(field: ResolvedField, value: unknown): unknown {
  return field.message === undefined ? value : canonicalMessage(field.message, value as Message);
}

/** The keys of a map in their one order. */
export function canonicalKeys(map: Message): readonly string[] {
  const keys = Object.keys(map);
  // Whole numbers come first in any object, whatever is done about it.
  return keys.length < 2 ? keys : Object.keys(Object.fromEntries(keys.sort().map((key) => [key, true])));
}

/** Whether a member says no more than its absence. */
export function isAbsent({ shape, explicit, type }: ResolvedField, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (shape === 'repeated') return (value as readonly unknown[]).length === 0;
  if (shape === 'map') return Object.keys(value).length === 0;
  if (explicit) return false;
  if (value === 0 || value === '' || value === false) return true;
  if (typeof value !== 'object') return false;
  return type === 'bytes' ? isEmpty(value) : isZero(value);
}

/** Bytes are what a codec calls so. */
function isEmpty(bytes: { readonly length?: number }): boolean {
  return !bytes.length;
}

/** Of 64 bits. */
function isZero({ low, high }: Partial<Pick<Long, 'low' | 'high'>>): boolean {
  return !low && !high;
}
