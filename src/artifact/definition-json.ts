import type { MissionDefinition } from '../mission/definition.ts';
import type { JsonObject } from '../shared/json.ts';

/** A definition as the JSON value it is; its optional members are absent, never `undefined`, after its schema has read it. */
export function definitionJson(definition: MissionDefinition): JsonObject {
  return definition as unknown as JsonObject;
}
