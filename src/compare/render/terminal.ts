/** A report on a terminal, in the order in which a person asks: what came of it, of how many, what, where, why, what now. */
import { shortDigest } from '../../shared/digest.ts';
import { printable } from '../describe.ts';
import type { Report, Verdict } from '../report.ts';
import { changeLines, changeTitle } from './change-lines.ts';
import { drawChangeLines } from './draw-change.ts';
import { cell, clipToWidth, tableLines, wrapText } from './layout.ts';
import { nextSteps } from './next-steps.ts';
import type { Paint, Palette, TerminalOptions } from './palette.ts';
import { causeLines } from './terminal-causes.ts';
import { outcomeLines, recordingLines } from './terminal-counts.ts';
import { coverageLines } from './terminal-coverage.ts';
import { divergenceLines, effectLines, failureLines, flipLines, unansweredLines } from './terminal-groups.ts';
import { intendedLines } from './terminal-intended.ts';
import { liveLines, noiseAside, noiseLines } from './terminal-noise.ts';
import { sampleLines } from './terminal-sample.ts';
import { artifactWords, headline } from './words.ts';

/**
 * The report as text for people.
 *
 * @returns lines separated by line feeds, the last one included; with the plain palette no escape sequences.
 */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const { palette } = options;
  const section = (title: string, aside: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', heading(title, aside, palette), ...lines];
  const faithful = `of ${report.counts.faithful} faithful recordings`;
  return [
    ...headLines(report, options),
    ...section('Recordings', '', recordingLines(report, options)),
    ...section('Outcomes', faithful, outcomeLines(report, options)),
    ...section('Sample', sampleAside(report), sampleLines(report, options)),
    ...section('What would come out differently', 'field, from → to', flipLines(report, options)),
    ...section('What was meant to change', 'declared with the version', intendedLines(report, options)),
    ...section('Noise of the models', noiseAside(report.noise), noiseLines(report, options)),
    ...section('Why', 'found by swapping each change into the baseline', causeLines(report, options)),
    ...section('Writes that would differ', 'none was executed', effectLines(report, options)),
    ...section('Where runs first leave the recorded way', '', divergenceLines(report, options)),
    ...section(`What changed`, between(report), changedLines(report, options)),
    ...section(
      'Coverage',
      `what of ${printable(report.candidate.name)} the recordings exercised`,
      coverageLines(report, options),
    ),
    ...section('What asking anew took', '', liveLines(report, options)),
    ...section('Where the evidence ended', '', unansweredLines(report, options)),
    ...section('Where the candidate failed', '', failureLines(report, options)),
    ...section('Where Temporal’s own replayer disagrees', '', disagreementLines(report, options)),
    '',
    ...verdictLines(report.verdict, options),
    ...section('Next', '', nextLines(report, options)),
    '',
  ].join('\n');
}

function sampleAside({ cohort: { sample } }: Report): string {
  if (sample === undefined) return '';
  return sample.by.length === 0 ? 'drawn evenly' : `${sample.strataCount} strata by ${sample.by.join(', ')}`;
}

function heading(title: string, aside: string, palette: Palette): string {
  return aside === '' ? palette.bold(title) : `${palette.bold(title)}  ${palette.dim(aside)}`;
}

function between(report: Report): string {
  return `${printable(report.baseline.name)} → ${printable(report.candidate.name)}`;
}

const MARKS = { passed: '✓', failed: '✗', inconclusive: '?' } as const;

function verdictPaint({ verdict }: Verdict, palette: Palette): Paint {
  return { passed: palette.green, failed: palette.red, inconclusive: palette.yellow }[verdict];
}

function headLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const paint = verdictPaint(report.verdict, palette);
  const [first = '', ...more] = wrapText(headline(report), width - 2);
  const line = (text: string) => paint(palette.bold(text));
  const about = [
    `candidate ${shortDigest(report.candidate.artifact)}`,
    `baseline ${printable(report.baseline.name)} ${artifactWords(report.baseline)}`,
    `report ${shortDigest(report.digest)}`,
  ].join(' · ');
  return [
    `${line(`${MARKS[report.verdict.verdict]} ${first}`)}`,
    ...more.map((text) => `  ${line(text)}`),
    `  ${palette.dim(clipToWidth(about, width - 2))}`,
  ];
}

function verdictLines(verdict: Verdict, { palette, width }: TerminalOptions): string[] {
  const paint = verdictPaint(verdict, palette);
  const reasons = verdict.reasons.flatMap((reason) =>
    wrapText(printable(reason), width - 4).map((text, index) => `${index === 0 ? '  · ' : '    '}${text}`),
  );
  const warnings = (verdict.warnings ?? []).flatMap((warning) =>
    wrapText(printable(warning), width - 4).map((text, index) =>
      palette.yellow(`${index === 0 ? '  ! ' : '    '}${text}`),
    ),
  );
  return [`${palette.bold('Verdict')}  ${paint(palette.bold(verdict.verdict.toUpperCase()))}`, ...reasons, ...warnings];
}

function changedLines(report: Report, { palette, width }: TerminalOptions): string[] {
  return report.changes.flatMap((change) => {
    const lines = changeLines(change);
    const title = `  ${palette.bold(clipToWidth(changeTitle(change), width - 2))}`;
    const only = lines.length === 1 && lines[0]?.kind === 'value' ? lines[0].parts[0]?.text : undefined;
    if (only !== undefined) {
      return tableLines([[cell(changeTitle(change), palette.bold), cell(only, undefined, { flexible: true })]], width);
    }
    return [title, ...drawChangeLines(lines, { palette, width })];
  });
}

function disagreementLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const rows = report.disagreements
    .slice(0, 5)
    .map(({ recording, ours, official }) => [
      cell(printable(recording), palette.bold, { flexible: true }),
      cell(`ours: ${printable(ours)}`, palette.red, { flexible: true }),
      cell(`Temporal's: ${printable(official)}`, palette.red, { flexible: true }),
    ]);
  return tableLines(rows, width);
}

function nextLines(report: Report, { palette, width }: TerminalOptions): string[] {
  return nextSteps(report).flatMap(({ command, why }) => [
    `  ${palette.cyan(printable(command))}`,
    ...wrapText(why, width - 6).map((text) => `      ${palette.dim(text)}`),
  ]);
}
