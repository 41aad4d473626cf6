/** The reflected protobuf types of histories: their bytes, and their fields for walks that must reach every one. */
import proto from '@temporalio/proto';
import type { Enum, Field, Root, Type } from 'protobufjs';
import type { History } from './recording.ts';

/** `@temporalio/proto` is a protobufjs root whose declarations hide its reflection. */
const root = proto as unknown as Root;

/** @param name without a dot at its beginning */
export function typeNamed(name: string): Type {
  return root.lookupType(name);
}

export const EventType = proto.temporal.api.enums.v1.EventType;
export const historyType: Type = typeNamed('temporal.api.history.v1.History');
export const eventType: Type = typeNamed('temporal.api.history.v1.HistoryEvent');
export const payloadType: Type = typeNamed('temporal.api.common.v1.Payload');
export const eventTypeEnum: Enum = root.lookupEnum('temporal.api.enums.v1.EventType');

/** History → protobuf bytes. Canonical only when the history is (see `canonical-history.ts`). */
export function historyToBytes(history: History): Uint8Array {
  return proto.temporal.api.history.v1.History.encode(history).finish();
}

/** A field with its type looked up: `message` or `enumeration` is set when it holds one. */
export interface ResolvedField {
  readonly name: string;
  readonly type: string;
  readonly shape: 'single' | 'repeated' | 'map';
  readonly message: Type | undefined;
  readonly enumeration: Enum | undefined;
  /** Tells an absent value from the default one: `optional`, a oneof, or a message. */
  readonly explicit: boolean;
}

const resolvedFields = new WeakMap<Type, readonly ResolvedField[]>();

/** The fields of a message type, resolved once. */
export function fieldsOf(type: Type): readonly ResolvedField[] {
  let fields = resolvedFields.get(type);
  if (fields === undefined) {
    fields = type.fieldsArray.map(resolveField);
    resolvedFields.set(type, fields);
  }
  return fields;
}

function resolveField(field: Field): ResolvedField {
  const { resolvedType } = field.resolve();
  const message = resolvedType !== null && 'fields' in resolvedType ? resolvedType : undefined;
  return {
    name: field.name,
    type: field.type,
    shape: field.map ? 'map' : field.repeated ? 'repeated' : 'single',
    message,
    enumeration: resolvedType !== null && 'values' in resolvedType ? resolvedType : undefined,
    explicit: message !== undefined || field.partOf !== null,
  };
}
