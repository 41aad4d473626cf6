/** The terminal rendering's part on coverage: first what changed and was not exercised, then what else nobody came past. */
import type { CoverageReport, CoveredPart } from '../coverage.ts';
import { printable } from '../describe.ts';
import type { Report } from '../report.ts';
import { cell, tableLines, wrapText } from './layout.ts';
import type { TerminalOptions } from './palette.ts';
import { plural } from './words.ts';

const PARTS_SHOWN = 10;
const MISSED_SHOWN = 20;

export const NOT_EXERCISED = 'changed, and exercised by no recording';

/** What changed and was not exercised: `prompt judge`, of code each line. */
export function missedChanges({
  changes,
}: CoverageReport): readonly { readonly what: string; readonly text: string }[] {
  return changes.flatMap(({ component, name, exercised, missed, missedCount = 0 }) => {
    if (exercised !== 'no' && exercised !== 'partly') return [];
    if (missed === undefined) return [{ what: `${component} ${name}`.trim(), text: '' }];
    const left = missedCount - missed.length;
    return [
      ...missed.map(({ place, text, isRemoved }) => ({
        what: `${component} ${place}${isRemoved ? ' (removed)' : ''}`,
        text,
      })),
      ...(left > 0 ? [{ what: `${component} ${name}`, text: `and ${left} lines more` }] : []),
    ];
  });
}

export function coverageLines(report: Report, options: TerminalOptions): string[] {
  return [...exercisedLines(report, options), ...dimLines(idleReadsWords(report), options)];
}

function exercisedLines({ coverage }: Report, options: TerminalOptions): string[] {
  const { palette, width } = options;
  if (coverage === undefined) return [];
  const stopped = stoppedWords(coverage)
    .flatMap((text) => wrapped(text, width))
    .map((line) => `  ${palette.yellow(line)}`);
  if (coverage.recordings === 0) return stopped;
  const missed = missedChanges(coverage);
  const partial = partlyCovered(coverage);
  const rows = [
    ...missed
      .slice(0, MISSED_SHOWN)
      .map(({ what, text }) => [
        cell(printable(what), palette.bold, { flexible: true }),
        cell(printable(`${NOT_EXERCISED}${text === '' ? '' : `: ${text}`}`), palette.red, { flexible: true }),
      ]),
    ...partial.slice(0, PARTS_SHOWN).map((part) => [
      cell(printable(partName(part)), palette.bold, { flexible: true }),
      cell(`${plural(part.runs, 'run')}, never ${printable(neverTaken(part).join(', '))}`, palette.yellow, {
        flexible: true,
      }),
    ]),
  ];
  const more = [
    ...(missed.length > MISSED_SHOWN ? [`and ${missed.length - MISSED_SHOWN} more changes, in report.json`] : []),
    ...(partial.length > PARTS_SHOWN ? [`and ${partial.length - PARTS_SHOWN} more, in report.json`] : []),
  ];
  return [
    ...wrapped(coverageWords(coverage), width).map((line) => `  ${line}`),
    ...stopped,
    ...tableLines(rows, width),
    ...dimLines([...unreachedWords(coverage), ...more], options),
  ];
}

function dimLines(texts: readonly string[], { palette, width }: TerminalOptions): string[] {
  return texts.flatMap((text) => wrapped(text, width)).map((line) => `  ${palette.dim(line)}`);
}

function wrapped(text: string, width: number): string[] {
  return wrapText(text, width - 2);
}

/** `7 ways in 214 recordings; 12 of 14 prompts, models, tools and decisions used; 9 of 11 functions run in 100 of them`. */
export function coverageWords({ recordings, paths, parts, code }: CoverageReport): string {
  const isDeclared = ({ part }: CoveredPart) => part !== 'step' && part !== 'function';
  const share = (of: readonly CoveredPart[], what: string): string[] =>
    of.length === 0 ? [] : [`${of.filter(({ runs }) => runs > 0).length} of ${of.length} ${what}`];
  const counted =
    code === undefined || code.walked === code.of ? '' : `, counted in ${code.walked} of ${code.of} recordings`;
  return [
    `${plural(paths, 'way')} in ${plural(recordings, 'recording')}`,
    ...share(parts.filter(isDeclared), 'prompts, models, tools and decisions used'),
    ...share(
      parts.filter(({ part }) => part === 'function'),
      `functions run${counted}`,
    ),
  ].join('; ');
}

/** Why code was not counted in all recordings that were to be: at most one sentence. */
export function stoppedWords({ code }: CoverageReport): readonly string[] {
  if (code?.stopped === undefined) return [];
  return [`Code coverage was given up after ${code.walked} of ${code.of} recordings: ${printable(code.stopped)}`];
}

/** Parts that were used, and have a branch that was not taken. */
export function partlyCovered({ parts }: CoverageReport): readonly CoveredPart[] {
  return parts.filter((part) => part.runs > 0 && neverTaken(part).length > 0);
}

export function neverTaken({ branches }: CoveredPart): readonly string[] {
  return branches.filter(({ runs }) => runs === 0).map(({ branch }) => branch);
}

/** What is declared and was never used, and of which changes nobody can tell: a sentence each. */
export function unreachedWords({ parts, changes, compareRules }: CoverageReport): readonly string[] {
  const never = parts.filter(({ runs }) => runs === 0).map(partName);
  const unknown = changes
    .filter(({ exercised }) => exercised === 'unknown')
    .map(({ component, name }) => `${component} ${name}`);
  const idleChanges = changes
    .filter(({ component, runs = 0, differing }) => component === 'rule' && runs > 0 && differing === 0)
    .map(({ name, runs = 0 }) => `${name} (${plural(runs, 'run')})`);
  const idle = compareRules.filter(({ runs }) => runs === 0).map(({ place }) => place);
  return [
    ...(never.length === 0 ? [] : [`Never used: ${printable(never.join(', '))}`]),
    ...(unknown.length === 0
      ? []
      : [`Changed, and nothing tells whether it was exercised: ${printable(unknown.join(', '))}`]),
    ...(idleChanges.length === 0
      ? []
      : [`Rules that changed and were read, in runs that all match: ${printable(idleChanges.join(', '))}`]),
    ...(idle.length === 0
      ? []
      : [`Compare rules and volatile fields that forgave nothing: ${printable(idle.join(', '))}`]),
  ];
}

/** What the policy declares to be a read, and no run asked for: at most one sentence. */
export function idleReadsWords({ reads = [], counts }: Report): readonly string[] {
  const idle = counts.faithful === 0 ? [] : reads.filter(({ runs }) => runs === 0).map(({ name }) => name);
  return idle.length === 0 ? [] : [`Reads of the policy that no run asked for: ${printable(idle.join(', '))}`];
}

export function partName({ part, kind, name }: CoveredPart): string {
  return `${kind ?? part} ${part === 'function' ? name.replace(/^workflows\/[^/]+\//, '') : name}`;
}
