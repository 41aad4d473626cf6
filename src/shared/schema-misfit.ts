/** Whether a JSON value fits a JSON Schema, and where it does not. */
import * as z from 'zod';
import { escapePointerToken, type Json, type JsonObject } from './json.ts';

/** The first place that does not fit. */
export interface Misfit {
  /** JSON Pointer; empty: the whole value. */
  readonly pointer: string;
  readonly problem: string;
}

const read = new WeakMap<JsonObject, z.ZodType | null>();

/** @returns `undefined` when the value fits, or when the schema has no zod form: then nobody can tell here. */
export function misfitOf(schema: JsonObject, value: Json): Misfit | undefined {
  let form = read.get(schema);
  if (form === undefined) {
    form = zodForm(schema);
    read.set(schema, form);
  }
  const issue = form?.safeParse(value).error?.issues[0];
  if (issue === undefined) return undefined;
  // An unknown member is told of the object that has it; its own place says more.
  const extra = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const pointer = [...issue.path, ...extra].map((token) => `/${escapePointerToken(String(token))}`).join('');
  return { pointer, problem: extra.length > 0 ? 'the schema has no such member' : issue.message };
}

function zodForm(schema: JsonObject): z.ZodType | null {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return null;
  }
}
