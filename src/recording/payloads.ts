/**
 * Payload ↔ JSON, for every payload of every replay: pure, fast, and never a throw.
 *
 * 1. `json/plain` and `json/protobuf` are the JSON they hold; `binary/null` is `null`.
 * 2. Everything else (`binary/plain`, `binary/protobuf`, encrypted, broken JSON, an unknown encoding) is a
 *    {@link TaggedPayload}: it can be shown and compared, and turns back into the same bytes.
 */
import type { temporal } from '@temporalio/proto';
import type { Json, JsonObject } from '../shared/json.ts';

export type Payload = temporal.api.common.v1.IPayload;
export type Payloads = temporal.api.common.v1.IPayloads;

/** The key of a payload that is not JSON. */
const PAYLOAD_TAG = '$payload';

/** The JSON form of a payload that is not JSON. `data` is base64; `metadata` is absent when only the encoding is set. */
export type TaggedPayload = {
  readonly [PAYLOAD_TAG]: {
    readonly encoding: string;
    readonly data: string;
    readonly metadata?: Readonly<Record<string, string>>;
  };
};

const JSON_PLAIN = 'json/plain';
const JSON_PROTOBUF = 'json/protobuf';
const BINARY_NULL = 'binary/null';
const encodedJsonPlain = Buffer.from(JSON_PLAIN);
const NO_BYTES = Buffer.alloc(0);

/** The JSON of a payload; an absent payload is `null`. */
export function payloadToJson(payload: Payload | null | undefined): Json {
  if (payload === null || payload === undefined) return null;
  const encoding = encodingOf(payload);
  if (encoding === BINARY_NULL) return null;
  const data = payload.data ?? NO_BYTES;
  if (encoding === JSON_PLAIN || encoding === JSON_PROTOBUF) {
    try {
      return JSON.parse(textOf(data)) as Json;
    } catch {
      return tagged(payload, encoding, data);
    }
  }
  return encoding === '' && data.length === 0 ? null : tagged(payload, encoding, data);
}

/** The JSON of each payload of a list. */
export function payloadsToJson(payloads: Payloads | null | undefined): Json[] {
  return (payloads?.payloads ?? []).map(payloadToJson);
}

/** A list of arguments as one value: none is `null`, one is itself, more are an array. */
export function argumentsToJson(payloads: Payloads | null | undefined): Json {
  const values = payloads?.payloads ?? [];
  return values.length > 1 ? values.map(payloadToJson) : payloadToJson(values[0]);
}

/** The JSON of each member of a map of payloads: a memo's fields, a header's, search attributes. */
export function payloadMapToJson(fields: Readonly<Record<string, Payload>> | null | undefined): JsonObject {
  const result: Record<string, Json> = {};
  for (const [key, payload] of Object.entries(fields ?? {})) result[key] = payloadToJson(payload);
  return result;
}

/** A payload of this JSON, as Temporal's default converter writes it; a {@link TaggedPayload} gets its bytes back. */
export function jsonToPayload(value: Json): Payload {
  if (isTaggedPayload(value)) return untag(value);
  return { metadata: { encoding: encodedJsonPlain }, data: Buffer.from(JSON.stringify(value)) };
}

/** Whether a value is the JSON form of a payload that is not JSON. */
export function isTaggedPayload(value: Json): value is TaggedPayload {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const tag = (value as JsonObject)[PAYLOAD_TAG];
  return typeof tag === 'object' && tag !== null && 'encoding' in tag && 'data' in tag;
}

/** The encoding that a payload names, `''` when it names none. */
export function encodingOf(payload: Payload): string {
  const bytes = payload.metadata?.['encoding'];
  if (bytes === null || bytes === undefined) return '';
  // Nearly every payload of a mission: compared without making a string of it.
  return bytes.length === encodedJsonPlain.length && encodedJsonPlain.equals(bytes) ? JSON_PLAIN : textOf(bytes);
}

function tagged(payload: Payload, encoding: string, data: Uint8Array): TaggedPayload {
  const others = Object.entries(payload.metadata ?? {}).filter(([key]) => key !== 'encoding');
  const metadata = Object.fromEntries(others.map(([key, bytes]) => [key, base64Of(bytes)]));
  return {
    [PAYLOAD_TAG]: { encoding, data: base64Of(data), ...(others.length > 0 && { metadata }) },
  };
}

function untag({ [PAYLOAD_TAG]: tag }: TaggedPayload): Payload {
  const metadata = Object.fromEntries(
    Object.entries(tag.metadata ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]),
  );
  if (tag.encoding !== '') metadata['encoding'] = Buffer.from(tag.encoding);
  return { metadata, data: Buffer.from(tag.data, 'base64') };
}

function textOf(bytes: Uint8Array): string {
  return viewOf(bytes).toString('utf8');
}

function base64Of(bytes: Uint8Array): string {
  return viewOf(bytes).toString('base64');
}

/** A decoded message has an empty list where bytes were left out. */
function viewOf(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return bytes.length === 0 ? NO_BYTES : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
