/**
 * Keeps API keys out of everything that leaves a model call: responses, errors, and so histories and logs. A server may
 * echo a key in an error, and a proxy may echo it anywhere.
 */
import type { Json, JsonObject } from '../shared/json.ts';

const REPLACEMENT = '[secret]';
/** Shorter values are no keys, and replacing them would damage ordinary text. */
const MIN_LENGTH = 8;

/** Replaces secrets in texts and values. */
export interface Scrubber {
  text(text: string): string;
  value<Value>(value: Value): Value;
}

/**
 * Makes a scrubber for the values of the named environment variables, in the forms in which they travel: as they are,
 * URL-encoded, Base64, and inside a JSON string.
 */
export function createScrubber(names: readonly string[], environment: NodeJS.ProcessEnv): Scrubber {
  const forms = names.flatMap((name) => formsOf(environment[name])).sort((a, b) => b.length - a.length);
  const text = (input: string) =>
    forms.reduce((result, form) => (result.includes(form) ? result.replaceAll(form, REPLACEMENT) : result), input);
  return {
    text,
    value: <Value>(value: Value) => (forms.length === 0 ? value : (scrub(value as Json, text) as Value)),
  };
}

function formsOf(secret: string | undefined): string[] {
  if (secret === undefined || secret.length < MIN_LENGTH) return [];
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64])];
}

function scrub(value: Json | undefined, text: (input: string) => string): Json | undefined {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((item: Json) => scrub(item, text) as Json);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value as JsonObject).map(([key, member]) => [text(key), scrub(member, text)]);
  return Object.fromEntries(members) as Json;
}
