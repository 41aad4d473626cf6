import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';

const MAX_DEPTH = 20;

/**
 * A value that fits a JSON Schema, always the same one: the receipt of a write that a replay does not execute. Takes
 * `const`, `default`, the first of `enum` or `examples`, the least that is allowed otherwise.
 */
export function simulatedOutput(schema: JsonObject, root: JsonObject = schema, depth = 0): Json {
  if (depth > MAX_DEPTH) return null;
  const given = givenValue(schema);
  if (given !== undefined) return given;
  const inner = referenced(schema, root) ?? firstOf(schema);
  if (inner !== undefined) return simulatedOutput(inner, root, depth + 1);
  return valueOfType(schema, root, depth);
}

function givenValue(schema: JsonObject): Json | undefined {
  if (schema['const'] !== undefined) return schema['const'];
  if (schema['default'] !== undefined) return schema['default'];
  const listed = schema['enum'] ?? schema['examples'];
  return Array.isArray(listed) ? (listed[0] as Json) : undefined;
}

function referenced(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  let place: Json | undefined = root;
  for (const token of reference.slice(1).split('/').filter(Boolean))
    place = isJsonObject(place) ? place[token] : undefined;
  return isJsonObject(place) ? place : undefined;
}

function firstOf(schema: JsonObject): JsonObject | undefined {
  const choices = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf'];
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isJsonObject(first) ? first : undefined;
}

function valueOfType(schema: JsonObject, root: JsonObject, depth: number): Json {
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return stringOf(schema);
    case 'integer':
    case 'number':
      return numberOf(schema);
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

const STRINGS: Readonly<Record<string, string>> = {
  'date-time': '2000-01-01T00:00:00.000Z',
  date: '2000-01-01',
  time: '00:00:00Z',
  email: 'simulated@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/simulated',
};

function stringOf(schema: JsonObject): string {
  const text = STRINGS[typeof schema['format'] === 'string' ? schema['format'] : ''] ?? 'simulated';
  return text
    .padEnd(Number(schema['minLength'] ?? 0), '-')
    .slice(0, Number(schema['maxLength'] ?? text.length + 1_000));
}

function numberOf(schema: JsonObject): number {
  const { minimum, exclusiveMinimum, maximum } = schema as {
    minimum?: number;
    exclusiveMinimum?: number;
    maximum?: number;
  };
  const least = minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1);
  return Math.abs(least) >= Number.MAX_SAFE_INTEGER ? 0 : Math.min(least, maximum ?? least);
}

function itemsOf(schema: JsonObject, root: JsonObject, depth: number): Json[] {
  const items = schema['items'];
  const count = Math.min(Number(schema['minItems'] ?? 0), 10);
  return Array.from({ length: count }, () => (isJsonObject(items) ? simulatedOutput(items, root, depth + 1) : null));
}

function membersOf(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const members: Record<string, Json> = {};
  for (const name of required) {
    const property = properties[name];
    members[name] = isJsonObject(property) ? simulatedOutput(property, root, depth + 1) : null;
  }
  return members;
}
