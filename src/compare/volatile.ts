/** Looking up evidence without the fields that say nothing: trace ids, times, whatever the author declared volatile. */
import { VOLATILE_KEYWORD } from '../mission/annotations.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { annotationAt, childPlace, enterPlace, NOWHERE, type SchemaPlace, schemaPlace } from './schema-place.ts';

/** Where a schema has `volatile` fields; hand it to {@link stripVolatile}. */
export type VolatilePointers = SchemaPlace;

/** The places that a JSON Schema marks as `volatile`; without a schema, none. */
export function volatilePointersOf(schema: Json | undefined): VolatilePointers {
  return schema === undefined ? NOWHERE : schemaPlace(schema);
}

/** The value with its volatile members left out and its volatile items `null`; `null` when it is volatile as a whole. */
export function stripVolatile(value: Json, pointers: VolatilePointers): Json {
  return strip(value, pointers) ?? null;
}

function strip(value: Json, place: SchemaPlace): Json | undefined {
  if (place.alternatives.length === 0) return value;
  const here = enterPlace(place, [value]);
  if (annotationAt(here, VOLATILE_KEYWORD) === true) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json, index) => strip(item, childPlace(here, index)) ?? null);
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value as JsonObject)) {
    const kept = strip(member, childPlace(here, key));
    if (kept !== undefined) members.push([key, kept]);
  }
  return Object.fromEntries(members);
}
