/** The terminal rendering's part on coverage: first what changed and was not exercised, then what else nobody came past. */
import type { CoverageReport, CoveredPart } from '../coverage.ts';
import { printable } from '../describe.ts';
import type { Report } from '../report.ts';
import { cell, tableLines, wrapText } from './layout.ts';
import type { TerminalOptions } from './palette.ts';
import { plural } from './words.ts';

const PARTS_SHOWN = 10;

export function coverageLines({ coverage }: Report, { palette, width }: TerminalOptions): string[] {
  if (coverage === undefined || coverage.recordings === 0) return [];
  const missed = coverage.changes.filter(({ exercised }) => exercised === 'no');
  const partial = partlyCovered(coverage);
  const rows = [
    ...missed.map(({ component, name }) => [
      cell(printable(`${component} ${name}`.trim()), palette.bold, { flexible: true }),
      cell('changed, and exercised by no recording', palette.red, { flexible: true }),
    ]),
    ...partial.slice(0, PARTS_SHOWN).map((part) => [
      cell(printable(partName(part)), palette.bold, { flexible: true }),
      cell(`${plural(part.runs, 'run')}, never ${printable(neverTaken(part).join(', '))}`, palette.yellow, {
        flexible: true,
      }),
    ]),
  ];
  const more = partial.length > PARTS_SHOWN ? [`and ${partial.length - PARTS_SHOWN} more, in report.json`] : [];
  return [
    ...wrapped(coverageWords(coverage), width).map((line) => `  ${line}`),
    ...tableLines(rows, width),
    ...[...unreachedWords(coverage), ...more]
      .flatMap((text) => wrapped(text, width))
      .map((line) => `  ${palette.dim(line)}`),
  ];
}

function wrapped(text: string, width: number): string[] {
  return wrapText(text, width - 2);
}

/** `7 ways in 214 recordings; 12 of 14 prompts, models, tools and decisions used`. */
export function coverageWords({ recordings, paths, parts }: CoverageReport): string {
  const declared = parts.filter(({ part }) => part !== 'step');
  const used = declared.filter(({ runs }) => runs > 0).length;
  const isPlain = declared.some(({ part }) => part === 'function');
  const what = isPlain ? 'functions run' : 'prompts, models, tools and decisions used';
  const share = declared.length === 0 ? '' : `; ${used} of ${declared.length} ${what}`;
  return `${plural(paths, 'way')} in ${plural(recordings, 'recording')}${share}`;
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
  const idle = compareRules.filter(({ runs }) => runs === 0).map(({ place }) => place);
  return [
    ...(never.length === 0 ? [] : [`Never used: ${printable(never.join(', '))}`]),
    ...(unknown.length === 0
      ? []
      : [`Changed, and no step tells whether it was exercised: ${printable(unknown.join(', '))}`]),
    ...(idle.length === 0 ? [] : [`Compare rules that forgave nothing: ${printable(idle.join(', '))}`]),
  ];
}

export function partName({ part, kind, name }: CoveredPart): string {
  return `${kind ?? part} ${name}`;
}
