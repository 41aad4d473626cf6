/** The terminal rendering's second part: what differs, grouped, each group with an example. */
import { DIVERGENCE_WORDS, describePointer, describeSides, printable, WHOLE_REQUEST, wholeOf } from '../describe.ts';
import type { FlipGroup, Report } from '../report.ts';
import { changeTitle } from './change-lines.ts';
import { drawChangeLines } from './draw-change.ts';
import { type Cell, cell, tableLines, wrapText } from './layout.ts';
import type { Paint, TerminalOptions } from './palette.ts';
import { requestChange } from './request-change.ts';
import { changeOfStep, EFFECT_WORDS, exampleWords, flipsByField, plural } from './words.ts';

/** Groups of one kind that a terminal shows; the others are counted. */
const GROUPS_SHOWN = 8;

/** Fields of the outcome that flip, from → to. */
export function flipLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const rows = flipsByField(report.flips).flatMap(({ shown, others, otherRuns }) => {
    const lines = shown.map((flip, index) => flipRow(flip, index === 0, palette));
    return others === 0 ? lines : [...lines, othersRow(others, otherRuns, palette.dim)];
  });
  return tableLines(rows, width);
}

function flipRow(flip: FlipGroup, first: boolean, palette: TerminalOptions['palette']): Cell[] {
  const pointer = cell(first ? describePointer(flip.pointer) : '', palette.bold, { flexible: true });
  const runs = cell(plural(flip.count, 'run'), palette.bold, { align: 'right' });
  const example = cell(exampleWords(flip), palette.dim, { flexible: true });
  if (flip.folded !== undefined) {
    return [pointer, cell('other values', palette.dim), cell(''), cell(''), runs, example];
  }
  const [from, to] = describeSides(flip.pointer, flip.from, flip.to);
  return [
    pointer,
    cell(from, palette.red, { flexible: true }),
    cell('→', palette.dim),
    cell(to, palette.green, { flexible: true }),
    runs,
    example,
  ];
}

function othersRow(others: number, runs: number, dim: Paint): Cell[] {
  const words = `and ${plural(others, 'other change')}`;
  return [cell(''), cell(words, dim), cell(''), cell(''), cell(plural(runs, 'run'), dim, { align: 'right' })];
}

/** Writes that would differ. None of them was executed. */
export function effectLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const rows = report.effects
    .slice(0, GROUPS_SHOWN)
    .map((group) => [
      cell(printable(group.tool), palette.bold, { flexible: true }),
      cell(EFFECT_WORDS[group.kind], group.kind === 'moved' ? palette.yellow : palette.red),
      cell(pointersOf(group.pointers, WHOLE_REQUEST), palette.dim, { flexible: true }),
      cell(plural(group.count, 'run'), palette.bold, { align: 'right' }),
      cell(exampleWords(group), palette.dim, { flexible: true }),
    ]);
  return [...tableLines(rows, width), ...hiddenLine(report.effects.length, palette.dim)];
}

/** The first step at which runs leave the recorded way, and what of the same name was changed. */
export function divergenceLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const shown = report.divergences.slice(0, GROUPS_SHOWN);
  const rows = shown.map((group) => [
    cell(printable(group.step), palette.bold, { flexible: true }),
    cell(DIVERGENCE_WORDS[group.kind], palette.cyan),
    cell(pointersOf(group.pointers, wholeOf(group)), palette.dim, { flexible: true }),
    cell(plural(group.count, 'run'), palette.bold, { align: 'right' }),
    cell(exampleWords(group), palette.dim, { flexible: true }),
  ]);
  const lines = tableLines(rows, width).flatMap((line, index) => {
    const group = shown[index];
    if (group === undefined) return [line];
    const changed = changeOfStep(report, group.step);
    const words = changed && `    ${palette.yellow(`${changeTitle(changed)} is what changed there`)}`;
    const request = drawChangeLines(requestChange(report, group), { palette, width });
    return [line, ...(words === undefined ? [] : [words]), ...request];
  });
  return [...lines, ...hiddenLine(report.divergences.length, palette.dim)];
}

/** Where runs asked what their recording cannot answer, and what would let them go on. */
export function unansweredLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const lines = report.unanswered
    .slice(0, GROUPS_SHOWN)
    .flatMap((group) => [
      ...tableLines(
        [
          [
            cell(printable(group.step), palette.bold, { flexible: true }),
            cell(plural(group.count, 'run'), palette.bold),
            cell(exampleWords(group), palette.dim),
          ],
        ],
        width,
      ),
      ...indented(printable(group.reason), width, palette.yellow),
      ...(group.remedy === '' ? [] : indented(`to go on: ${printable(group.remedy)}`, width, palette.cyan)),
    ]);
  return [...lines, ...hiddenLine(report.unanswered.length, palette.dim)];
}

/** What the candidate's own code threw. */
export function failureLines(report: Report, { palette, width }: TerminalOptions): string[] {
  const lines = report.failures
    .slice(0, GROUPS_SHOWN)
    .flatMap((group) => [
      ...tableLines(
        [
          [
            cell(printable(group.step ?? 'workflow'), palette.bold, { flexible: true }),
            cell(plural(group.count, 'run'), palette.bold),
            cell(exampleWords(group), palette.dim),
          ],
        ],
        width,
      ),
      ...indented(printable(group.message), width, palette.red),
    ]);
  return [...lines, ...hiddenLine(report.failures.length, palette.dim)];
}

function indented(text: string, width: number, paint: Paint): string[] {
  return wrapText(text, width - 4).map((line) => `    ${paint(line)}`);
}

function pointersOf(pointers: readonly string[], whole: string | undefined): string {
  const shown = pointers.slice(0, 3).map((pointer) => describePointer(pointer, whole));
  return shown.join(', ');
}

function hiddenLine(count: number, dim: Paint): string[] {
  return count > GROUPS_SHOWN ? [`  ${dim(`and ${count - GROUPS_SHOWN} more kinds`)}`] : [];
}
