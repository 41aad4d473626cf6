/**
 * Payloads in foreign history JSON: standard (base64), decoded by the web UI or a script (`{ metadata, data }` in clear),
 * or shortened by the CLI to the bare value.
 *
 * 1. What has a `metadata` object of texts is a payload; anything else stands for its own value as `json/plain`, and `null`
 *    for `binary/null`.
 * 2. Metadata is in clear when its encoding reads as one (`json/plain`) and not as base64 of one. Data is then in clear too.
 */
import type { temporal } from '@temporalio/proto';
import { isJsonText } from '../shared/json.ts';
import { bytesFrom, expected, isBase64, placed } from './foreign-scalar.ts';

type Payload = temporal.api.common.v1.IPayload;

const ENCODING_IN_CLEAR = /^(json|binary|messagepack|text|application)\/[a-z0-9.+-]+$/i;

/** A list of payloads: `{ payloads: […] }`, or the bare array of the CLI's short form. */
export function foreignPayloads(value: unknown): { payloads: Payload[] } {
  const list = Array.isArray(value) ? value : listInside(value);
  return { payloads: list.map((item, index) => at(`[${index}]`, foreignPayload, item)) };
}

function listInside(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) throw expected('an object with "payloads"', value);
  const list: unknown = 'payloads' in value ? value.payloads : 'Payloads' in value ? value.Payloads : [];
  if (!Array.isArray(list)) throw placed('.payloads', expected('an array', list));
  return list;
}

/** @throws ForeignJsonError when a standard payload's data is not base64. */
export function foreignPayload(value: unknown): Payload {
  if (value === null || value === undefined) return { metadata: { encoding: Buffer.from('binary/null') } };
  if (!isLongForm(value)) return bareValue(value);
  const { metadata = {}, data } = value;
  const encoding = metadata['encoding'] ?? '';
  if (typeof encoding === 'string' && ENCODING_IN_CLEAR.test(encoding)) return inClear(metadata, data, encoding);
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([key, item]) => [key, at(`.metadata.${key}`, bytesFrom, item)]),
    ),
    ...(data !== undefined && data !== null && { data: at('.data', bytesFrom, data) }),
  };
}

function at<T>(place: string, read: (value: unknown) => T, value: unknown): T {
  try {
    return read(value);
  } catch (error) {
    throw placed(place, error);
  }
}

interface LongForm {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
}

const LONG_FORM_KEYS = new Set(['metadata', 'data', 'externalPayloads', 'external_payloads']);

function isLongForm(value: unknown): value is LongForm {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  if (keys.length === 0) return true;
  if (!keys.every((key) => LONG_FORM_KEYS.has(key)) || !('metadata' in value)) return false;
  return typeof value.metadata === 'object' && value.metadata !== null && !Array.isArray(value.metadata);
}

function bareValue(value: unknown): Payload {
  const protobuf = typeof value === 'object' && value !== null && '_protoMessageType' in value;
  return {
    metadata: { encoding: Buffer.from(protobuf ? 'json/protobuf' : 'json/plain') },
    data: Buffer.from(JSON.stringify(value)),
  };
}

function inClear(metadata: Readonly<Record<string, unknown>>, data: unknown, encoding: string): Payload {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([key, item]) => [
        key,
        Buffer.from(typeof item === 'string' ? item : JSON.stringify(item)),
      ]),
    ),
    ...(data !== undefined && data !== null && { data: dataInClear(data, encoding) }),
  };
}

/** A text may be the JSON text, base64 of it, or the value itself: the first reading that gives JSON counts. */
function dataInClear(data: unknown, encoding: string): Uint8Array {
  if (!encoding.startsWith('json/'))
    return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data), clearBytes(data));
  if (typeof data !== 'string') return Buffer.from(JSON.stringify(data));
  if (isJsonText(data)) return Buffer.from(data);
  const decoded = isBase64(data) ? Buffer.from(data, 'base64') : undefined;
  return decoded !== undefined && isJsonText(decoded.toString('utf8')) ? decoded : Buffer.from(JSON.stringify(data));
}

function clearBytes(data: unknown): 'base64' | 'utf8' {
  return typeof data === 'string' && isBase64(data) ? 'base64' : 'utf8';
}
