/**
 * Foreign history JSON → the plain-object form that protobufjs takes, guided by the reflected message types.
 *
 * Owned here: the spellings that Temporal's tools and users' scripts give the same message. Whether it makes sense as a
 * history is `validate-history.ts`.
 *
 * 1. A member is found by its name without case and underscores: `eventId`, `event_id`, `EventId`.
 * 2. An enum is a number, or its name with or without prefix, case and underscores: `1`,
 *    `EVENT_TYPE_WORKFLOW_EXECUTION_STARTED`, `WorkflowExecutionStarted`.
 * 3. A time is RFC 3339 or `{ seconds, nanos }`; a duration `1.5s` or `{ seconds, nanos }`; a 64-bit number a number, a
 *    text, or `{ low, high }`; bytes are base64, a list of numbers, or node's `{ type: 'Buffer', data }`.
 * 4. Unknown members are left out: a newer server may have written them. A member of the wrong kind is an error at its path.
 */
import type { Enum, Type } from 'protobufjs';
import { foreignPayload, foreignPayloads } from './foreign-payload.ts';
import { bytesFrom, durationFrom, expected, longFrom, timestampFrom } from './foreign-scalar.ts';
import { fieldsOf, type ResolvedField, typeNamed } from './proto.ts';

/** The limit of nesting: failures are chains of causes, nothing else nests deeply. */
const DEPTH_MAX = 200;

/**
 * @param path the place in the file, for messages: `events[3]`.
 * @throws ForeignJsonError naming the place and what was expected there.
 */
export function messageFrom(type: Type, value: unknown, path: string, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw expected(path, `at most ${DEPTH_MAX} levels of nesting`, value);
  const special = SPECIAL.get(type);
  return special === undefined ? membersFrom(type, value, path, depth) : special(value, path);
}

/** Messages that JSON writes in forms of their own. */
const SPECIAL: ReadonlyMap<Type, (value: unknown, path: string) => unknown> = new Map<
  Type,
  (value: unknown, path: string) => unknown
>([
  [typeNamed('google.protobuf.Timestamp'), timestampFrom],
  [typeNamed('google.protobuf.Duration'), durationFrom],
  [typeNamed('temporal.api.common.v1.Payload'), foreignPayload],
  [typeNamed('temporal.api.common.v1.Payloads'), foreignPayloads],
]);

function membersFrom(type: Type, value: unknown, path: string, depth: number): Record<string, unknown> {
  if (!isRecord(value)) throw expected(path, 'an object', value);
  const fields = fieldsByKey(type);
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const field = fields.get(key) ?? fields.get(keyOf(key));
    if (field === undefined || member === null || member === undefined) continue;
    result[field.name] = fieldFrom(field, member, `${path}.${key}`, depth);
  }
  return result;
}

function fieldFrom(field: ResolvedField, value: unknown, path: string, depth: number): unknown {
  if (field.shape === 'repeated') {
    if (!Array.isArray(value)) throw expected(path, 'an array', value);
    return value.map((item, index) => valueFrom(field, item, `${path}[${index}]`, depth));
  }
  if (field.shape === 'single') return valueFrom(field, value, path, depth);
  if (!isRecord(value)) throw expected(path, 'an object', value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, valueFrom(field, item, `${path}.${key}`, depth)]),
  );
}

function valueFrom(field: ResolvedField, value: unknown, path: string, depth: number): unknown {
  if (field.message !== undefined) return messageFrom(field.message, value, path, depth + 1);
  if (field.enumeration !== undefined) return enumFrom(field.enumeration, value, path);
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') throw expected(path, 'a text', value);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw expected(path, 'true or false', value);
      return value;
    case 'bytes':
      return bytesFrom(value, path);
    case 'int64':
    case 'uint64':
    case 'sint64':
    case 'fixed64':
    case 'sfixed64':
      return longFrom(value, path);
    default:
      return numberFrom(value, path);
  }
}

function numberFrom(value: unknown, path: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw expected(path, 'a number', value);
  return number;
}

function enumFrom(enumeration: Enum, value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  const names = enumNames(enumeration);
  const number = typeof value === 'string' ? (names.get(value) ?? names.get(keyOf(value))) : undefined;
  if (number === undefined) throw expected(path, `a name of ${enumeration.name}`, value);
  return number;
}

const enumNamesCache = new WeakMap<Enum, ReadonlyMap<string, number>>();

/** Every name of an enum as it is, and as a key with and without the prefix that its names share (`EVENT_TYPE_`). */
function enumNames(enumeration: Enum): ReadonlyMap<string, number> {
  const cached = enumNamesCache.get(enumeration);
  if (cached !== undefined) return cached;
  const prefix = keyOf(enumeration.name);
  const names = new Map<string, number>();
  for (const [name, number] of Object.entries(enumeration.values)) {
    const key = keyOf(name);
    names.set(name, number);
    names.set(key, number);
    if (key.startsWith(prefix)) names.set(key.slice(prefix.length), number);
  }
  enumNamesCache.set(enumeration, names);
  return names;
}

const fieldsByKeyCache = new WeakMap<Type, ReadonlyMap<string, ResolvedField>>();

/** By their names as they are, which is how most write them, and as keys. */
function fieldsByKey(type: Type): ReadonlyMap<string, ResolvedField> {
  let fields = fieldsByKeyCache.get(type);
  if (fields === undefined) {
    fields = new Map(fieldsOf(type).flatMap((field) => [keyOf(field.name), field.name].map((key) => [key, field])));
    fieldsByKeyCache.set(type, fields);
  }
  return fields;
}

function keyOf(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
