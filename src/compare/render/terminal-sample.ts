/** The terminal rendering's part on a sample: what it says of all recordings, and which strata it was taken from. */
import { printable } from '../describe.ts';
import type { EstimatedShare, ReportedSample } from '../population.ts';
import type { Report } from '../report.ts';
import { cell, tableLines, wrapText } from './layout.ts';
import type { TerminalOptions } from './palette.ts';
import { OUTCOME_ORDER, plural } from './words.ts';

const STRATA_SHOWN = 8;

export function sampleLines({ cohort: { sample } }: Report, { palette, width }: TerminalOptions): string[] {
  if (sample === undefined) return [];
  const number = (value: number) => cell(String(value), undefined, { align: 'right' });
  const rows = sample.strata
    .slice(0, STRATA_SHOWN)
    .map(({ name, population, sampled, changed }) => [
      number(sampled),
      cell('of'),
      number(population),
      cell(changed > 0 ? `${changed} changed` : '', palette.red),
      cell(printable(name), palette.dim, { flexible: true }),
    ]);
  const hidden = sample.strataCount - rows.length;
  const notes = [shareWords(sample), ...(hidden > 0 ? [`and ${plural(hidden, 'more stratum', 'more strata')}`] : [])];
  return [
    ...tableLines(rows, width),
    ...notes.toReversed().flatMap((note) => wrapText(note, width - 2).map((line) => `  ${palette.dim(line)}`)),
  ];
}

/** `Of all 1,204: matched 95.8 % (93.1–97.5 %), changed 4.2 % (2.5–6.9 %).` */
export function shareWords({ population, unseen, shares }: ReportedSample): string {
  const told = OUTCOME_ORDER.filter((outcome) => shares[outcome].share > 0 || outcome === 'changed');
  const words = told.map((outcome) => `${outcome} ${intervalWords(shares[outcome])}`);
  const left = unseen > 0 ? ` Nothing is said of ${unseen} in strata of which none was judged.` : '';
  return `Of all ${population.toLocaleString('en')}, with 95 % confidence: ${words.join(', ')}.${left}`;
}

function intervalWords({ share, low, high }: EstimatedShare): string {
  return `${percent(share)} % (${percent(low)}–${percent(high)} %)`;
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}
