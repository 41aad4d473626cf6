/**
 * Undoing a payload codec (encryption, compression) in histories, so that they can be replayed and compared.
 *
 * 1. What Temporal's own workers give to a codec is given to it, lists as lists: all payloads but headers and search
 *    attributes.
 * 2. What Temporal's core writes into its markers never passed a codec, and passes none here.
 * 3. The given history is not touched.
 */
import type { Payload as SdkPayload } from '@temporalio/common';
import type { Type } from 'protobufjs';
import { isMissionError, messageOf } from '../shared/errors.ts';
import { historyInvalid } from './history-error.ts';
import type { Payload } from './payloads.ts';
import { fieldsOf, historyType, type ResolvedField } from './proto.ts';
import type { History } from './recording.ts';

/** The half of Temporal's `PayloadCodec` that reading needs: any codec of yours is one. */
export interface PayloadDecoder {
  decode(payloads: SdkPayload[]): Promise<SdkPayload[]>;
}

/** Payload lists that are decoded at once. */
const CONCURRENCY = 32;

/**
 * The same history with all its payloads decoded.
 *
 * @param codecs in the order in which the workers have them; the last one decodes first.
 * @param where the file or run, for messages.
 * @throws MissionError `HISTORY_INVALID` when a codec throws, or returns another number of payloads than it was given.
 */
export async function decodePayloads(
  history: History,
  codecs: readonly PayloadDecoder[],
  where: string,
): Promise<History> {
  if (codecs.length === 0) return history;
  const found: Found[] = [];
  const copy = copyMessage(historyType, history as Message, found) as History;
  for (let at = 0; at < found.length; at += CONCURRENCY) {
    await Promise.all(found.slice(at, at + CONCURRENCY).map((one) => decodeFound(one, codecs, where)));
  }
  return copy;
}

/** Payloads that belong together, and the place in the copy that takes what they are decoded to. */
interface Found {
  readonly payloads: readonly Payload[];
  readonly put: (decoded: readonly Payload[]) => void;
}

async function decodeFound({ payloads, put }: Found, codecs: readonly PayloadDecoder[], where: string): Promise<void> {
  let decoded = [...payloads] as SdkPayload[];
  try {
    for (const codec of codecs.toReversed()) decoded = await codec.decode(decoded);
  } catch (cause) {
    if (isMissionError(cause)) throw cause;
    throw historyInvalid(where, `the payload codec cannot decode it: ${messageOf(cause)}.`, {
      remedy: 'Give the codec, and the keys, that the workers had when the run was made.',
      cause,
    });
  }
  if (decoded.length !== payloads.length) {
    throw historyInvalid(where, `the payload codec made ${decoded.length} payloads of ${payloads.length}.`, {
      remedy: 'Its decode must return one payload for each that it is given.',
    });
  }
  put(decoded);
}

type Message = Readonly<Record<string, unknown>>;
type MutableMessage = Record<string, unknown>;

const PAYLOAD = '.temporal.api.common.v1.Payload';
const PAYLOADS = '.temporal.api.common.v1.Payloads';
const MARKER = '.temporal.api.history.v1.MarkerRecordedEventAttributes';
const NEVER_ENCODED: ReadonlySet<string> = new Set([
  '.temporal.api.common.v1.Header',
  '.temporal.api.common.v1.SearchAttributes',
]);

function copyMessage(type: Type, message: Message, found: Found[]): Message {
  if (NEVER_ENCODED.has(type.fullName)) return message;
  const copy: MutableMessage = { ...message };
  if (type.fullName === PAYLOADS) {
    const payloads = (message['payloads'] ?? []) as readonly Payload[];
    const put = (decoded: readonly Payload[]) => Object.assign(copy, { payloads: decoded });
    if (payloads.length > 0) found.push({ payloads, put });
    return copy;
  }
  for (const field of fieldsOf(type)) {
    const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
    if (field.message === undefined || value === null || value === undefined) continue;
    if (field.shape === 'single') copyInto(copy, field.name, field.message, found);
    else copy[field.name] = copyItems(value as Message, field.message, found, coreMembers(type, field, message));
  }
  return copy;
}

/** The items of a list or a map, but for those of the given names. */
function copyItems(items: Message, type: Type, found: Found[], except: readonly string[]): MutableMessage {
  const copy = (Array.isArray(items) ? [...items] : { ...items }) as MutableMessage;
  for (const key of Object.keys(copy)) if (!except.includes(key)) copyInto(copy, key, type, found);
  return copy;
}

/** Puts a copy of a member into its place; a payload's place takes the decoded one later. */
function copyInto(holder: MutableMessage, key: string, type: Type, found: Found[]): void {
  if (type.fullName !== PAYLOAD) {
    holder[key] = copyMessage(type, holder[key] as Message, found);
    return;
  }
  const put = ([decoded]: readonly Payload[]) => Object.assign(holder, { [key]: decoded });
  found.push({ payloads: [holder[key] as Payload], put });
}

/** The details that core writes into a marker of its own. */
function coreMembers(type: Type, { name }: ResolvedField, message: Message): readonly string[] {
  if (type.fullName !== MARKER || name !== 'details') return [];
  return message['markerName'] === 'core_local_activity' ? ['data'] : ['patch-data'];
}
