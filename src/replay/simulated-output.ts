/**
 * The receipt of a write that a replay does not execute: a value made from the output schema alone.
 *
 * Invariants
 * 1. The same schema gives the same value: `const`, `default`, the first of `enum` or `examples`, the least that is allowed
 *    otherwise; of alternatives the first, of optional members none.
 * 2. It fits the schemas that zod writes, but for those that only a search could satisfy: regular expressions of the
 *    author's own, refinements, alternatives that contradict their neighbours.
 */
import { isJsonObject, type Json, type JsonObject, unescapePointerToken } from '../shared/json.ts';
import { simulatedNumber } from './simulated-number.ts';

const DEPTH_MAX = 20;
const ITEMS_MAX = 100;

/** A value that fits a JSON Schema, always the same one. */
export function simulatedOutput(schema: JsonObject): Json {
  return simulate(schema, schema, 0);
}

function simulate(schema: Json | undefined, root: JsonObject, depth: number): Json {
  if (!isJsonObject(schema) || depth > DEPTH_MAX) return null;
  const whole = flatten(schema, root, 0);
  const given = givenValue(whole);
  return given === undefined ? valueOfType(whole, root, depth) : given;
}

function givenValue(schema: JsonObject): Json | undefined {
  if (schema['const'] !== undefined) return schema['const'];
  if (schema['default'] !== undefined) return schema['default'];
  const listed = schema['enum'] ?? schema['examples'];
  return Array.isArray(listed) ? (listed[0] as Json) : undefined;
}

/** A schema with its reference, all parts of its `allOf` and its first alternative taken in. */
function flatten(schema: JsonObject, root: JsonObject, hops: number): JsonObject {
  const { $ref: reference, allOf, anyOf, oneOf, ...own } = schema;
  const parts = [
    ...(typeof reference === 'string' ? [referenced(reference, root)] : []),
    ...(Array.isArray(allOf) ? allOf : []),
    ...[anyOf, oneOf].flatMap((options) => (Array.isArray(options) ? options.slice(0, 1) : [])),
  ];
  const schemas = parts.filter((part) => isJsonObject(part));
  if (hops > DEPTH_MAX) return own;
  return schemas.reduce((whole, part) => merge(whole, flatten(part, root, hops + 1)), own);
}

/** Both hold: members of both, the later schema's word where they speak of the same. */
function merge(left: JsonObject, right: JsonObject): JsonObject {
  return {
    ...left,
    ...right,
    properties: { ...(left['properties'] as JsonObject), ...(right['properties'] as JsonObject) },
    required: [...new Set([...listOf(left['required']), ...listOf(right['required'])])],
  };
}

function referenced(reference: string, root: JsonObject): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  let place: Json | undefined = root;
  for (const token of reference.slice(1).split('/').filter(Boolean))
    place = isJsonObject(place) ? place[unescapePointerToken(token)] : undefined;
  return place;
}

function valueOfType(schema: JsonObject, root: JsonObject, depth: number): Json {
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return stringOf(schema);
    case 'integer':
    case 'number':
      return simulatedNumber(schema);
    case 'boolean':
      return true;
    case 'array':
      return itemsOf(schema, root, depth);
    case 'object':
      return membersOf(schema, root, depth);
    default:
      return null;
  }
}

/** By format; such a text is as long as it is. */
const STRINGS: Readonly<Record<string, string>> = {
  'date-time': '2000-01-01T00:00:00.000Z',
  date: '2000-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'simulated@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/simulated',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  base64: 'c2ltdWxhdGVk',
};

function stringOf(schema: JsonObject): string {
  const { format } = schema;
  const ofFormat = typeof format === 'string' ? STRINGS[format] : undefined;
  if (ofFormat !== undefined) return ofFormat;
  const text = 'simulated'.padEnd(Number(schema['minLength'] ?? 0), '-');
  return text.slice(0, Number(schema['maxLength'] ?? text.length));
}

function itemsOf(schema: JsonObject, root: JsonObject, depth: number): Json[] {
  const prefix = listOf(schema['prefixItems']);
  const count = Math.max(prefix.length, Math.min(Number(schema['minItems'] ?? 0), ITEMS_MAX));
  return Array.from({ length: count }, (_, index) => simulate(prefix[index] ?? schema['items'], root, depth + 1));
}

function membersOf(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const members: Record<string, Json> = {};
  for (const name of listOf(schema['required']).map(String)) {
    members[name] = simulate(properties[name] ?? schema['additionalProperties'], root, depth + 1);
  }
  return members;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
