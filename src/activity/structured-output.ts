/** Reads the object out of a model's text and holds it against its JSON Schema. */
import * as z from 'zod';
import type { ModelRequest } from '../mission/wire.ts';
import { canonicalJson, type Json, type JsonObject } from '../shared/json.ts';

export type ReadObject =
  | { readonly ok: true; readonly object: Json }
  | { readonly ok: false; readonly problem: string };

/** Reads the JSON of a text (also inside a code fence, or with words around it) and checks it against a schema. */
export function readObject(text: string, schema: JsonObject): ReadObject {
  const value = parseJson(text);
  if (value === undefined) return { ok: false, problem: 'The answer is not JSON.' };
  const checked = validatorOf(schema).safeParse(value);
  if (checked.success) return { ok: true, object: value };
  return { ok: false, problem: z.prettifyError(checked.error) };
}

/** The request that asks once more, showing the model its own answer and what is wrong with it. */
export function repairRequest(request: ModelRequest, text: string, problem: string): ModelRequest {
  const complaint = `That answer does not fit the JSON Schema.\n${problem}\nAnswer again with the corrected JSON only.`;
  return {
    ...request,
    messages: [...request.messages, { role: 'assistant', content: text }, { role: 'user', content: complaint }],
  };
}

function parseJson(text: string): Json | undefined {
  const candidates = [text, /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1], /[{[][\s\S]*[}\]]/.exec(text)?.[0]];
  for (const candidate of candidates) {
    if (candidate === undefined) continue;
    try {
      return JSON.parse(candidate) as Json;
    } catch {
      // The next reading may be one.
    }
  }
  return undefined;
}

const VALIDATORS_MAX = 100;
const validators = new Map<string, z.ZodType>();

/** Requests of one step carry the same schema over and over: its validator is kept. */
function validatorOf(schema: JsonObject): z.ZodType {
  const key = canonicalJson(schema);
  const known = validators.get(key);
  if (known !== undefined) return known;
  const made = toValidator(schema);
  if (validators.size >= VALIDATORS_MAX) validators.clear();
  validators.set(key, made);
  return made;
}

/** A schema with keywords that zod cannot read is not checked here; the mission parses every answer with its own schema. */
function toValidator(schema: JsonObject): z.ZodType {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return z.json();
  }
}
