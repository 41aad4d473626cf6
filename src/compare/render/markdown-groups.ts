/** The Markdown rendering's part on what differs, grouped, each group with an example. */
import { DIVERGENCE_WORDS, describePointer, describeSides, WHOLE_REQUEST, wholeOf } from '../describe.ts';
import type { Group, Report } from '../report.ts';
import { diffBlock } from './markdown-changes.ts';
import { inlineCode, table } from './markdown-pieces.ts';
import { requestChange } from './request-change.ts';
import { EFFECT_WORDS, flipsByField, recordingName } from './words.ts';

export function flipTable({ flips }: Report): string[] {
  if (flips.length === 0) return [];
  const rows = flipsByField(flips).flatMap(({ shown, others, otherRuns }) => [
    ...shown.map((flip) => {
      const [from, to] = describeSides(flip.pointer, flip.from, flip.to, 80);
      const sides = flip.folded === undefined ? [inlineCode(from), inlineCode(to)] : ['other values', ''];
      return [inlineCode(describePointer(flip.pointer)), ...sides, String(flip.count), example(flip)];
    }),
    ...(others === 0 ? [] : [['', `and ${others} other changes`, '', String(otherRuns), '']]),
  ]);
  return [
    '',
    '**What would come out differently**',
    '',
    ...table(['field', 'from', 'to', 'runs', 'example'], rows, [4]),
  ];
}

export function effectTable({ effects }: Report): string[] {
  const rows = effects.map((group) => [
    inlineCode(group.tool),
    EFFECT_WORDS[group.kind],
    codeList(group.pointers, WHOLE_REQUEST),
    String(group.count),
    example(group),
  ]);
  return table(['write', '', 'where', 'runs', 'example'], rows, [4]);
}

export function divergenceTable(report: Report): string[] {
  const rows = report.divergences.map((group) => [
    inlineCode(group.step),
    DIVERGENCE_WORDS[group.kind],
    codeList(group.pointers, wholeOf(group)),
    String(group.count),
    example(group),
  ]);
  const requests = report.divergences.flatMap((group) => {
    const lines = requestChange(report, group);
    return lines.length === 0 ? [] : ['', `${inlineCode(group.step)}, in ${example(group)}:`, ...diffBlock(lines)];
  });
  return [...table(['step', '', 'where', 'runs', 'example'], rows, [4]), ...requests];
}

export function unansweredTable({ unanswered }: Report): string[] {
  const rows = unanswered.map((group) => [
    inlineCode(group.step),
    inlineCode(group.reason),
    inlineCode(group.remedy),
    String(group.count),
    example(group),
  ]);
  return table(['step', 'why', 'to go on', 'runs', 'example'], rows, [4]);
}

export function failureTable({ failures }: Report): string[] {
  const rows = failures.map((group) => [
    inlineCode(group.step ?? 'workflow'),
    inlineCode(group.message),
    String(group.count),
    example(group),
  ]);
  return table(['step', 'failure', 'runs', 'example'], rows, [3]);
}

function example(group: Group): string {
  return group.folded === undefined ? inlineCode(recordingName(group.example)) : `${group.folded} kinds together`;
}

function codeList(pointers: readonly string[], whole: string | undefined): string {
  return pointers
    .slice(0, 3)
    .map((pointer) => inlineCode(describePointer(pointer, whole)))
    .join(', ');
}
