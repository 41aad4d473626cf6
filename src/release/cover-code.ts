/** What of plain workflows the histories exercised: activities by their type, functions, and what in these never ran. */
import { ENTRY, readBundle } from '../artifact/webpack-modules.ts';
import { createCodeCoverage, namedByModules, type TakenStep } from '../compare/code-coverage.ts';
import type { CoverageReport } from '../compare/coverage.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import type { ReplayPolicy } from '../gate/policy.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { codeWalks } from '../replay/code-walks.ts';
import type { ReplaySource } from '../replay/replay-cohort.ts';

/** Each is replayed once more, in one process. */
const COVERED_MAX = 100;

interface CoveredRun {
  readonly source: ReplaySource;
  /** The candidate's own; nothing where it did what is recorded. */
  readonly steps: readonly TakenStep[] | undefined;
}

/** Keeps the runs that are looked at, with their histories: the first by id, in whatever order they come. */
export class CoveredRuns {
  readonly #kept = new Map<string, CoveredRun>();

  /** Code that failed may hang, and is not run again. */
  add(source: ReplaySource, { outcome, steps }: ReplayResult): void {
    if (outcome === 'failed') return;
    this.#kept.set(source.summary.id, { source, steps: outcome === 'matched' ? undefined : steps });
    if (this.#kept.size > COVERED_MAX) this.#kept.delete(lastOf(this.#kept.keys()));
  }

  /** In the order of their ids. */
  get runs(): readonly CoveredRun[] {
    return [...this.#kept].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, run]) => run);
  }
}

function lastOf(ids: Iterable<string>): string {
  let last = '';
  for (const id of ids) if (id > last) last = id;
  return last;
}

function stepsOf({ source, steps = recordedSteps(source) }: CoveredRun): TakenStep[] {
  return steps.filter(({ kind }) => kind === 'activity' || kind === 'child');
}

function recordedSteps({ content }: ReplaySource): TakenStep[] {
  const events = decodeRecordingContent(content).flatMap((history) => history.events ?? []);
  return events.flatMap((event) => {
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name;
    return [
      ...(activity ? [{ kind: 'activity', name: activity }] : []),
      ...(child ? [{ kind: 'child', name: child }] : []),
    ];
  });
}

/**
 * @param runs those that are walked, and of how many they are
 * @returns nothing when there is no run, when it was interrupted, or when the bundle is none of Temporal's bundler. Where counting was given up, that is
 *   said, also of none.
 */
export async function coverCode(
  candidate: { readonly code: string },
  { answers, limits, reads }: ReplayPolicy,
  { runs, of }: { readonly runs: readonly CoveredRun[]; readonly of: number },
  signal: AbortSignal | undefined,
): Promise<CoverageReport | undefined> {
  const isNothingAsked = runs.length === 0 || signal?.aborted === true;
  const bundle = isNothingAsked ? undefined : readBundle(candidate.code);
  if (bundle === undefined) return undefined;
  const modules = [...bundle.modules.values()]
    .map(({ name, start, end }) => ({ name: name === ENTRY ? bundle.entry : name, start, end }))
    .filter(({ name }) => name.startsWith('.'))
    .map((module) => ({ ...module, name: module.name.replace(/^\.\//, '') }));
  const coverage = createCodeCoverage(namedByModules(bundle.code, modules));
  const tasks = runs.map(({ source: { summary, content } }) => ({ summary, content }));
  const byId = new Map(runs.map((run) => [run.source.summary.id, run]));
  const options = { code: candidate.code, definition: undefined, modules, answers, limits, reads };
  let walked = 0;
  const stops: string[] = [];
  for await (const { id, functions } of codeWalks(options, tasks, signal, (reason) => void stops.push(reason))) {
    const run = byId.get(id);
    if (run !== undefined) coverage.add(functions, stepsOf(run));
    walked += 1;
  }
  const [stopped] = stops;
  if (signal?.aborted === true || (walked === 0 && stopped === undefined)) return undefined;
  return { ...coverage.finish(), code: { walked, of, ...(stopped !== undefined && { stopped }) } };
}
