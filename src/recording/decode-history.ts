/** Histories from outside: files, standard input, exports of Temporal's tools. Everything enters through here. */
import { gunzipSync } from 'node:zlib';
import { messageOf } from '../shared/errors.ts';
import { messageFrom } from './foreign-json.ts';
import { ForeignJsonError } from './foreign-scalar.ts';
import { historyFromBytes } from './history-bytes.ts';
import { historyInvalid } from './history-error.ts';
import { eventTypeEnum, historyType } from './proto.ts';
import type { History } from './recording.ts';
import { attributesNameOf, validateHistory } from './validate-history.ts';

/** The size of an unpacked `.gz` export that is still read: 1 GiB. */
const UNPACKED_BYTES_MAX = 1 << 30;
const NESTED_TEXT_MAX = 3;

/**
 * Reads one history in whatever form users have it: Temporal's standard JSON, the CLI's and the web UI's variants, an array
 * with one history, `{ history }`, a bare array of events, a JSON text, protobuf bytes, any of them gzipped.
 *
 * @param where the file or run, for messages.
 * @throws MissionError `HISTORY_INVALID` naming the place, the event and the remedy.
 */
export function decodeHistory(input: unknown, where: string): History {
  const histories = decodeHistories(input, where);
  const [history] = histories;
  if (history === undefined || histories.length > 1) {
    throw historyInvalid(where, `expected one history, found ${histories.length}.`, {
      remedy: 'Give one file per run, or read the file as a list of histories.',
    });
  }
  return history;
}

/**
 * Like {@link decodeHistory}, for input that may hold several histories.
 *
 * @throws MissionError `HISTORY_INVALID`
 */
export function decodeHistories(input: unknown, where: string): History[] {
  if (input instanceof Uint8Array) return decodeBytes(input, where);
  const value = typeof input === 'string' ? parseJson(input, where) : input;
  const lists = eventLists(value, where);
  return lists.map((events, index) => decodeEvents(events, lists.length > 1 ? `${where}[${index}]` : where));
}

function decodeBytes(bytes: Uint8Array, where: string): History[] {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return decodeBytes(unpack(bytes, where), where);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  // Protobuf begins with 0x0A, a line break in a text: so what could be JSON is tried as JSON first.
  if (!/^\uFEFF?\s*[[{"]/.test(text)) return [decodeProto(bytes, where)];
  try {
    return decodeHistories(text, where);
  } catch (error) {
    try {
      return [decodeProto(bytes, where)];
    } catch {
      throw error;
    }
  }
}

function unpack(bytes: Uint8Array, where: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (cause) {
    throw historyInvalid(where, `the gzip data cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function decodeProto(bytes: Uint8Array, where: string): History {
  let history: History;
  try {
    history = historyFromBytes(bytes);
  } catch (cause) {
    throw historyInvalid(where, 'the file is neither JSON nor a protobuf history.', { cause });
  }
  return validateHistory(history, where);
}

function parseJson(text: string, where: string, nesting = 0): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw historyInvalid(where, `the file is not JSON, or is cut off: ${messageOf(cause)}.`, { cause });
  }
  return typeof value === 'string' && nesting < NESTED_TEXT_MAX ? parseJson(value, where, nesting + 1) : value;
}

/** The event lists inside all the wrappings that histories come in. */
function eventLists(value: unknown, where: string): (readonly unknown[])[] {
  if (Array.isArray(value)) {
    if (value.length === 0) throw historyInvalid(where, 'the list is empty.');
    return value.some(looksLikeEvent) ? [value] : value.flatMap((item) => eventLists(item, where));
  }
  if (typeof value !== 'object' || value === null) throw historyInvalid(where, 'there is no history in it.');
  const members = new Map(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]));
  if (hasMorePages(members)) throw historyInvalid(where, 'it is one page of a history: nextPageToken is set.');
  const inner = members.get('history') ?? members.get('histories') ?? members.get('rawhistory');
  if (inner !== undefined && inner !== null) return eventLists(inner, where);
  const events = members.get('events');
  if (!Array.isArray(events)) throw historyInvalid(where, 'there is no list of events in it.');
  return [events];
}

function hasMorePages(members: ReadonlyMap<string, unknown>): boolean {
  const token = members.get('nextpagetoken') ?? members.get('next_page_token');
  return (typeof token === 'string' || token instanceof Uint8Array) && token.length > 0;
}

function looksLikeEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).some((key) => /^(event_?id|event_?type)$/i.test(key));
}

function decodeEvents(events: readonly unknown[], where: string): History {
  try {
    const history = messageFrom(historyType, { events: events.map(unfoldAttributes) }, 'history') as History;
    return validateHistory(history, where);
  } catch (error) {
    if (!(error instanceof ForeignJsonError)) throw error;
    const index = /^history\.events\[(\d+)\]/.exec(error.path)?.[1];
    const problem = error.message.replace(/^history\./, '');
    throw historyInvalid(where, `${problem}.`, {
      cause: error,
      ...(index !== undefined && { event: Number(index) + 1 }),
    });
  }
}

/** The web UI's own form of an event has its attributes under `attributes`, and `id` for `eventId`. */
function unfoldAttributes(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || !('attributes' in event) || !('eventType' in event)) return event;
  const { attributes, eventType, ...others } = event as Record<string, unknown>;
  if (typeof attributes !== 'object' || Object.keys(others).some((key) => key.endsWith('EventAttributes')))
    return event;
  const name = attributesNameOf(eventTypeNumber(eventType));
  return name === undefined ? event : { eventId: others['id'], ...others, eventType, [name]: attributes };
}

function eventTypeNumber(type: unknown): number {
  if (typeof type === 'number') return type;
  const key = String(type)
    .replaceAll('_', '')
    .toLowerCase()
    .replace(/^eventtype/, '');
  const match = Object.entries(eventTypeEnum.values).find(
    ([name]) => name.replace('EVENT_TYPE_', '').replaceAll('_', '').toLowerCase() === key,
  );
  return match?.[1] ?? 0;
}
