/**
 * Which of the runs that did not match are looked into for causes, where there are many.
 *
 * Invariants
 * 1. The same runs, whatever order they come in: of each outcome those with the least digests of their ids. The first by id would be
 *    of one time or of one customer; these are anybody's.
 * 2. No outcome takes the place of another: each has the same share, and what one does not need goes to the others.
 * 3. Never more is held than is looked into.
 */
import { digestOf } from '../shared/digest.ts';
import { byText } from './group-counter.ts';
import type { ReplayOutcome, ReplayResult } from './outcome.ts';

/** Runs that are looked into, unless the policy says otherwise; each needs a replay per changed component. */
const CAUSES_SOUGHT = 200;

/** Runs that were stopped by a limit: whatever does the same takes as long. */
const STOPPED_MAX = 3;

export type CausedOutcome = Exclude<ReplayOutcome, 'matched'>;

/** Outcomes that have causes, in the order in which they are told: what is known to come out otherwise first. */
export const CAUSED_OUTCOMES: readonly CausedOutcome[] = ['changed', 'failed', 'unanswered', 'diverged'];

export interface SampledRun<Kept> {
  readonly id: string;
  readonly outcome: CausedOutcome;
  readonly kept: Kept;
}

interface Ranked<Kept> extends SampledRun<Kept> {
  readonly rank: string;
}

interface Stratum<Kept> {
  readonly most: number;
  count: number;
  /** By rank. */
  runs: Ranked<Kept>[];
}

export class CauseSample<Kept> {
  readonly #most: number;
  readonly #ofOutcome: ReadonlyMap<CausedOutcome, Stratum<Kept>>;
  readonly #stopped: Stratum<Kept> = { most: STOPPED_MAX, count: 0, runs: [] };

  constructor(most: number = CAUSES_SOUGHT) {
    this.#most = most;
    this.#ofOutcome = new Map(CAUSED_OUTCOMES.map((outcome) => [outcome, { most, count: 0, runs: [] }]));
  }

  /** One that matched is left out. */
  add({ recording: { id }, outcome, failure }: Told, kept: Kept): void {
    if (outcome === 'matched') return;
    const isStopped = failure?.isFatal === true || failure?.isEndless === true;
    const stratum = isStopped ? this.#stopped : this.#ofOutcome.get(outcome);
    if (stratum === undefined) return;
    stratum.count += 1;
    insert(stratum.runs, { id, outcome, kept, rank: digestOf(id) });
    const strata = [...this.#ofOutcome.values(), this.#stopped];
    const shares = sharesOf(
      strata.map(({ count, most }) => Math.min(count, most)),
      this.#most,
    );
    for (const [index, { runs }] of strata.entries()) runs.splice(shares[index] ?? 0);
  }

  /** In the order of their ids. */
  get runs(): readonly SampledRun<Kept>[] {
    const strata = [...this.#ofOutcome.values(), this.#stopped];
    return strata.flatMap(({ runs }) => runs).sort((a, b) => byText(a.id, b.id));
  }
}

type Told = Pick<ReplayResult, 'recording' | 'outcome' | 'failure'>;

function insert<Kept>(runs: Ranked<Kept>[], run: Ranked<Kept>): void {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byText(runs[middle]?.rank ?? '', run.rank) < 0) low = middle + 1;
    else high = middle;
  }
  runs.splice(low, 0, run);
}

/** Equal shares, as far as each needs one; what is left over goes to the first. */
function sharesOf(needed: readonly number[], most: number): number[] {
  const shares = needed.map(() => 0);
  for (let left = most; left > 0; ) {
    const open = needed.flatMap((need, index) => (need > (shares[index] ?? 0) ? [index] : []));
    if (open.length === 0) break;
    const least = Math.min(...open.map((index) => (needed[index] ?? 0) - (shares[index] ?? 0)));
    const each = Math.max(1, Math.min(least, Math.floor(left / open.length)));
    const given = open.slice(0, left);
    for (const index of given) shares[index] = (shares[index] ?? 0) + each;
    left -= each * given.length;
  }
  return shares;
}
