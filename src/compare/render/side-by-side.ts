/** Two traces of one recording side by side: what the baseline did, what the candidate did instead. */
import stringWidth from 'string-width';
import type { RunEnd, Trace, TraceStep } from '../../recording/trace.ts';
import { isJsonObject, type Json } from '../../shared/json.ts';
import { alignByKey } from '../align.ts';
import {
  describePointer,
  describeSides,
  describeValue,
  printable,
  summariseResult,
  WHOLE_REQUEST,
} from '../describe.ts';
import { diffJson } from '../diff-json.ts';
import type { Difference } from '../difference.ts';
import type { ReplayedStep, ReplayResult } from '../outcome.ts';
import { type Cell, cell, clipToWidth, tableLines, wrapText } from './layout.ts';
import type { Palette, TerminalOptions } from './palette.ts';
import { recordingName } from './words.ts';

/** Differences shown below one pair of steps. */
const DIFFERENCES_SHOWN = 3;

interface Row {
  readonly baseline?: TraceStep;
  readonly candidate?: ReplayedStep;
  readonly differences: readonly Difference[];
}

/**
 * The recorded trace on the left, the candidate's steps on the right, steps of the same id in one row.
 *
 * @param trace the recording's trace.
 * @param result the replay of the same recording.
 */
export function renderSideBySide(trace: Trace, result: ReplayResult, options: TerminalOptions): string {
  const { palette, width } = options;
  const first = result.divergence?.step;
  const rows = alignSteps(trace.steps, result.outcome === 'matched' ? asReplayed(trace.steps) : stepsOf(result));
  const half = Math.max(16, Math.floor((width - 9) / 2));
  const title = `${recordingName(result.recording.id)}  ${result.outcome}`;
  const body = rows.flatMap((row) => rowLines(row, first, half, options));
  return [
    palette.bold(title),
    ...wrapText(summariseResult(result) ?? 'The candidate takes the same steps to the same end.', width - 2).map(
      (line) => `  ${palette.dim(line)}`,
    ),
    '',
    ...tableLines([[cell(' '), fixed('baseline', half, palette.bold), cell('candidate', palette.bold)]], width, 2),
    ...body,
    '',
    ...endLines(result, half, options),
    '',
  ].join('\n');
}

/**
 * The end has lines of its own below, and markers of the SDK say nothing to a reader. That a step was cancelled stands beside it; only
 * the cancellation that is the first difference is a step of its own.
 */
function stepsOf({ steps, divergence }: ReplayResult): ReplayedStep[] {
  return steps.filter(
    ({ id, kind }) =>
      kind !== 'end' && kind !== 'patch' && kind !== 'memo' && (kind !== 'cancel' || id === divergence?.step),
  );
}

/** Steps in the candidate's order; those that it does not take stand where the baseline took them. */
function alignSteps(baseline: readonly TraceStep[], candidate: readonly ReplayedStep[]): Row[] {
  const { pairs, moved, removed } = alignByKey(
    baseline.map((step) => step.id),
    candidate.map((step) => step.id),
  );
  const partner = new Map([...pairs, ...moved].map(([from, to]) => [to, from]));
  const missing = [...removed];
  const rows: Row[] = [];
  candidate.forEach((step, index) => {
    const from = partner.get(index);
    const before = from === undefined ? undefined : baseline[from];
    while (from !== undefined && (missing[0] ?? Number.POSITIVE_INFINITY) < from) {
      rows.push({ baseline: baseline[missing.shift() as number] as TraceStep, differences: [] });
    }
    const differences = before === undefined ? [] : stepDifferences(before, step);
    rows.push({ ...(before !== undefined && { baseline: before }), candidate: step, differences });
  });
  const rest = missing.map((index): Row => ({ baseline: baseline[index] as TraceStep, differences: [] }));
  return [...rows, ...rest];
}

function stepDifferences(before: TraceStep, after: ReplayedStep): Difference[] {
  const under = (name: string, from: Json, to: Json) =>
    diffJson(from, to).map((one) => ({ ...one, pointer: `${name}${one.pointer}` }));
  return [...under('request', before.request, after.request), ...under('result', before.result, after.result)];
}

function asReplayed(steps: readonly TraceStep[]): ReplayedStep[] {
  return steps.map(({ id, kind, name, status, request, result }) => ({
    id,
    kind,
    name,
    status,
    request,
    result,
    evidence: 'exact',
  }));
}

function rowLines(row: Row, first: string | undefined, half: number, { palette, width }: TerminalOptions): string[] {
  const [sign, paint] = signOf(row, palette);
  const { baseline, candidate } = row;
  const left = baseline === undefined ? '' : stepWords(baseline, half);
  const right = candidate === undefined ? '' : stepWords(candidate, half);
  const mark = (candidate?.id ?? baseline?.id) === first ? [`  ${palette.yellow('▼  first difference')}`] : [];
  const cells = [cell(sign, paint), fixed(left, half, paint), cell(right, paint, { flexible: true })];
  return [
    ...mark,
    ...tableLines([cells], width),
    ...differenceLines(row.differences, { palette, width }, WHOLE_REQUEST),
  ];
}

/** A step with its result, or why it has none; how it was answered, when not exactly as recorded. */
function stepWords(step: TraceStep | ReplayedStep, maxLength: number): string {
  const grade = 'evidence' in step && step.evidence !== 'exact' ? ` (${step.evidence})` : '';
  const outcome =
    step.status === 'completed' ? describeValue(answerOf(step), maxLength) : `${step.status} ${step.failure ?? ''}`;
  return printable(`${step.id}${grade} ${outcome}`);
}

/** Of a model's response, what the mission reads: the object or the text. */
function answerOf({ kind, result }: TraceStep | ReplayedStep): Json {
  if (kind !== 'model' || !isJsonObject(result)) return result;
  return result['object'] ?? result['text'] ?? result;
}

function signOf(row: Row, palette: Palette): [string, Palette['dim']] {
  if (row.baseline === undefined) return ['+', palette.green];
  if (row.candidate === undefined) return ['-', palette.red];
  return row.differences.length === 0 ? ['=', palette.dim] : ['≠', palette.yellow];
}

function differenceLines(differences: readonly Difference[], { palette, width }: TerminalOptions, whole?: string) {
  const rows = differences.slice(0, DIFFERENCES_SHOWN).map(({ pointer, baseline, candidate }): Cell[] => {
    const [from, to] = describeSides(pointer, baseline, candidate, 48);
    return [
      cell(describePointer(pointer, whole), palette.dim, { flexible: true }),
      cell(from, palette.red, { flexible: true }),
      cell('→', palette.dim),
      cell(to, palette.green, { flexible: true }),
    ];
  });
  const hidden = differences.length - DIFFERENCES_SHOWN;
  return [...tableLines(rows, width, 6), ...(hidden > 0 ? [`      ${palette.dim(`and ${hidden} more`)}`] : [])];
}

function endLines(result: ReplayResult, half: number, { palette, width }: TerminalOptions): string[] {
  const differ = result.endDifferences.length > 0 || result.candidateEnd === null;
  const row = [
    cell(differ ? '≠' : '=', differ ? palette.red : palette.dim),
    fixed(endWords(result.baselineEnd), half),
    cell(result.candidateEnd === null ? `stopped: ${result.outcome}` : endWords(result.candidateEnd), undefined, {
      flexible: true,
    }),
  ];
  return [...tableLines([row], width), ...differenceLines(result.endDifferences, { palette, width })];
}

function endWords(end: RunEnd): string {
  if (end.status === 'completed') return `completed ${describeValue(end.result, 200)}`;
  return end.status === 'failed' ? printable(`failed ${end.failure.type}: ${end.failure.message}`) : end.status;
}

/** A cell of a fixed width, so that the halves stand below each other in every row. */
function fixed(text: string, width: number, paint?: Palette['dim']): Cell {
  const clipped = clipToWidth(text, width);
  return cell(clipped + ' '.repeat(Math.max(0, width - stringWidth(clipped))), paint);
}
