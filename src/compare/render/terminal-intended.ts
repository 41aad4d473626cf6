/** The terminal rendering's part on intended changes: what was declared, by whom, and what came of it. */
import { printable } from '../describe.ts';
import type { IntendedTally } from '../intended-tally.ts';
import type { Report } from '../report.ts';
import { cell, tableLines } from './layout.ts';
import type { TerminalOptions } from './palette.ts';
import { plural, recordingName } from './words.ts';

export function intendedLines({ intended }: Report, { palette, width }: TerminalOptions): string[] {
  return (intended?.changes ?? []).flatMap((change) => {
    const { name, owner, reason, states, example } = change;
    const paint = states.missing > 0 ? palette.red : states.happened > 0 ? palette.green : palette.yellow;
    const row = [
      cell(printable(name), palette.bold, { flexible: true }),
      cell(intendedWords(change), paint, { flexible: true }),
      cell(example === undefined ? '' : `e.g. ${recordingName(example)}`, palette.dim),
    ];
    const why = [[cell(`${printable(reason)} (${printable(owner)})`, palette.dim, { flexible: true })]];
    return [...tableLines([row], width), ...tableLines(why, width, 6)];
  });
}

/** `came in 31 of 34 runs, 3 missing`. */
export function intendedWords({ runs, states }: IntendedTally): string {
  if (runs === 0) return 'declared for none of the recordings';
  const { happened, already, missing, unseen } = states;
  return [
    `came in ${happened} of ${plural(runs, 'run')}`,
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(already > 0 ? [`${already} like that before`] : []),
    ...(unseen > 0 ? [`${unseen} without an end`] : []),
  ].join(', ');
}
