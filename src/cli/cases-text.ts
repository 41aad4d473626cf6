/** Regression cases as people read them. */
import { relative } from 'node:path';
import {
  coverageWords,
  idleReadsWords,
  neverTaken,
  partlyCovered,
  partName,
  stoppedWords,
  unreachedWords,
} from '../compare/render/terminal-coverage.ts';
import { liveWords } from '../compare/render/words.ts';
import type { Report, Verdict } from '../compare/report.ts';
import type { Fixture } from '../recording/fixtures.ts';
import type { CaseResult, TriedCases } from '../release/case-results.ts';
import type { Call } from './command.ts';
import type { Output } from './output.ts';
import { counted } from './words.ts';

/** What a case says of itself. */
export function listLines(
  { directory, case: kept }: Pick<Fixture, 'directory' | 'case'>,
  call: Call<unknown>,
): string[] {
  const { palette } = call.output;
  const guards = kept.guards === undefined ? 'names no change that it guards against' : `guards against ${kept.guards}`;
  return [
    `${palette.bold(relative(call.io.cwd, directory) || directory)}  ${kept.why}`,
    `    ${palette.dim(`${kept.addedBy}, ${kept.addedAt.slice(0, 10)}, ${guards}`)}`,
  ];
}

/** The cases of one mission, and what became of each. */
export function triedText({ report, cases }: TriedCases, call: Call<unknown>): string {
  const { palette } = call.output;
  const marks = { right: palette.green('✓'), wrong: palette.red('✗'), unproven: palette.yellow('?') };
  const lines = cases.flatMap((one: CaseResult) => {
    const [first = '', ...others] = listLines(one, call);
    const detail = one.detail === undefined ? [] : [`    ${one.detail}`];
    return [`${marks[one.verdict]} ${first}`, ...detail, ...(one.verdict === 'right' ? [] : others)];
  });
  const { live } = report;
  const asked = live === undefined ? [] : [palette.dim(`  Asked anew: ${liveWords(live)}`)];
  const covered = [...coverageSentences(report), ...idleReadsWords(report)].map((text) => palette.dim(`  ${text}`));
  return [palette.bold(report.candidate.name), ...lines, ...asked, ...covered].join('\n');
}

/** What of the mission its cases exercised: what they do not, no case guards. */
function coverageSentences({ coverage }: Report): string[] {
  if (coverage === undefined || coverage.recordings === 0) return [];
  const partly = partlyCovered(coverage).map((part) => `${partName(part)} never ${neverTaken(part).join(', ')}`);
  return [
    `Coverage: ${coverageWords(coverage)}`,
    ...stoppedWords(coverage),
    ...(partly.length === 0 ? [] : [`Not every branch: ${partly.join('; ')}`]),
    ...unreachedWords(coverage),
  ];
}

/** All of them in a line. */
export function sumText(tried: readonly TriedCases[], verdict: Verdict['verdict'], { palette }: Output): string {
  const cases = tried.flatMap((one) => one.cases);
  const count = (wanted: CaseResult['verdict']) => cases.filter((one) => one.verdict === wanted).length;
  const parts = [
    `${count('right')} of ${counted(cases.length, 'case')} right`,
    ...(count('wrong') > 0 ? [palette.red(`${count('wrong')} wrong`)] : []),
    ...(count('unproven') > 0 ? [palette.yellow(`${count('unproven')} cannot be told`)] : []),
  ];
  const cut = tried.some(({ report }) => report.partial) ? ' (interrupted: not all were replayed)' : '';
  return `${parts.join(', ')}: ${verdict}${cut}`;
}
