/**
 * Cutting values that are only shown.
 *
 * Invariants
 * 1. A cut says so in the value's place: what it began with, how long its canonical JSON is, and the SHA-256 of that. So two values
 *    that differ stay different, and a value at hand can be held against it.
 * 2. What is cut follows from the values and their order alone.
 * 3. What is left is not deeper than {@link DEPTH_MAX}, so that everybody can walk down it.
 */
import { digestInPieces } from '../shared/digest.ts';
import type { Json, JsonObject } from '../shared/json.ts';

/** Levels of nesting that every recursive walk down a value can take. */
export const DEPTH_MAX = 200;
/** Characters that a cut value shows of its beginning, where there is room. */
const PREVIEW = 2_000;
/** Characters of a name, a pointer or a message: more than anybody writes. */
const TEXT_MAX = 1_000;
const PLACE_MAX = 240;
/** Characters of a number, and what stands around a member. */
const SCALAR = 6;
const SEPARATORS = 4;

/** Cuts values that do not fit into its room; those that are asked first have the first choice. */
export interface Cutter {
  value(value: Json): Json;
  /** Of a name, a pointer or a message. These are short or made to flood, and need no room. */
  text(text: string): string;
  /** How many were cut. */
  readonly cuts: number;
}

/** Characters of a value that is shown whole whatever room is left: it may say which way a run went. */
const SMALL = 64;

/** Stands for a value for which there was no room at all. */
const NO_ROOM = '… (cut)';

/**
 * @param room characters of JSON, all values together
 * @param isTold whether values are told by their digests also where no room is left; for those that nobody tells apart, that
 *   would be much work for nothing
 */
export function createCutter(room: number, isTold = true): Cutter {
  let left = room;
  let cuts = 0;
  const cutTo = (preview: number, value: Json) => (preview === 0 && !isTold ? NO_ROOM : shortened(value, preview));
  return {
    value(value) {
      const enough = Math.max(left, SMALL);
      const size = sizeOf(value, enough);
      const isWhole = size <= enough;
      const shown = isWhole ? value : cutTo(Math.min(PREVIEW, left), value);
      left = Math.max(0, left - (isWhole ? size : PREVIEW));
      cuts += Number(!isWhole);
      return shown;
    },
    text(text) {
      if (text.length <= TEXT_MAX) return text;
      cuts += 1;
      return shortened(text, TEXT_MAX);
    },
    get cuts() {
      return cuts;
    },
  };
}

/** A place or a name as it is kept. */
export function shortPlace(text: string): string {
  return text.length <= PLACE_MAX ? text : shortened(text, PLACE_MAX);
}

/** Whether a value has more levels than can be walked down. */
export function isTooDeep(value: Json): boolean {
  return sizeOf(value, Number.MAX_SAFE_INTEGER) === Number.POSITIVE_INFINITY;
}

/** Characters of JSON, about; infinite when it is too deep, or more than `enough`. */
function sizeOf(value: Json, enough: number, depth = 0): number {
  if (typeof value === 'string') return value.length + 2;
  if (value === null || typeof value !== 'object') return SCALAR;
  if (depth === DEPTH_MAX) return Number.POSITIVE_INFINITY;
  return Array.isArray(value) ? sizeOfArray(value, enough, depth) : sizeOfObject(value as JsonObject, enough, depth);
}

function sizeOfArray(items: readonly Json[], enough: number, depth: number): number {
  let size = 2;
  for (const item of items) {
    size += 1 + sizeOf(item, enough - size, depth + 1);
    if (size > enough) return Number.POSITIVE_INFINITY;
  }
  return size;
}

function sizeOfObject(object: JsonObject, enough: number, depth: number): number {
  let size = 2;
  for (const key of Object.keys(object)) {
    size += key.length + SEPARATORS + sizeOf(object[key] ?? null, enough - size, depth + 1);
    if (size > enough) return Number.POSITIVE_INFINITY;
  }
  return size;
}

/** `Dear customer, we … (cut: 104857602 characters, sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08)` */
function shortened(value: Json, preview: number): string {
  const digest = digestInPieces();
  let size = 0;
  let beginning = typeof value === 'string' ? value.slice(0, preview) : '';
  writeCanonical(value, (piece) => {
    digest.update(piece);
    size += piece.length;
    if (typeof value !== 'string' && beginning.length < preview) beginning += piece.slice(0, preview);
  });
  const shown = beginning.slice(0, preview).replace(/[\uD800-\uDBFF]$/, '');
  return `${shown}… (cut: ${size} characters, ${digest.end()})`;
}

/** Writes the canonical JSON of a value, as `canonicalJson` makes it, piece by piece. What is too deep is written as it is. */
function writeCanonical(value: Json, write: (piece: string) => void, depth = 0): void {
  if (value === null || typeof value !== 'object') write(JSON.stringify(value));
  else if (depth === DEPTH_MAX) write(plainText(value));
  else if (Array.isArray(value)) {
    write('[');
    for (const [index, item] of value.entries()) {
      if (index > 0) write(',');
      writeCanonical(item, write, depth + 1);
    }
    write(']');
  } else writeObject(value as JsonObject, write, depth);
}

function writeObject(object: JsonObject, write: (piece: string) => void, depth: number): void {
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  write('{');
  for (const [index, key] of keys.sort().entries()) {
    write(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
    writeCanonical(object[key] ?? null, write, depth + 1);
  }
  write('}');
}

function plainText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '"…"';
  }
}
