/**
 * What a command says.
 *
 * 1. Standard output holds the result and nothing else: text for people, or with `--json` one JSON document.
 * 2. Progress and remarks go to standard error, so a pipe never sees them.
 */
import picocolors from 'picocolors';
import type { Palette } from '../compare/render/palette.ts';
import type { Json } from '../shared/json.ts';
import type { CliIo } from './io.ts';
import { openProgress, type Progress } from './progress.ts';

const WIDTH_DEFAULT = 100;
const WIDTH_MIN = 60;
const WIDTH_MAX = 140;

export interface Output {
  readonly json: boolean;
  readonly palette: Palette;
  /** Columns for text. */
  readonly width: number;
  /** The result. `text` is called only when text is wanted. */
  result(value: unknown, text: () => string | Promise<string>): Promise<void>;
  /** A result that comes line by line: text, or one JSON value per line. */
  line(value: Json, text: string): void;
  /** Text as it is, for results that are files: a report, an export. */
  raw(text: string): void;
  /** A remark for people, on standard error. */
  note(text: string): void;
  /** Progress of something that takes its time. */
  progress(title: string): Progress;
}

export function createOutput(io: CliIo, json: boolean): Output {
  const palette = picocolors.createColors(io.colours);
  const width = Math.min(Math.max(io.columns === 0 ? WIDTH_DEFAULT : io.columns, WIDTH_MIN), WIDTH_MAX);
  return {
    json,
    palette,
    width,
    result: async (value, text) => io.stdout(withLineFeed(json ? JSON.stringify(value, null, 2) : await text())),
    line: (value, text) => io.stdout(withLineFeed(json ? JSON.stringify(value) : text)),
    raw: (text) => io.stdout(text),
    note: (text) => io.stderr(`${palette.dim(text)}\n`),
    progress: (title) => openProgress(io, palette, title),
  };
}

function withLineFeed(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
