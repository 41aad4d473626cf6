/**
 * One form per history, so that its bytes have one digest wherever it came from: the server, a file, the registry.
 *
 * 1. The keys of maps are in UTF-16 order. (Servers write maps in no order.)
 * 2. A member that says no more than its absence (zero, empty, of a kind without presence) is absent.
 * 3. Members that the reflected types do not know are absent.
 */
import Long from 'long';
import type { Type } from 'protobufjs';
import { fieldsOf, historyToBytes, historyType, type ResolvedField } from './proto.ts';
import type { History } from './recording.ts';

/** The canonical form of a history, as plain objects. */
export function canonicalHistory(history: History): History {
  return canonicalMessage(historyType, history as Message) as History;
}

/** The canonical bytes of a history: what digests are over. */
export function canonicalHistoryBytes(history: History): Uint8Array {
  return historyToBytes(canonicalHistory(history));
}

type Message = Readonly<Record<string, unknown>>;

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
  if (value === null || value === undefined) return undefined;
  switch (field.shape) {
    case 'repeated': {
      const items = value as readonly unknown[];
      return items.length === 0 ? undefined : items.map((item) => canonicalValue(field, item));
    }
    case 'map': {
      const keys = Object.keys(value).sort();
      if (keys.length === 0) return undefined;
      return Object.fromEntries(keys.map((key) => [key, canonicalValue(field, (value as Message)[key])]));
    }
    case 'single':
      return isDefault(field, value) ? undefined : canonicalValue(field, value);
  }
}

function canonicalValue(field: ResolvedField, value: unknown): unknown {
  return field.message === undefined ? value : canonicalMessage(field.message, value as Message);
}

function isDefault(field: ResolvedField, value: unknown): boolean {
  if (field.explicit) return false;
  if (value === 0 || value === '' || value === false) return true;
  if (value instanceof Uint8Array) return value.length === 0;
  return Long.isLong(value) && value.isZero();
}
