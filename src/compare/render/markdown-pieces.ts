/** Pieces of GitHub-flavoured Markdown in which text of runs and authors means nothing but itself. */
import { printable } from '../describe.ts';

const ROWS_SHOWN = 25;
const CELL_LENGTH = 160;

/** Folded until somebody asks for it; nothing when there is nothing in it. */
export function details(summary: string, body: readonly string[]): string[] {
  return body.length === 0 ? [] : ['', `<details><summary>${summary}</summary>`, '', ...body, '', '</details>'];
}

/**
 * A table; nothing without rows. Of a long one the beginning, and how much is left.
 *
 * @param right - columns of numbers, from 1
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (right.includes(index + 1) ? '---:' : '---'));
  const hidden = rows.length - ROWS_SHOWN;
  const more = hidden > 0 ? ['', `and ${hidden} more rows`] : [];
  return [line(head), line(rule), ...rows.slice(0, ROWS_SHOWN).map(line), ...more];
}

/** Code within a line and within a table: fenced by more backticks than it holds, its pipes escaped. */
export function inlineCode(text: string): string {
  const whole = printable(text);
  const clipped = whole.length > CELL_LENGTH ? `${whole.slice(0, CELL_LENGTH - 1)}…` : whole;
  const shown = clipped.replaceAll('|', '\\|');
  if (shown.trim() === '') return '';
  const ticks = '`'.repeat(longestRun(shown) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** A block of code, fenced by more backticks than it holds. */
export function fence(language: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const ticks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${ticks}${language}`, ...lines, ticks];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** Our own sentences, with names of versions in them. */
export function escapeText(text: string): string {
  return escapeHtml(printable(text))
    .replaceAll(/[\\`*_[\]|~]/g, '\\$&')
    .replaceAll(/(?<!\w)@/g, '@\u{200B}');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
