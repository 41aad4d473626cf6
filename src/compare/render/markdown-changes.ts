/** The Markdown rendering's part on what changed between two versions. */
import type { Report } from '../report.ts';
import { type ChangeLine, changeLines, changeTitle } from './change-lines.ts';
import { fence, inlineCode } from './markdown-pieces.ts';

const CHANGES_SHOWN = 20;
const CHANGE_LINES_SHOWN = 60;
const LINE_LENGTH = 200;

const DIFF_SIGNS: Readonly<Record<ChangeLine['kind'], string>> = {
  same: ' ',
  removed: '-',
  added: '+',
  value: '!',
  skip: '#',
};

export function changeBlocks({ changes }: Report): string[] {
  const shown = changes.slice(0, CHANGES_SHOWN).flatMap((change) => {
    return [`- ${inlineCode(changeTitle(change))}`, ...diffBlock(changeLines(change))];
  });
  return changes.length > CHANGES_SHOWN ? [...shown, `- and ${changes.length - CHANGES_SHOWN} more`] : shown;
}

/** Lines of a change as a block that GitHub colours. */
export function diffBlock(changed: readonly ChangeLine[]): string[] {
  if (changed.length === 0) return [];
  const lines = changed.map((one) => {
    const text = `${DIFF_SIGNS[one.kind]} ${one.parts.map((part) => part.text).join('')}`;
    return text.length > LINE_LENGTH ? `${text.slice(0, LINE_LENGTH - 1)}…` : text;
  });
  const more = lines.length - CHANGE_LINES_SHOWN;
  const block = [...lines.slice(0, CHANGE_LINES_SHOWN), ...(more > 0 ? [`# and ${more} more lines`] : [])];
  return ['', ...fence('diff', block), ''];
}
