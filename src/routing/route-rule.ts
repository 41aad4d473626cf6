/** A match rule of a route: runs whose input is like this go to that version, whatever the weights say. */
import * as z from 'zod';
import { isJsonObject, type Json, jsonEquals, unescapePointerToken } from '../shared/json.ts';

const condition = z.strictObject({
  /** JSON Pointer (RFC 6901) into the mission's input: `/customer/tier`. */
  pointer: z.string().regex(/^(\/([^~/]|~[01])*)*$/, 'not a JSON Pointer'),
  /** The value there has to be one of these. */
  oneOf: z.array(z.json()).min(1),
});

export const routeRule = z.strictObject({
  /** Shown as the reason: `rule "staff"`. */
  name: z.string().min(1),
  /** All have to hold. */
  when: z.array(condition).min(1),
  version: z.int().positive(),
});

export type RouteRule = z.infer<typeof routeRule>;

/** Whether a rule applies to an input. A place that is not there equals nothing, not even null. */
export function matchesRule(rule: RouteRule, input: Json): boolean {
  return rule.when.every(({ pointer, oneOf }) => {
    const value = valueAt(input, pointer);
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
