/**
 * Walking a JSON Schema beside the values that it describes, to find what its author annotated at each place.
 *
 * Invariants:
 * 1. Lazy: only places that a value has are visited, so recursive schemas need no bound.
 * 2. Fails strict: where alternatives (`anyOf`, `oneOf`) that the values could belong to disagree about an annotation,
 *    or a reference leads nowhere, there is no annotation. A field is never ignored because another variant ignores it.
 */
import {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  jsonEquals,
  unescapePointerToken,
} from '../shared/json.ts';

/** Schemas that all hold at one place. */
type Conjunction = readonly Json[];

/** More alternatives than this at one place say nothing any more: the place then has no annotations. */
const MAX_ALTERNATIVES = 64;

/** A place in a schema, before the values there are known. */
export interface SchemaPlace {
  readonly root: Json;
  readonly alternatives: readonly Conjunction[];
}

/** A place in a schema together with the values that stand there. */
export interface EnteredPlace {
  readonly root: Json;
  /** Each conjunction with references and `allOf` followed. */
  readonly alternatives: readonly (readonly JsonObject[])[];
}

/** The place of everything that no schema describes. */
export const NOWHERE: SchemaPlace = { root: true, alternatives: [] };

/** The place of a whole value. */
export function schemaPlace(schema: Json): SchemaPlace {
  return { root: schema, alternatives: [[schema]] };
}

/** Narrows a place to the alternatives that at least one of the values could belong to. */
export function enterPlace(place: SchemaPlace, values: readonly Json[]): EnteredPlace {
  const expanded = place.alternatives.flatMap((schemas) => expandAll(place.root, schemas, values));
  return { root: place.root, alternatives: expanded.length > MAX_ALTERNATIVES ? [] : withoutDuplicates(expanded) };
}

/** The annotation under a keyword, if all alternatives agree about it. */
export function annotationAt(place: EnteredPlace, keyword: string): Json | undefined {
  const [first, ...others] = place.alternatives.map((schemas) => firstAnnotation(schemas, keyword));
  return others.every((other) => jsonEquals(first, other)) ? first : undefined;
}

/** The place of a member of the object, or of an item of the array, that stands at `place`. */
export function childPlace(place: EnteredPlace, token: string | number): SchemaPlace {
  if (place.alternatives.length === 0) return NOWHERE;
  const child = typeof token === 'number' ? itemSchema : memberSchema;
  const alternatives = place.alternatives.map((schemas) =>
    schemas.map((schema) => child(schema, token)).filter((schema) => schema !== undefined),
  );
  return alternatives.every((schemas) => schemas.length === 0) ? NOWHERE : { root: place.root, alternatives };
}

/** Whether the items of the array at this place each have a schema of their own: a tuple is compared by position. */
export function isTuple(place: EnteredPlace): boolean {
  return place.alternatives.some((schemas) => schemas.some((schema) => Array.isArray(schema['prefixItems'])));
}

function firstAnnotation(schemas: readonly JsonObject[], keyword: string): Json | undefined {
  return schemas.find((schema) => schema[keyword] !== undefined)?.[keyword];
}

function memberSchema(schema: JsonObject, token: string | number): Json | undefined {
  const properties = schema['properties'];
  if (isJsonObject(properties) && Object.hasOwn(properties, token)) return properties[token];
  return schema['additionalProperties'];
}

function itemSchema(schema: JsonObject, token: string | number): Json | undefined {
  const prefix = schema['prefixItems'];
  return (Array.isArray(prefix) ? (prefix[Number(token)] as Json | undefined) : undefined) ?? schema['items'];
}

function expandAll(root: Json, schemas: readonly Json[], values: readonly Json[]): JsonObject[][] {
  return schemas.reduce<JsonObject[][]>((before, schema) => cross(before, expand(root, schema, values, [])), [[]]);
}

/** All ways in which a schema can hold: its own part, references and `allOf` followed, times its variants. */
function expand(root: Json, schema: Json, values: readonly Json[], trail: readonly Json[]): JsonObject[][] {
  if (!isJsonObject(schema) || trail.includes(schema)) return [[]];
  const deeper = [...trail, schema];
  let ways: JsonObject[][] = [[schema]];
  const reference = schema['$ref'];
  if (typeof reference === 'string') ways = cross(ways, expand(root, resolve(root, reference), values, deeper));
  for (const part of schemasUnder(schema, 'allOf')) ways = cross(ways, expand(root, part, values, deeper));
  for (const keyword of ['anyOf', 'oneOf']) {
    const arms = schemasUnder(schema, keyword).filter((arm) => values.some((value) => couldBe(root, arm, value)));
    if (arms.length > 0)
      ways = cross(
        ways,
        arms.flatMap((arm) => expand(root, arm, values, deeper)),
      );
  }
  return ways;
}

function cross(left: JsonObject[][], right: JsonObject[][]): JsonObject[][] {
  if (left.length * right.length > MAX_ALTERNATIVES) return [];
  return left.flatMap((a) => right.map((b) => [...a, ...b]));
}

function schemasUnder(schema: JsonObject, keyword: string): readonly Json[] {
  const found = schema[keyword];
  return Array.isArray(found) ? found : [];
}

function resolve(root: Json, reference: string): Json {
  if (!reference.startsWith('#')) return true;
  let at: Json | undefined = root;
  for (const token of decodeURIComponent(reference.slice(1)).split('/').slice(1)) {
    at = isJsonObject(at) ? at[unescapePointerToken(token)] : undefined;
  }
  return at ?? true;
}

/** A quick look whether a value could belong to a variant: its type, its constants, its required members. */
function couldBe(root: Json, arm: Json, value: Json): boolean {
  const direct = followReference(root, arm);
  if (!isJsonObject(direct)) return direct !== false;
  if (!allowsConstant(direct, value) || !allowsType(direct['type'], value)) return false;
  if (!isJsonObject(value)) return true;
  const required = direct['required'];
  if (Array.isArray(required) && required.some((key) => value[String(key)] === undefined)) return false;
  const properties = direct['properties'];
  if (!isJsonObject(properties)) return true;
  return Object.entries(properties).every(([key, schema]) => {
    const member = value[key];
    return member === undefined || !isJsonObject(schema) || allowsConstant(schema, member);
  });
}

function followReference(root: Json, schema: Json): Json {
  let at = schema;
  for (let hops = 0; hops < 16 && isJsonObject(at); hops += 1) {
    const reference = at['$ref'];
    if (typeof reference !== 'string') break;
    at = resolve(root, reference);
  }
  return at;
}

function allowsConstant(schema: JsonObject, value: Json): boolean {
  const constant = schema['const'];
  const options = schema['enum'];
  if (constant !== undefined && !jsonEquals(constant, value)) return false;
  return !Array.isArray(options) || options.some((option) => jsonEquals(option as Json, value));
}

function allowsType(type: Json | undefined, value: Json): boolean {
  if (Array.isArray(type)) return type.some((one) => allowsType(one as Json, value));
  if (type === 'integer') return Number.isInteger(value);
  return typeof type !== 'string' || type === jsonTypeOf(value);
}

/** The JSON type of a value, as JSON Schema names it. */
export function jsonTypeOf(value: Json): 'null' | 'array' | 'object' | 'string' | 'number' | 'boolean' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'object' | 'string' | 'number' | 'boolean';
}

function withoutDuplicates(alternatives: JsonObject[][]): JsonObject[][] {
  if (alternatives.length < 2) return alternatives;
  return [...new Map(alternatives.map((schemas) => [canonicalJson(schemas), schemas])).values()];
}
