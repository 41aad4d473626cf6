/**
 * Redaction of whole recordings.
 *
 * 1. Every text of every message and every payload is redacted, wherever it stands, except the names that the code gave
 *    ({@link CODE_NAMES}): types, step ids, run ids.
 * 2. Who and where a worker was (identities, host names in sticky queues) is removed.
 * 3. A payload without a declared value keeps its bytes.
 */
import proto from '@temporalio/proto';
import type { Type } from 'protobufjs';
import { isJsonObject, type Json, jsonEquals } from '../shared/json.ts';
import { declaredValues, type RedactionSchemas } from './declared-values.ts';
import { encodingOf, isTaggedPayload, type Payload, payloadToJson } from './payloads.ts';
import { fieldsOf, historyType, payloadType, type ResolvedField } from './proto.ts';
import type { History } from './recording.ts';
import { type Redact, wirePayloads } from './redact-wire.ts';
import { createRedactor, type Redactor } from './redactor.ts';

/** String members that the code names, or the server: replay depends on them. */
const CODE_NAMES: ReadonlySet<string> = new Set(
  (
    'name normalName activityId timerId signalName markerName type source ' +
    'namespace namespaceId service operation endpoint buildId deploymentName sdkName sdkVersion ' +
    'runId originalExecutionRunId firstExecutionRunId newExecutionRunId continuedExecutionRunId baseRunId newRunId requestId binaryChecksum cronSchedule'
  ).split(' '),
);

const REMOVED = 'redacted';
const { TaskQueueKind } = proto.temporal.api.enums.v1;

export interface RedactionOptions {
  /** What was declared; without it only identities are removed. */
  readonly schemas?: RedactionSchemas;
  /** The registry's secret: the same value has the same replacement under one key. At least 16 bytes. */
  readonly key: Uint8Array;
}

/** The histories of one recording with its declared values replaced. Idempotent; the given ones are not touched. */
export function redactHistories(histories: readonly History[], { schemas, key }: RedactionOptions): History[] {
  const values = schemas === undefined ? new Map<string, never>() : declaredValues(histories, schemas);
  const redactor = createRedactor(values, key, schemas === undefined ? new Set() : propertyNames(schemas));
  return histories.map((history) => {
    const walk: Walk = { redactor, forms: wirePayloads(history), untouched: values.size === 0 };
    return redactMessage(walk, historyType, history as Message) as History;
  });
}

interface Walk {
  readonly redactor: Redactor;
  readonly forms: ReadonlyMap<Payload, Redact>;
  /** Nothing was declared: payloads need no reading. */
  readonly untouched: boolean;
}

type Message = Readonly<Record<string, unknown>>;

function redactMessage(walk: Walk, type: Type, message: Message): Message {
  if (type === payloadType) return redactPayload(walk, message as Payload) as Message;
  const result: Record<string, unknown> = {};
  for (const field of fieldsOf(type)) {
    const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
    if (value !== null && value !== undefined) result[field.name] = redactField(walk, field, value);
  }
  if (message['kind'] === TaskQueueKind.TASK_QUEUE_KIND_STICKY && 'name' in result) result['name'] = 'sticky';
  return result;
}

function redactField(walk: Walk, field: ResolvedField, value: unknown): unknown {
  if (field.shape === 'repeated') return (value as unknown[]).map((item) => redactValue(walk, field, item));
  if (field.shape === 'single') return redactValue(walk, field, value);
  return Object.fromEntries(
    Object.entries(value as Message).map(([key, item]) => [key, redactValue(walk, field, item)]),
  );
}

function redactValue(walk: Walk, field: ResolvedField, value: unknown): unknown {
  if (field.message !== undefined) return redactMessage(walk, field.message, value as Message);
  if (field.name === 'identity') return value === '' ? '' : REMOVED;
  if (typeof value === 'string' && field.type === 'string') {
    return CODE_NAMES.has(field.name) ? value : walk.redactor.text(value);
  }
  return value instanceof Uint8Array ? walk.redactor.bytes(value) : value;
}

function redactPayload(walk: Walk, payload: Payload): Payload {
  if (walk.untouched || !payload.data || payload.data.length === 0) return payload;
  const before = payloadToJson(payload);
  if (isTaggedPayload(before) && encodingOf(payload) === before.$payload.encoding) {
    return { ...payload, data: walk.redactor.bytes(payload.data) };
  }
  const form: Redact = walk.forms.get(payload) ?? ((value, redactor) => redactor.json(value));
  const after = form(before, walk.redactor);
  return jsonEquals(before, after) ? payload : { ...payload, data: Buffer.from(JSON.stringify(after)) };
}

/** The names of all properties that the schemas know: keys that the author wrote. */
function propertyNames(schemas: RedactionSchemas): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (value: Json | undefined): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isJsonObject(value)) return;
    const { properties } = value;
    if (isJsonObject(properties)) for (const name of Object.keys(properties)) names.add(name);
    Object.values(value).forEach(walk);
  };
  walk(schemas as unknown as Json);
  return names;
}
