/**
 * Replaces declared values in texts and JSON.
 *
 * 1. One pass: what was replaced is not looked at again, and a replacement that is already there stays. So it is idempotent.
 * 2. Longer values go first: of `ada@example.com` and `ada`, the address is one value.
 * 3. In a text, a value is found as it is, escaped as JSON once or twice, and percent-encoded, whatever its case. A number, and
 *    a text of one or two characters, only where it stands by itself; in a longer word it says nothing.
 * 4. Names that the code gave (keys that the schemas or the kit know, step ids, types) are never touched: without them the
 *    recording could not be replayed.
 */
import type { RedactRule } from '../mission/annotations.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import type { DeclaredValues } from './declared-values.ts';
import { normalText, REPLACEMENT, replaceNumber, replaceText } from './replacement.ts';

/** Texts shorter than this are replaced only where they stand by themselves. */
const SUBSTRING_LENGTH_MIN = 3;

export interface Redactor {
  text(value: string): string;
  json(value: Json): Json;
  /** Bytes that are not JSON: the UTF-8 of declared texts is replaced in them. */
  bytes(value: Uint8Array): Uint8Array;
}

/**
 * @param key the secret that replacements are derived from, at least 16 bytes.
 * @param names keys of objects that stay as they are.
 */
export function createRedactor(values: DeclaredValues, key: Uint8Array, names: ReadonlySet<string>): Redactor {
  const replacements = replacementsOf(values, key);
  const pattern = patternOf(replacements, values);
  const text = (value: string): string =>
    value.replace(pattern, (found) =>
      isKept(found) ? found : (replacements.get(normalText(found)) ?? replaceText(found, 'personal', key)),
    );
  const json = (value: Json): Json => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return values.has(value) ? replaceNumber(value, key) : value;
    if (Array.isArray(value)) return value.map((item: Json) => json(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value as JsonObject).map(([name, item]) => [names.has(name) ? name : text(name), json(item)]),
    );
  };
  return {
    text,
    json,
    bytes: (value) => {
      const before = Buffer.from(value);
      const decoded = before.toString('utf8');
      // Bytes that are text are replaced as text; in others, the bytes of each value are.
      if (Buffer.from(decoded).equals(before)) return Buffer.from(text(decoded));
      return replaceBytes(before, replacements);
    },
  };
}

function replaceBytes(bytes: Buffer, replacements: ReadonlyMap<string, string>): Uint8Array {
  let text = bytes.toString('latin1');
  for (const [spelling, replacement] of replacements) {
    if (spelling.length < SUBSTRING_LENGTH_MIN) continue;
    const found = new RegExp(escapeRegExp(Buffer.from(spelling).toString('latin1')), 'gi');
    text = text.replace(found, () => Buffer.from(replacement).toString('latin1'));
  }
  return Buffer.from(text, 'latin1');
}

const KEPT = new RegExp(`^(?:${REPLACEMENT.source})$`, 'u');

function isKept(found: string): boolean {
  return KEPT.test(found);
}

/** Replacement by every spelling of every value, longest spelling first. */
function replacementsOf(values: DeclaredValues, key: Uint8Array): ReadonlyMap<string, string> {
  const entries = [...values].flatMap(([value, rule]) => spellingsWith(value, rule, key));
  entries.sort(([left], [right]) => right.length - left.length);
  const map = new Map<string, string>();
  for (const [spelling, replacement] of entries) if (!map.has(spelling)) map.set(spelling, replacement);
  return map;
}

function spellingsWith(value: string | number, rule: RedactRule, key: Uint8Array): [string, string][] {
  if (typeof value === 'number') return [[String(value), String(replaceNumber(value, key))]];
  const replacement = replaceText(value, rule, key);
  if (replacement === value) return [];
  return spellings(value).map((spelling) => [spelling, replacement]);
}

function spellings(value: string): string[] {
  const text = value.trim();
  const once = JSON.stringify(text).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  const written = [text, once, twice, encodeSafely(text)];
  // Small letters alone are not enough: "İ" has two of them, and no pattern matches it by them.
  return [...new Set([...written, ...written.map(normalText)])].filter((spelling) => spelling !== '');
}

function encodeSafely(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text : encodeURIComponent(text);
}

function patternOf(replacements: ReadonlyMap<string, string>, values: DeclaredValues): RegExp {
  const numbers = new Set([...values.keys()].filter((value) => typeof value === 'number').map(String));
  const sources = [...replacements.keys()].map((spelling) => {
    const source = escapeRegExp(spelling);
    if (numbers.has(spelling)) return `(?<![\\p{L}\\p{N}_]|\\d\\.)${source}(?![\\p{L}\\p{N}_]|\\.\\d)`;
    return spelling.length < SUBSTRING_LENGTH_MIN ? `(?<![\\p{L}\\p{N}_])${source}(?![\\p{L}\\p{N}_])` : source;
  });
  return new RegExp([REPLACEMENT.source, ...sources].join('|'), 'giu');
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, (character) => `\\${character}`);
}
