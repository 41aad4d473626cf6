/** Conditions on a JSON value, as people write them into routes and declarations: a place, and what may stand there. */
import * as z from 'zod';
import { isJsonObject, type Json, jsonEquals, unescapePointerToken } from './json.ts';

/** JSON Pointer (RFC 6901): `/customer/tier`; `''` is the whole value. */
export const jsonPointer = z.string().regex(/^(\/([^~/]|~[01])*)*$/, 'not a JSON Pointer');

export const condition = z.strictObject({
  pointer: jsonPointer,
  /** The value there has to be one of these. */
  oneOf: z.array(z.json()).min(1),
});

export type Condition = z.infer<typeof condition>;

/** Whether all conditions hold. A place that is not there equals nothing, not even null. */
export function conditionsHold(conditions: readonly Condition[], root: Json): boolean {
  return conditions.every(({ pointer, oneOf }) => {
    const value = valueAt(root, pointer);
    return value !== undefined && oneOf.some((allowed) => jsonEquals(value, allowed as Json));
  });
}

/** The value at a JSON Pointer, or `undefined` where there is none. */
export function valueAt(root: Json, pointer: string): Json | undefined {
  let value: Json | undefined = root;
  for (const token of pointer.split('/').slice(1).map(unescapePointerToken)) {
    if (Array.isArray(value))
      value = /^(0|[1-9]\d*)$/.test(token) ? (value[Number(token)] as Json | undefined) : undefined;
    else if (isJsonObject(value)) value = Object.hasOwn(value, token) ? value[token] : undefined;
    else return undefined;
  }
  return value;
}
