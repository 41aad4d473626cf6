/**
 * The replacement of a declared value: the same for the same value under one key, of the same JSON type and a plausible shape,
 * and recognisable, so that redacting twice changes nothing.
 *
 * Texts are compared without case and outer white space: a model that writes an e-mail address in small letters still says the
 * same address. All replacements are in small letters, so a workflow that does the same finds them unchanged.
 */
import { createHmac } from 'node:crypto';
import type { RedactRule } from '../mission/annotations.ts';

/** Any text replacement; a text that holds one keeps it. */
export const REPLACEMENT =
  /person-[0-9a-f]{12}@redacted\.invalid|https:\/\/redacted\.invalid\/[0-9a-f]{12}|‹(?:secret|personal):[0-9a-f]{12}›|00000000-0000-8000-8000-[0-9a-f]{12}|0[1-8]\d\d-\d\d-\d\dT00:00:00(?:\.000)?Z|0[1-8]\d\d-\d\d-\d\d/u;

const WHOLE_REPLACEMENT = new RegExp(`^(?:${REPLACEMENT.source})$`, 'u');

/** Whether a whole text is a replacement. */
export function isReplacement(text: string): boolean {
  return WHOLE_REPLACEMENT.test(text);
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const URL_TEXT = /^https?:\/\/\S+$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i;

/** The replacement of a text. */
export function replaceText(value: string, rule: RedactRule, key: Uint8Array): string {
  const text = normalText(value);
  if (text === '' || isReplacement(text)) return value;
  const mark = markOf(`text:${text}`, key);
  const hex = mark.toString('hex').slice(0, 12);
  if (rule === 'secret') return `‹secret:${hex}›`;
  if (EMAIL.test(text)) return `person-${hex}@redacted.invalid`;
  if (URL_TEXT.test(text)) return `https://redacted.invalid/${hex}`;
  if (UUID.test(text)) return `00000000-0000-8000-8000-${hex}`;
  if (DATE.test(text)) return replacedDate(mark);
  if (DATE_TIME.test(text)) return `${replacedDate(mark)}T00:00:00.000Z`;
  return `‹personal:${hex}›`;
}

/** How texts are told apart. */
export function normalText(value: string): string {
  return value.trim().toLowerCase();
}

/** A day in the years 100 to 899: valid everywhere, and nobody's. */
function replacedDate(mark: Buffer): string {
  const year = 100 + (mark.readUInt16BE(0) % 800);
  const month = 1 + (mark.readUInt8(2) % 12);
  const day = 1 + (mark.readUInt8(3) % 28);
  return `0${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

const NUMBER_BASE = 9e14;
const CHECK_RANGE = 1e8;
const MARK_RANGE = 1e6;

/** The replacement of a number: 15 digits, the last eight of which prove that it is one. */
export function replaceNumber(value: number, key: Uint8Array): number {
  if (isNumberReplacement(value, key)) return value;
  const mark = markOf(`number:${value}`, key).readUInt32BE(0) % MARK_RANGE;
  return NUMBER_BASE + mark * CHECK_RANGE + checkOf(mark, key);
}

function isNumberReplacement(value: number, key: Uint8Array): boolean {
  const rest = value - NUMBER_BASE;
  if (!Number.isSafeInteger(rest) || rest < 0 || rest >= MARK_RANGE * CHECK_RANGE) return false;
  return rest % CHECK_RANGE === checkOf(Math.floor(rest / CHECK_RANGE), key);
}

function checkOf(mark: number, key: Uint8Array): number {
  return markOf(`check:${mark}`, key).readUInt32BE(0) % CHECK_RANGE;
}

function markOf(text: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
