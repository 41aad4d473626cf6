/** What changed between two versions, for a terminal: the definition entry by entry, code file by file. */
import { structuredPatch } from 'diff';
import type { ComponentChange } from '../artifact/component-change.ts';
import { printable } from '../compare/describe.ts';
import { type ChangeLine, changeLines, changeTitle } from '../compare/render/change-lines.ts';
import { CHANGE_SIGNS, changePaint } from '../compare/render/draw-change.ts';
import { clipToWidth } from '../compare/render/layout.ts';
import type { Output } from './output.ts';

const CODE_CONTEXT = 2;
/** A pathological pair of files is not worth a minute. */
const DIFF_TIMEOUT_MS = 2_000;

/**
 * @param most - lines per component; the rest is counted
 */
export function changesText(
  changes: readonly ComponentChange[],
  output: Output,
  most = Number.POSITIVE_INFINITY,
): string[] {
  return changes.flatMap((change) => {
    const lines =
      change.component === 'code'
        ? codeLines(change, output)
        : changeLines(change).map((line) => drawLine(line, output));
    const hidden = lines.length - most;
    return [
      output.palette.bold(changeTitle(change)),
      ...lines.slice(0, most),
      ...(hidden > 0 ? [output.palette.dim(`    and ${hidden} more lines`)] : []),
    ];
  });
}

function drawLine({ kind, parts }: ChangeLine, { palette }: Output): string {
  const paint = changePaint(kind, palette);
  const words = parts.map(({ text, changed }) => paint(changed ? palette.underline(palette.bold(text)) : text));
  return `  ${paint(CHANGE_SIGNS[kind])} ${words.join('')}`.trimEnd();
}

function codeLines({ name, baseline, candidate }: ComponentChange, { palette, width }: Output): string[] {
  const patch = structuredPatch(name, name, asText(baseline), asText(candidate), '', '', {
    context: CODE_CONTEXT,
    timeout: DIFF_TIMEOUT_MS,
  });
  if (patch === undefined) return [palette.dim('    the two files are too different to be shown line by line')];
  return patch.hunks.flatMap(({ oldStart, newStart, lines }) => [
    palette.dim(`  @@ line ${oldStart} → ${newStart}`),
    ...lines.map((line) => {
      const paint = line.startsWith('+') ? palette.green : line.startsWith('-') ? palette.red : palette.dim;
      return `  ${paint(clipToWidth(`${line[0] ?? ' '} ${printable(line.slice(1))}`, width - 2))}`.trimEnd();
    }),
  ]);
}

function asText(value: ComponentChange['baseline']): string {
  return typeof value === 'string' ? value : '';
}
