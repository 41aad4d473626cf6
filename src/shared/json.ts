/** JSON values and their canonical text. Pure and safe inside the workflow sandbox. */

export type Json = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly Json[];
export type JsonObject = { readonly [key: string]: Json };

/** Whether a text is JSON. */
export function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a value is a JSON object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Names the first place in `value` that JSON cannot hold (a function, NaN, a class instance, a lone surrogate, …).
 *
 * @returns a JSON Pointer and what stands there, or `undefined` when the whole value is JSON.
 */
export function findNonJson(value: unknown, pointer = ''): { pointer: string; found: string } | undefined {
  switch (typeof value) {
    case 'boolean':
      return undefined;
    case 'string':
      return /\p{Surrogate}/u.test(value) ? { pointer, found: 'a string with a lone surrogate' } : undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { pointer, found: String(value) };
    case 'object':
      return value === null ? undefined : findNonJsonInside(value, pointer);
    default:
      return { pointer, found: typeof value };
  }
}

function findNonJsonInside(value: object, pointer: string): { pointer: string; found: string } | undefined {
  if (!Array.isArray(value) && !isPlainObject(value)) {
    return { pointer, found: `an instance of ${value.constructor?.name ?? 'an unknown class'}` };
  }
  for (const [key, child] of Object.entries(value)) {
    const found = findNonJson(child, `${pointer}/${escapePointerToken(key)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A plain object of any realm: values that cross the sandbox have another realm's `Object.prototype`. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Escapes one reference token of a JSON Pointer (RFC 6901, section 3). */
export function escapePointerToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Undoes {@link escapePointerToken}. */
export function unescapePointerToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/**
 * The canonical text of a JSON value (RFC 8785, JCS): keys sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript writes them. Equal values have equal texts, so the text can be hashed and compared. Keys whose value is
 * `undefined` are left out, as `JSON.stringify` leaves them out.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const object = value as JsonObject;
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** Whether two JSON values are the same value: key order does not matter, `-0` equals `0`. */
export function jsonEquals(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item: Json, index) => jsonEquals(item, right[index] as Json))
    );
  }
  const leftObject = left as JsonObject;
  const rightObject = right as JsonObject;
  const keys = Object.keys(leftObject).filter((key) => leftObject[key] !== undefined);
  const rightCount = Object.keys(rightObject).filter((key) => rightObject[key] !== undefined).length;
  return keys.length === rightCount && keys.every((key) => jsonEquals(leftObject[key], rightObject[key]));
}
