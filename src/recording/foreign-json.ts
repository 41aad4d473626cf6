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
import { bytesFrom, durationFrom, expected, longFrom, placed, timestampFrom } from './foreign-scalar.ts';
import { fieldsOf, type ResolvedField, typeNamed } from './proto.ts';

/** The limit of nesting, which is protobuf's: failures are chains of causes, nothing else nests deeply. */
const DEPTH_MAX = 100;

/** @param depth of the message that holds the value */
type Read = (value: unknown, depth: number) => unknown;

/**
 * @param path the place in the file, for messages: `events[3]`.
 * @throws ForeignJsonError naming the place and what was expected there.
 */
export function messageFrom(type: Type, value: unknown, path: string): unknown {
  try {
    return readerOf(type)(value, 0);
  } catch (error) {
    throw placed(path, error);
  }
}

/** Messages that JSON writes in forms of their own. */
const SPECIAL: ReadonlyMap<Type, Read> = new Map<Type, Read>([
  [typeNamed('google.protobuf.Timestamp'), timestampFrom],
  [typeNamed('google.protobuf.Duration'), durationFrom],
  [typeNamed('temporal.api.common.v1.Payload'), foreignPayload],
  [typeNamed('temporal.api.common.v1.Payloads'), foreignPayloads],
]);

function readerOf(type: Type): Read {
  return SPECIAL.get(type) ?? readerOfMembers(type);
}

interface Member {
  readonly name: string;
  readonly read: Read;
}

const readers = new WeakMap<Type, Read>();

/** The reader of a message, made once. */
function readerOfMembers(type: Type): Read {
  let reader = readers.get(type);
  if (reader === undefined) {
    const members = membersByKey(type);
    reader = (value, depth) => membersFrom(members, value, depth);
    readers.set(type, reader);
  }
  return reader;
}

function membersFrom(members: ReadonlyMap<string, Member>, value: unknown, depth: number): Record<string, unknown> {
  if (!isRecord(value)) throw expected('an object', value);
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = members.get(key) ?? members.get(keyOf(key));
    const given = value[key];
    if (member === undefined || given === null || given === undefined) continue;
    try {
      result[member.name] = member.read(given, depth);
    } catch (error) {
      throw placed(`.${key}`, error);
    }
  }
  return result;
}

/** By their names as they are, which is how most write them, and as keys. */
function membersByKey(type: Type): ReadonlyMap<string, Member> {
  const members = fieldsOf(type).map((field): Member => ({ name: field.name, read: readerOfField(field) }));
  return new Map(members.flatMap((member) => [keyOf(member.name), member.name].map((key) => [key, member])));
}

function readerOfField(field: ResolvedField): Read {
  const read = readerOfValue(field);
  switch (field.shape) {
    case 'repeated':
      return (value, depth) => listFrom(value, (item) => read(item, depth));
    case 'map':
      return (value, depth) => mapFrom(value, (item) => read(item, depth));
    case 'single':
      return read;
  }
}

function listFrom(value: unknown, read: (item: unknown) => unknown): unknown[] {
  if (!Array.isArray(value)) throw expected('an array', value);
  return value.map((item, index) => {
    try {
      return read(item);
    } catch (error) {
      throw placed(`[${index}]`, error);
    }
  });
}

function mapFrom(value: unknown, read: (item: unknown) => unknown): Record<string, unknown> {
  if (!isRecord(value)) throw expected('an object', value);
  const entries = Object.entries(value).map(([key, item]) => {
    try {
      return [key, read(item)] as const;
    } catch (error) {
      throw placed(`.${key}`, error);
    }
  });
  return Object.fromEntries(entries);
}

function readerOfValue({ message, enumeration, type }: ResolvedField): Read {
  if (message !== undefined) return readerOfNested(message);
  if (enumeration !== undefined) return readerOfEnum(enumeration);
  switch (type) {
    case 'string':
      return textFrom;
    case 'bool':
      return booleanFrom;
    case 'bytes':
      return bytesFrom;
    case 'int64':
    case 'uint64':
    case 'sint64':
    case 'fixed64':
    case 'sfixed64':
      return longFrom;
    default:
      return numberFrom;
  }
}

/** Looked up when it is needed: failures hold failures. */
function readerOfNested(type: Type): Read {
  let reader: Read | undefined;
  return (value, depth) => {
    reader ??= readerOf(type);
    if (depth === DEPTH_MAX) throw expected(`at most ${DEPTH_MAX} levels of nesting`, value);
    return reader(value, depth + 1);
  };
}

function textFrom(value: unknown): string {
  if (typeof value !== 'string') throw expected('a text', value);
  return value;
}

function booleanFrom(value: unknown): boolean {
  if (typeof value !== 'boolean') throw expected('true or false', value);
  return value;
}

function numberFrom(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw expected('a number', value);
  return number;
}

function readerOfEnum(enumeration: Enum): Read {
  const names = enumNames(enumeration);
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    const number = typeof value === 'string' ? (names.get(value) ?? names.get(keyOf(value))) : undefined;
    if (number === undefined) throw expected(`a name of ${enumeration.name}`, value);
    return number;
  };
}

/** Every name of an enum as it is, and as a key with and without the prefix that its names share (`EVENT_TYPE_`). */
function enumNames(enumeration: Enum): ReadonlyMap<string, number> {
  const prefix = keyOf(enumeration.name);
  const names = new Map<string, number>();
  for (const [name, number] of Object.entries(enumeration.values)) {
    const key = keyOf(name);
    names.set(name, number);
    names.set(key, number);
    if (key.startsWith(prefix)) names.set(key.slice(prefix.length), number);
  }
  return names;
}

function keyOf(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
