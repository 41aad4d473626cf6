/** What changed between two versions, as lines: prompts as a text diff, values as from → to, code files by name. */
import { diffLines, diffWordsWithSpace } from 'diff';
import type { ComponentChange } from '../../artifact/component-change.ts';
import { isJsonObject, type Json } from '../../shared/json.ts';
import { isTooDeep } from '../cut-value.ts';
import { describePointer, describeValue, printable } from '../describe.ts';
import { diffJson } from '../diff-json.ts';
import type { Difference } from '../difference.ts';

/** A piece of a line; `changed` marks the words that differ from the other line. */
export interface LinePart {
  readonly text: string;
  readonly changed: boolean;
}

export interface ChangeLine {
  /** `value` is a line of its own kind: `/temperature 0 → 0.2`. `skip` stands for unchanged lines. */
  readonly kind: 'same' | 'removed' | 'added' | 'value' | 'skip';
  readonly parts: readonly LinePart[];
}

/** Unchanged lines shown around a change. */
const CONTEXT_LINES = 1;
const TEXT_MEMBERS = ['system', 'text'] as const;

/** The name of a changed component: `prompt assess`, `input schema`, `code workflows/refund/workflow.ts`. */
export function changeTitle({ component, name, change }: ComponentChange): string {
  const what = name === '' ? `${component} schema` : `${component} ${printable(name)}`;
  return change === 'changed' ? what : `${what} (${change})`;
}

/** The lines that show a change; none for code, whose files are only named. */
export function changeLines(change: ComponentChange): ChangeLine[] {
  if (change.component === 'code') return [];
  const { baseline, candidate } = change;
  if (change.component !== 'prompt') return valueLines(baseline, candidate);
  const [before, after] = [textMembers(baseline), textMembers(candidate)];
  return [
    ...TEXT_MEMBERS.flatMap((member) => textLines(before[member] ?? '', after[member] ?? '')),
    ...valueLines(withoutTexts(baseline), withoutTexts(candidate)),
  ];
}

function textMembers(prompt: Json | undefined): { system?: string; text?: string } {
  if (typeof prompt === 'string') return { text: prompt };
  if (!isJsonObject(prompt)) return {};
  const { system, text } = prompt;
  return { ...(typeof system === 'string' && { system }), ...(typeof text === 'string' && { text }) };
}

function withoutTexts(prompt: Json | undefined): Json | undefined {
  if (!isJsonObject(prompt)) return undefined;
  return Object.fromEntries(Object.entries(prompt).filter(([key]) => key !== 'text' && key !== 'system'));
}

function valueLines(baseline: Json | undefined, candidate: Json | undefined): ChangeLine[] {
  if (baseline === undefined && candidate === undefined) return [];
  if (baseline === undefined || candidate === undefined) return [valueLine('', baseline, candidate)];
  return diffJson(baseline, candidate).map(differenceLine);
}

/** Texts that are shown as values, on one line. */
const SHORT_TEXT = 40;

/** Differences of two values, each at its place: long texts as a text diff, other values as from → to. `whole` is what all of it is called. */
export function differenceLines(differences: readonly Difference[], whole?: string): ChangeLine[] {
  return differences.flatMap((difference) => {
    const { pointer, baseline, candidate } = difference;
    const areTexts = typeof baseline === 'string' && typeof candidate === 'string';
    if (!areTexts || (isShort(baseline) && isShort(candidate))) return [differenceLine(difference)];
    const place = describePointer(pointer, whole);
    const inside = differencesInside(baseline, candidate);
    if (inside.length > 0)
      return [line('value', `${place}, JSON in a text:`), ...differenceLines(inside).map(indented)];
    return [line('value', place), ...textLines(baseline, candidate)];
  });
}

function indented({ kind, parts }: ChangeLine): ChangeLine {
  return { kind, parts: [{ text: '  ', changed: false }, ...parts] };
}

/** Of two texts that are JSON, such as the saved state of an agent: what differs in them. None when they are not. */
function differencesInside(before: string, after: string): readonly Difference[] {
  const [baseline, candidate] = [documentIn(before), documentIn(after)];
  return baseline === undefined || candidate === undefined ? [] : diffJson(baseline, candidate);
}

/** `undefined` also when it is deeper than it can be walked down: a text has no cut made in it. */
function documentIn(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const document = JSON.parse(text) as Json;
    return isTooDeep(document) ? undefined : document;
  } catch {
    return undefined;
  }
}

function isShort(text: string): boolean {
  return text.length <= SHORT_TEXT && !text.includes('\n');
}

function differenceLine({ pointer, kind, from = '', baseline, candidate }: Difference): ChangeLine {
  return kind === 'moved'
    ? line('value', `${describePointer(pointer)} moved from ${describePointer(from)}`)
    : valueLine(pointer, baseline, candidate);
}

function valueLine(pointer: string, from: Json | undefined, to: Json | undefined): ChangeLine {
  const place = pointer === '' ? '' : `${describePointer(pointer)}  `;
  return line('value', `${place}${describeValue(from)} → ${describeValue(to)}`);
}

function textLines(before: string, after: string): ChangeLine[] {
  if (before === after) return [];
  const changes = diffLines(before, after);
  const lines: ChangeLine[] = [];
  changes.forEach((change, index) => {
    const next = changes[index + 1];
    if (change.removed && next?.added) lines.push(...pairedLines(change.value, next.value));
    else if (change.added && changes[index - 1]?.removed) return;
    else {
      const kind = change.added ? 'added' : change.removed ? 'removed' : 'same';
      lines.push(...splitLines(change.value).map((text) => line(kind, text)));
    }
  });
  return foldSame(lines);
}

/** A block that was replaced: its lines with the words marked that differ. */
function pairedLines(before: string, after: string): ChangeLine[] {
  const words = diffWordsWithSpace(before, after);
  const side = (other: 'added' | 'removed', own: 'added' | 'removed') =>
    partsByLine(
      words.filter((word) => !word[other]).map((word) => ({ text: word.value, changed: word[own] === true })),
    );
  const marked = (kind: 'added' | 'removed', lines: LinePart[][]) => lines.map((parts) => ({ kind, parts }));
  return [...marked('removed', side('added', 'removed')), ...marked('added', side('removed', 'added'))];
}

function partsByLine(parts: readonly LinePart[]): LinePart[][] {
  const lines: LinePart[][] = [[]];
  for (const part of parts) {
    part.text.split('\n').forEach((text, index) => {
      if (index > 0) lines.push([]);
      if (text !== '') lines.at(-1)?.push({ text: printable(text), changed: part.changed });
    });
  }
  return lines.at(-1)?.length === 0 ? lines.slice(0, -1) : lines;
}

function splitLines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

function line(kind: ChangeLine['kind'], text: string): ChangeLine {
  return { kind, parts: [{ text: printable(text), changed: false }] };
}

/** Replaces unchanged lines that are far from any change by one line that counts them. */
function foldSame(lines: readonly ChangeLine[]): ChangeLine[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1).some((one) => one.kind !== 'same'),
  );
  const folded: ChangeLine[] = [];
  let skipped = 0;
  const flush = () => {
    if (skipped > 0) folded.push(line('skip', `… ${skipped} unchanged ${skipped === 1 ? 'line' : 'lines'}`));
    skipped = 0;
  };
  lines.forEach((one, index) => {
    if (near[index]) {
      flush();
      folded.push(one);
    } else skipped += 1;
  });
  flush();
  return folded;
}
