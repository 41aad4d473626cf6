/** The colours that a terminal rendering uses. picocolors' object fits. */

export type Paint = (text: string) => string;

export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly underline: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const plain: Paint = (text) => text;

/** No colours: the text holds no escape sequence. */
export const PLAIN: Palette = {
  bold: plain,
  dim: plain,
  underline: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

/** How a report is laid out on a terminal. */
export interface TerminalOptions {
  readonly palette: Palette;
  /** Columns, at least 60. */
  readonly width: number;
}
