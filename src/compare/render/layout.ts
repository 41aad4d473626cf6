/** Laying out text in columns that a terminal shows, wide characters counted as wide. */
import stringWidth from 'string-width';
import type { Paint } from './palette.ts';

export interface Cell {
  /** Plain text of one line, without escape sequences. */
  readonly text: string;
  readonly paint?: Paint | undefined;
  readonly align?: 'right';
  /** Gives way first when the table is too wide. */
  readonly flexible?: boolean;
}

const GAP = '  ';
const MIN_FLEXIBLE = 8;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A cell from a text. */
export function cell(text: string, paint?: Paint, options: Omit<Cell, 'text' | 'paint'> = {}): Cell {
  return { text, paint, ...options };
}

/** Rows with aligned columns, each at most `width` columns wide, indented. */
export function tableLines(rows: readonly (readonly Cell[])[], width: number, indent = 2): string[] {
  const widths = columnWidths(rows, width - indent);
  return rows.map((row) => {
    const cells = row.map((one, index) => drawCell(one, widths[index] ?? 0, index === row.length - 1));
    return `${' '.repeat(indent)}${cells.join(GAP)}`.trimEnd();
  });
}

function columnWidths(rows: readonly (readonly Cell[])[], available: number): number[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const cellsOf = (column: number) => rows.flatMap((row) => row[column] ?? []);
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...cellsOf(column).map((one) => stringWidth(one.text))),
  );
  const flexible = widths.map((_, column) => cellsOf(column).some((one) => one.flexible === true));
  const excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns - 1) - available;
  for (let taken = 0; taken < excess; taken += 1) {
    const narrowed = widest(widths, (column, one) => flexible[column] === true && one > MIN_FLEXIBLE);
    const column = narrowed === -1 ? widest(widths, (_, one) => one > 1) : narrowed;
    if (column === -1) break;
    widths[column] = (widths[column] ?? 1) - 1;
  }
  return widths;
}

function widest(widths: readonly number[], mayShrink: (column: number, width: number) => boolean): number {
  return widths.reduce(
    (best, width, column) => (mayShrink(column, width) && width > (widths[best] ?? 0) ? column : best),
    -1,
  );
}

function drawCell(one: Cell, width: number, last: boolean): string {
  const text = clipToWidth(one.text, width);
  const padding = ' '.repeat(Math.max(0, width - stringWidth(text)));
  const painted = one.paint === undefined ? text : one.paint(text);
  if (one.align === 'right') return padding + painted;
  return last ? painted : painted + padding;
}

/** The beginning of a text, as wide as fits; what was cut ends in `…`. */
export function clipToWidth(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let clipped = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    clipped += segment;
  }
  return `${clipped}…`;
}

/** A text on as many lines as it needs; words that are wider than a line are clipped. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = clipToWidth(word, width);
    }
  }
  return [...lines, line];
}

/** A bar for a share of 0 to 1, in eighths of a column; a share above nothing is always seen. */
export function bar(share: number, width: number): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(share * width * 8));
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return '█'.repeat(Math.floor(eighths / 8)) + rest;
}
