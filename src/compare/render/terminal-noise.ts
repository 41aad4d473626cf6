/** The terminal rendering's part on noise and on what live answers took. */
import { printable } from '../describe.ts';
import type { FieldClass, NoiseField, NoiseReport } from '../noise.ts';
import type { Report } from '../report.ts';
import { type Cell, cell, tableLines, wrapText } from './layout.ts';
import type { Paint, Palette, TerminalOptions } from './palette.ts';
import { liveWords, noiseWords, percentOf, plural } from './words.ts';

const FIELDS_SHOWN = 12;

/** Per field: how often each version differs from what was recorded, and whether chance alone does that. */
export function noiseLines({ noise }: Report, { palette, width }: TerminalOptions): string[] {
  if (noise === undefined) return [];
  const rows = noise.fields.slice(0, FIELDS_SHOWN).map((field) => fieldRow(field, palette));
  const hidden = noise.fieldsTested - rows.length;
  return [
    ...tableLines(
      [
        [cell('', palette.dim), ...['baseline', 'candidate', 'p', 'q'].map((title) => head(title, palette)), cell('')],
        ...rows,
      ],
      width,
    ),
    ...(hidden > 0 ? [`  ${palette.dim(`and ${plural(hidden, 'other field')}`)}`] : []),
    ...sentence(noiseWords(noise), palette, width),
  ];
}

function head(title: string, palette: Palette): Cell {
  return cell(title, palette.dim, { align: 'right' });
}

function fieldRow(field: NoiseField, palette: Palette): Cell[] {
  const { part, name, baseline, candidate, p, q } = field;
  const number = (text: string) => cell(text, undefined, { align: 'right' });
  return [
    cell(printable(part === 'end' || part === 'failure' ? name : `${part} ${name}`), palette.bold, { flexible: true }),
    number(percentOf(baseline.differing, baseline.draws)),
    number(percentOf(candidate.differing, candidate.draws)),
    number(shown(p)),
    number(shown(q)),
    cell(field.class, paintOf(field.class, palette)),
  ];
}

function shown(value: number): string {
  return value < 0.0001 ? '<0.0001' : String(Number(value.toPrecision(2)));
}

function paintOf(found: FieldClass, palette: Palette): Paint {
  return { real: palette.red, unclear: palette.yellow, noise: palette.dim }[found];
}

/** Beside the heading: of how many draws. */
export function noiseAside(noise: NoiseReport | undefined): string {
  return noise === undefined ? '' : `share of ${noise.samples}×${noise.recordings} draws that differ`;
}

/** What asking again took, in one line. */
export function liveLines({ live }: Report, { palette, width }: TerminalOptions): string[] {
  return live === undefined ? [] : sentence(liveWords(live), palette, width);
}

function sentence(text: string, palette: Palette, width: number): string[] {
  return wrapText(text, width - 2).map((line) => `  ${palette.dim(line)}`);
}
