/** The terminal rendering's first part: what was counted, and what came of it. */
import { printable } from '../describe.ts';
import type { ExcludedRecording, ReplayOutcome } from '../outcome.ts';
import type { Report } from '../report.ts';
import { bar, cell, tableLines } from './layout.ts';
import type { Paint, Palette, TerminalOptions } from './palette.ts';
import {
  EVIDENCE_ORDER,
  EVIDENCE_WORDS,
  EXCLUDED_MEANING,
  faithfulMeaning,
  OUTCOME_MEANING,
  OUTCOME_ORDER,
  percentOf,
  plural,
  recordingName,
} from './words.ts';

/** Denominators first: the cohort, what of it is faithful, what is not counted and why. */
export function recordingLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const { counts, cohort, partial } = report;
  const number = (value: number, paint?: Paint) => cell(String(value), paint, { align: 'right' });
  const text = (words: string, paint: Paint | undefined = palette.dim) => cell(words, paint, { flexible: true });
  const rows = [
    [number(cohort.recordings), cell('in the cohort'), text(printable(cohort.selection))],
    ...(partial
      ? [
          [
            number(counts.recordings, palette.yellow),
            cell('seen', palette.yellow),
            text('the replay was stopped early', palette.yellow),
          ],
        ]
      : []),
    [number(counts.faithful, palette.bold), cell('faithful', palette.bold), text(faithfulMeaning(report))],
    ...(counts.excluded > 0 ? [[number(counts.excluded, palette.yellow), cell('excluded', palette.yellow)]] : []),
    ...excludedReasons(report.excluded).map(({ reason, count }) => [
      number(count, palette.dim),
      cell(`  ${reason}`, palette.dim),
      text(EXCLUDED_MEANING[reason]),
    ]),
  ];
  return tableLines(rows, width);
}

/** Reasons for exclusion with their counts, most frequent first. */
export function excludedReasons(
  excluded: readonly ExcludedRecording[],
): { reason: ExcludedRecording['reason']; count: number }[] {
  const counts = new Map<ExcludedRecording['reason'], number>();
  for (const { reason } of excluded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

/** Outcomes with bars, then where the answers came from and what Temporal's own replayer says. */
export function outcomeLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const { counts } = report;
  const barWidth = width < 96 ? 16 : 28;
  const rows = OUTCOME_ORDER.map((outcome) => {
    const count = counts.outcomes[outcome];
    const paint = count === 0 ? palette.dim : paintOf(outcome, palette);
    const share = counts.faithful === 0 ? 0 : count / counts.faithful;
    return [
      cell(outcome, paint),
      cell(String(count), paint, { align: 'right' }),
      cell(percentOf(count, counts.faithful), palette.dim, { align: 'right' }),
      cell(bar(share, barWidth).padEnd(barWidth), paint),
      cell(OUTCOME_MEANING[outcome], palette.dim, { flexible: true }),
    ];
  });
  return [...tableLines(rows, width), '', ...sourceLines(report, { palette, width })];
}

/** That not all is shown, and that all was compared. */
export function cutWords({ recordings, example }: NonNullable<Report['cut']>): string {
  const gave = `${plural(recordings, 'run')} gave back more than a report keeps (e.g. ${recordingName(example)})`;
  return `${gave}: all of it was compared; long values are shown by their beginning, length and digest`;
}

function sourceLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const { determinismChecked: checked, determinismDisagreements: disagreed } = report.counts;
  const answers = EVIDENCE_ORDER.flatMap((grade) => {
    const count = report.evidence[grade] ?? 0;
    return count === 0 ? [] : [`${count} ${EVIDENCE_WORDS[grade]}`];
  });
  const second =
    disagreed > 0
      ? cell(`disagrees about determinism in ${disagreed} of ${plural(checked, 'run')}`, palette.red, {
          flexible: true,
        })
      : cell(
          checked === 0 ? 'was not asked' : `agrees about determinism in ${checked} of ${plural(checked, 'run')} asked`,
          palette.dim,
          { flexible: true },
        );
  return tableLines(
    [
      [cell('Answers', palette.dim), cell(answers.join(', ') || 'none', palette.dim, { flexible: true })],
      [cell("Temporal's replayer", palette.dim), second],
      ...(report.cut === undefined
        ? []
        : [[cell('Cut', palette.yellow), cell(cutWords(report.cut), palette.yellow, { flexible: true })]]),
    ],
    width,
  );
}

function paintOf(outcome: ReplayOutcome, palette: Palette): Paint {
  switch (outcome) {
    case 'matched':
      return palette.green;
    case 'changed':
    case 'failed':
      return palette.red;
    case 'diverged':
      return palette.cyan;
    case 'unanswered':
      return palette.yellow;
  }
}
