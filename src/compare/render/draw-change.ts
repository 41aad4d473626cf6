/** The lines of a change on a terminal: signs, colours, wrapped, what differs within a line emphasised. */
import stringWidth from 'string-width';
import type { ChangeLine } from './change-lines.ts';
import type { Paint, Palette, TerminalOptions } from './palette.ts';

/** Lines of one change that are shown; the rest is in the report, or for `mission diff`. */
const CHANGE_LINES_SHOWN = 14;

/** The lines of one change, indented; of a long change the beginning, and how much is left. */
export function drawChangeLines(lines: readonly ChangeLine[], { palette, width }: TerminalOptions): string[] {
  const shown = lines.slice(0, CHANGE_LINES_SHOWN).flatMap((one) => drawChangeLine(one, palette, width));
  const hidden = lines.length - CHANGE_LINES_SHOWN;
  return [...shown, ...(hidden > 0 ? [`    ${palette.dim(`and ${hidden} more lines`)}`] : [])];
}

/** What a line of a change begins with. */
export const CHANGE_SIGNS: Readonly<Record<ChangeLine['kind'], string>> = {
  same: ' ',
  removed: '-',
  added: '+',
  value: ' ',
  skip: ' ',
};

/** The colour of a line of a change. */
export function changePaint(kind: ChangeLine['kind'], palette: Palette): Paint {
  const paints: Readonly<Record<ChangeLine['kind'], Paint>> = {
    same: palette.dim,
    removed: palette.red,
    added: palette.green,
    value: (text) => text,
    skip: palette.dim,
  };
  return paints[kind];
}

/** One line of a change, wrapped, its changed words emphasised. */
function drawChangeLine(one: ChangeLine, palette: Palette, width: number): string[] {
  const paint = changePaint(one.kind, palette);
  const words = one.parts.flatMap(({ text, changed }) => text.split(/(?<= )/).map((word) => ({ text: word, changed })));
  const lines: { text: string; drawn: string }[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const drawn = paint(word.changed ? palette.underline(palette.bold(word.text)) : word.text);
    if (last !== undefined && stringWidth(last.text + word.text) <= width - 6) {
      lines[lines.length - 1] = { text: last.text + word.text, drawn: last.drawn + drawn };
    } else lines.push({ text: word.text, drawn });
  }
  return lines.map(({ drawn }, index) => `    ${paint(index === 0 ? CHANGE_SIGNS[one.kind] : ' ')} ${drawn}`.trimEnd());
}
