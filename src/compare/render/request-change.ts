/** What a step of plain workflows asks that it did not ask before, shown on one example: its request is all there is to see. */
import { wholeOf } from '../describe.ts';
import type { Divergence } from '../outcome.ts';
import type { DivergenceGroup, Report } from '../report.ts';
import { type ChangeLine, differenceLines } from './change-lines.ts';

/** Groups that are shown with an example; the others are only named. */
const EXAMPLES_SHOWN = 3;

/**
 * The lines of an example's difference. None for missions, whose changed components are shown instead, for groups far down,
 * and for differences that are no request's. What a run hands on as it continues as new is one: no other place shows it.
 */
export function requestChange(report: Report, group: DivergenceGroup): ChangeLine[] {
  if (report.cohort.kind !== 'histories' || report.divergences.indexOf(group) >= EXAMPLES_SHOWN) return [];
  const example = report.results.find(({ recording }) => recording.id === group.example);
  const divergence = example?.detail?.divergence;
  return divergence && isRequest(divergence) ? differenceLines(divergence.differences, wholeOf(divergence)) : [];
}

function isRequest({ kind, baseline, candidate }: Divergence): boolean {
  if (kind === 'request') return true;
  return kind === 'end' && [baseline, candidate].every((end) => end?.name === 'continued-as-new');
}
