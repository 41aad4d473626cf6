/** The Markdown rendering's part on coverage: what no recording exercised, and what none took. */
import type { Report } from '../report.ts';
import { escapeText, inlineCode, table } from './markdown-pieces.ts';
import {
  coverageWords,
  idleReadsWords,
  missedChanges,
  NOT_EXERCISED,
  neverTaken,
  partlyCovered,
  partName,
  stoppedWords,
  unreachedWords,
} from './terminal-coverage.ts';

export function coverageTable(report: Report): string[] {
  const [exercised, idle] = [exercisedTable(report), idleReadsWords(report).map(escapeText)];
  return exercised.length > 0 && idle.length > 0 ? [...exercised, '', ...idle] : [...exercised, ...idle];
}

function exercisedTable({ coverage }: Report): string[] {
  if (coverage === undefined) return [];
  const stopped = stoppedWords(coverage).map(escapeText);
  if (coverage.recordings === 0) return stopped;
  const missed = missedChanges(coverage);
  const rows = [
    ...missed.map(({ what, text }) => [
      inlineCode(what),
      '0',
      text === '' ? NOT_EXERCISED : `${NOT_EXERCISED}: ${inlineCode(text)}`,
    ]),
    ...partlyCovered(coverage).map((part) => [
      inlineCode(partName(part)),
      String(part.runs),
      `never ${codeWords(neverTaken(part))}`,
    ]),
  ];
  return [
    escapeText(coverageWords(coverage)),
    '',
    ...stopped.flatMap((words) => [words, '']),
    ...table(['part', 'runs', ''], rows, [2]),
    ...unreachedWords(coverage).flatMap((words) => ['', escapeText(words)]),
  ];
}

function codeWords(words: readonly string[]): string {
  return words.map(inlineCode).join(', ');
}
