/** The terminal rendering's part on causes: which changes bring each outcome about, and for whom it remains unexplained. */
import { describeCauses } from '../attribution.ts';
import { printable } from '../describe.ts';
import type { Report } from '../report.ts';
import { asideWords, CAUSES_SHOWN, causesByOutcome, type OutcomeCauses } from './causes.ts';
import { type Cell, cell, tableLines, wrapText } from './layout.ts';
import type { Palette, TerminalOptions } from './palette.ts';
import { recordingName } from './words.ts';

export function causeLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const outcomes = causesByOutcome(report);
  const rows = outcomes.flatMap((causes) => causeRows(causes, palette));
  // A cause in plain code is called after a statement, and takes the line.
  const lines =
    report.cohort.kind === 'histories'
      ? rows.flatMap(([cause = cell(''), ...aside]) => [
          ...tableLines([[cause]], width),
          ...tableLines([[cell(' '), ...aside]], width),
        ])
      : tableLines(rows, width);
  const notes = outcomes.flatMap(asideWords);
  return [...lines, ...notes.flatMap((note) => wrapText(note, width - 2).map((line) => `  ${palette.dim(line)}`))];
}

function causeRows({ runs, examined, groups }: OutcomeCauses, palette: Palette): Cell[][] {
  return groups
    .slice(0, CAUSES_SHOWN)
    .map(({ causes, count, example }) => [
      cell(printable(describeCauses(causes)), causes.length === 0 ? palette.yellow : palette.bold, { flexible: true }),
      cell(`${count} of ${examined} ${runs}`),
      cell(`e.g. ${recordingName(example)}`, palette.dim),
    ]);
}
