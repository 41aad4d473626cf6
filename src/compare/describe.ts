/** One-line descriptions of what differs, as reports show them. Plain text: control characters are taken out. */
import { canonicalJson, type Json } from '../shared/json.ts';
import { describeEndForm } from './compare-ends.ts';
import type { Difference } from './difference.ts';
import type { Divergence, ReplayResult } from './outcome.ts';

/** What a kind of divergence means, to be read after a step's name. */
export const DIVERGENCE_WORDS: Readonly<Record<Divergence['kind'], string>> = {
  request: 'asks something else',
  missing: 'is no longer taken',
  extra: 'is taken in addition',
  order: 'is taken in another order',
  replaced: 'is replaced by another step',
  end: 'leads to another end',
};

/**
 * A JSON value on one line: `true`, `"small, in time"`, `{"id":7}`; absent is `(absent)`.
 *
 * @param maxLength characters, at least 2; longer texts end in `…`.
 */
export function describeValue(value: Json | undefined, maxLength = 80): string {
  if (value === undefined) return '(absent)';
  return clip(printable(canonicalJson(value)), maxLength);
}

/** A text without anything that a terminal or a log would act on: control and formatting characters become spaces. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** What a request is called where all of it differs, and not a place in it. */
export const WHOLE_REQUEST = '(all of it)';

/** The name of a place in the outcome; the whole of it is `(end)`. In requests the whole is {@link WHOLE_REQUEST}. */
export function describePointer(pointer: string, whole = '(end)'): string {
  return pointer === '' ? whole : printable(pointer);
}

/** What the whole is called of which a divergence names places. */
export function wholeOf({ kind }: Pick<Divergence, 'kind'>): string | undefined {
  return kind === 'end' ? undefined : WHOLE_REQUEST;
}

/**
 * The two sides of a change: `true` and `false`, `completed` and `failed (RefundRefused)`. Of long values that begin
 * alike, the part around the first difference.
 */
export function describeSides(
  pointer: string,
  from: Json | undefined,
  to: Json | undefined,
  maxLength = 36,
): [string, string] {
  const whole = (value: Json | undefined) =>
    (pointer === '' ? describeEndForm(value) : undefined) ?? describeValue(value, Number.POSITIVE_INFINITY);
  const [left, right] = [whole(from), whole(to)];
  const alike = commonStart(left, right);
  const start = Math.max(left.length, right.length) > maxLength && alike > LEAD ? alike - LEAD : 0;
  const side = (text: string) =>
    clip(start === 0 ? text : `…${text.slice(start).replace(/^[\uDC00-\uDFFF]/, '')}`, maxLength);
  return [side(left), side(right)];
}

/** Characters shown before the first difference of two long values. */
const LEAD = 8;

function commonStart(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  return at;
}

function clip(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

export function describeDifference(difference: Difference): string {
  const place = describePointer(difference.pointer);
  if (difference.kind === 'moved') return `${place} moved from ${difference.from ?? ''}`;
  const [from, to] = describeSides(difference.pointer, difference.baseline, difference.candidate);
  return `${place} ${from} → ${to}`;
}

/** Why a result is not `matched`, or how a run that is still open would go on, in one line; `undefined` for other matches. */
export function summariseResult(result: ReplayResult): string | undefined {
  switch (result.outcome) {
    case 'matched':
      return result.beyond === undefined ? undefined : describeBeyond(result.beyond);
    case 'changed':
      return describeChange(result);
    case 'diverged':
      return result.divergence === null ? 'another way' : describeDivergence(result.divergence);
    case 'unanswered':
      return printable(`${result.unanswered?.step ?? 'a step'}: ${result.unanswered?.reason ?? 'no evidence'}`);
    case 'failed':
      return printable(result.failure?.message ?? 'the candidate failed');
  }
}

function describeChange({ endDifferences, effectDifferences, cut }: ReplayResult): string {
  const parts = endDifferences.slice(0, 2).map(describeDifference);
  if (endDifferences.length > 2) parts.push(`${endDifferences.length - 2} more`);
  const writes = effectDifferences.length + (cut?.effectDifferences ?? 0);
  if (writes > 0) parts.push(`${writes} ${writes === 1 ? 'difference' : 'differences'} in its writes`);
  return parts.join('; ');
}

function describeBeyond(steps: NonNullable<ReplayResult['beyond']>): string {
  const next = steps.slice(0, 3).map(({ step, kind, name }) => (kind === 'end' ? `the end (${name})` : step));
  return printable(`still open; would go on with ${next.join(', ')}${steps.length > 3 ? ', …' : ''}`);
}

/** `assess#1 asks something else (/messages/0/content)`. */
function describeDivergence(divergence: Divergence): string {
  const pointers = divergence.differences
    .slice(0, 3)
    .map(({ pointer }) => describePointer(pointer, wholeOf(divergence)));
  const where = pointers.length === 0 ? '' : ` (${pointers.join(', ')})`;
  return printable(`${divergence.step} ${DIVERGENCE_WORDS[divergence.kind]}${where}`);
}
