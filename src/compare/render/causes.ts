/** Causes as all renderings of a report tell them: by outcome, each with how many of its runs were looked into. */
import { type CauseGroup, describeCauses } from '../attribution.ts';
import { CAUSED_OUTCOMES } from '../cause-sample.ts';
import type { Report } from '../report.ts';
import { plural } from './words.ts';

/** Causes of one outcome that are shown; the others are counted. */
export const CAUSES_SHOWN = 20;

export interface OutcomeCauses {
  /** `changed runs` */
  readonly runs: string;
  /** How many of them the report counts, and how many of these were looked into. */
  readonly counted: number;
  readonly examined: number;
  readonly groups: readonly CauseGroup[];
}

/** Of every outcome that some run has; nothing where nobody looked. */
export function causesByOutcome(report: Report): OutcomeCauses[] {
  const { attribution, counts } = report;
  if (attribution === undefined) return [];
  if (attribution.groups.some(({ outcome }) => outcome === undefined)) return [causesTogether(report, attribution)];
  return CAUSED_OUTCOMES.flatMap((outcome) => {
    const groups = attribution.groups.filter((group) => group.outcome === outcome);
    const examined = groups.reduce((sum, { count }) => sum + count, 0);
    const counted = counts.outcomes[outcome];
    return counted === 0 ? [] : [{ runs: `${outcome} runs`, counted, examined, groups }];
  });
}

/** Earlier releases did not tell outcomes apart: of missions they looked into changed runs, of plain workflows into all that differ. */
function causesTogether(
  { counts: { faithful, outcomes }, cohort }: Report,
  { examined, groups }: NonNullable<Report['attribution']>,
): OutcomeCauses {
  const { matched, changed } = outcomes;
  return cohort.kind === 'histories'
    ? { runs: 'runs that differ', counted: faithful - matched, examined, groups }
    : { runs: 'changed runs', counted: changed, examined, groups };
}

/** Causes that are not shown, and that it was a sample where it was one: `98 of 1000 changed runs were looked into`. */
export function asideWords({ runs, counted, examined, groups }: OutcomeCauses): string[] {
  const hidden = groups.length - CAUSES_SHOWN;
  return [
    ...(hidden > 0 ? [`and ${plural(hidden, 'more cause')} of ${runs}`] : []),
    ...(examined < counted ? [`${examined} of ${counted} ${runs} were looked into`] : []),
  ];
}

/** As lines of text: `31 of 34 changed runs: prompt assess`. */
export function causeSentences(report: Report): string[] {
  return causesByOutcome(report).flatMap((causes) => {
    const { runs, examined, groups } = causes;
    const shown = groups.slice(0, CAUSES_SHOWN);
    return [
      ...shown.map(({ causes: sets, count }) => `${count} of ${examined} ${runs}: ${describeCauses(sets)}`),
      ...asideWords(causes),
    ];
  });
}
