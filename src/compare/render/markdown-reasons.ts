/** The Markdown rendering's part on why runs come out otherwise: it was meant, it is noise, or which change brings it about. */
import { describeCauses } from '../attribution.ts';
import type { Report } from '../report.ts';
import { asideWords, CAUSES_SHOWN, causesByOutcome } from './causes.ts';
import { escapeText, inlineCode, table } from './markdown-pieces.ts';
import { intendedWords } from './terminal-intended.ts';
import { noiseWords, percentOf, recordingName } from './words.ts';

export function intendedTable({ intended }: Report): string[] {
  if (intended === undefined) return [];
  const rows = intended.changes.map((change) => [
    inlineCode(change.name),
    intendedWords(change),
    inlineCode(change.reason),
    inlineCode(change.owner),
    change.example === undefined ? '' : inlineCode(recordingName(change.example)),
  ]);
  return ['', '**What was meant to change**', '', ...table(['change', '', 'reason', 'owner', 'example'], rows, [])];
}

export function noiseTable({ noise }: Report): string[] {
  if (noise === undefined) return [];
  const rows = noise.fields.map((field) => [
    inlineCode(`${field.part} ${field.name}`),
    percentOf(field.baseline.differing, field.baseline.draws),
    percentOf(field.candidate.differing, field.candidate.draws),
    String(field.p),
    String(field.q),
    field.class,
  ]);
  return [
    '',
    '**Noise of the models** (share of draws that differ from what was recorded)',
    '',
    ...table(['field', 'baseline', 'candidate', 'p', 'q', ''], rows, [2, 3, 4, 5]),
    '',
    escapeText(noiseWords(noise)),
  ];
}

/** Why runs came out otherwise, as found by swapping each change into the baseline. */
export function causeList(report: Report): string[] {
  const lines = causesByOutcome(report).flatMap((causes) => {
    const { runs, examined, groups } = causes;
    return [
      ...groups.slice(0, CAUSES_SHOWN).map(({ causes: sets, count, example }) => {
        const words = escapeText(describeCauses(sets));
        return `- ${count} of ${examined} ${runs}: ${words} (e.g. ${inlineCode(recordingName(example))})`;
      }),
      ...asideWords(causes).map((words) => `- ${words}`),
    ];
  });
  return lines.length === 0 ? [] : ['', '**Why** (each change was swapped into the baseline)', '', ...lines];
}
