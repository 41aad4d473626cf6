/** The Markdown rendering's part on what was counted: outcomes, recordings, and what a sample says of all. */
import type { Report } from '../report.ts';
import { details, escapeText, inlineCode, table } from './markdown-pieces.ts';
import { excludedReasons } from './terminal-counts.ts';
import { shareWords } from './terminal-sample.ts';
import { EXCLUDED_MEANING, OUTCOME_MEANING, OUTCOME_ORDER, percentOf } from './words.ts';

export function outcomeTable({ counts }: Report): string[] {
  const rows = OUTCOME_ORDER.map((outcome) => [
    outcome,
    String(counts.outcomes[outcome]),
    percentOf(counts.outcomes[outcome], counts.faithful),
    OUTCOME_MEANING[outcome],
  ]);
  return table(['outcome', 'runs', 'share', ''], rows, [2, 3]);
}

export function recordingSentence({ counts, cohort, excluded, partial }: Report): string {
  const reasons = excludedReasons(excluded).map(
    ({ reason, count }) => `${count} ${reason} (${EXCLUDED_MEANING[reason]})`,
  );
  const left = reasons.length === 0 ? 'none excluded' : `${counts.excluded} excluded: ${reasons.join(', ')}`;
  const seen = partial ? `, of which ${counts.recordings} were seen before the replay was stopped` : '';
  return `${cohort.recordings} recordings in the cohort (${inlineCode(cohort.selection)})${seen}: ${counts.faithful} faithful, ${left}.`;
}

export function sampleSentence({ cohort: { sample } }: Report): string[] {
  if (sample === undefined) return [];
  const rows = sample.strata.map(({ name, population, sampled, changed }) => [
    inlineCode(name),
    String(population),
    String(sampled),
    String(changed),
  ]);
  return [
    '',
    escapeText(shareWords(sample)),
    ...details(
      `The sample: ${sample.strataCount} strata`,
      table(['stratum', 'recordings', 'sampled', 'changed'], rows, [2, 3, 4]),
    ),
  ];
}
