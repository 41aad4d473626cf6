/** Which places a JSON Schema declares: whether a JSON Pointer can name anything of a value that fits. Pure. */
import { escapePointerToken, isJsonObject, type Json, type JsonObject, unescapePointerToken } from '../shared/json.ts';

/**
 * Whether values of a schema may have this place, by what it declares. Where it declares nothing, anything may be there;
 * a member that an object merely does not forbid is not declared.
 *
 * @param pointer - JSON Pointer
 */
export function declaresPlace(schema: JsonObject, pointer: string): boolean {
  return schemasAt(schema, pointer).length > 0;
}

/** The members that a schema declares at a place, as pointers. */
export function declaredMembers(schema: JsonObject, pointer: string): readonly string[] {
  const members = schemasAt(schema, pointer).flatMap(({ properties }) =>
    isJsonObject(properties) ? Object.keys(properties) : [],
  );
  return [...new Set(members)].map((name) => `${pointer}/${escapePointerToken(name)}`);
}

/** All schemas that say something of a place; none when it is not declared. */
function schemasAt(root: JsonObject, pointer: string): readonly JsonObject[] {
  const tokens = pointer.split('/').slice(1).map(unescapePointerToken);
  return tokens.reduce<readonly JsonObject[]>(
    (schemas, token) => schemas.flatMap((schema) => alternatives(root, membersOf(schema, token))),
    alternatives(root, [root]),
  );
}

/** What a schema, without its alternatives, says of one member. */
function membersOf(schema: JsonObject, token: string): readonly Json[] {
  const { properties, additionalProperties, patternProperties, items, prefixItems } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, token)) return [properties[token] as Json];
  const patterns = isJsonObject(patternProperties) ? Object.values(patternProperties) : [];
  const ofArray = /^(0|[1-9]\d*)$/.test(token) ? [...listOf(prefixItems), items] : [];
  const ofObject = [...patterns, additionalProperties];
  const said = [...ofArray, ...ofObject].filter((one) => one !== undefined && one !== false);
  if (said.length > 0) return said as Json[];
  return isOpen(schema) ? [{}] : [];
}

/** Whether it leaves open what is in it. */
function isOpen({ type, properties, additionalProperties, items, prefixItems }: JsonObject): boolean {
  const says = [properties, additionalProperties, items, prefixItems].some((part) => part !== undefined);
  return !says && (type === undefined || type === 'object' || type === 'array');
}

/** Followed so often at most: a schema may refer to itself. Beyond it, anything may be there. */
const DEEPEST = 16;

/** A schema and all that it is made of, without references. */
function alternatives(root: JsonObject, schemas: readonly Json[], depth = 0): readonly JsonObject[] {
  if (depth > DEEPEST) return [{}];
  return schemas.flatMap((schema): readonly JsonObject[] => {
    if (!isJsonObject(schema)) return schema === true ? [{}] : [];
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    const parts = [...referred(root, $ref), ...listOf(allOf), ...listOf(anyOf), ...listOf(oneOf)];
    const found = alternatives(root, parts, depth + 1);
    // What only refers to others says nothing itself.
    return parts.length > 0 && isOpen(own as JsonObject) ? found : [own as JsonObject, ...found];
  });
}

/** References into the document itself: the form in which schemas of missions are written. */
function referred(root: JsonObject, reference: Json | undefined): readonly Json[] {
  if (typeof reference !== 'string') return [];
  if (!reference.startsWith('#')) return [{}];
  const tokens = reference.slice(1).split('/').slice(1).map(unescapePointerToken);
  const found = tokens.reduce<Json | undefined>(
    (value, token) => (isJsonObject(value) && Object.hasOwn(value, token) ? value[token] : undefined),
    root,
  );
  return [found ?? {}];
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
