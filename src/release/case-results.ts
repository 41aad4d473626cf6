/** What becomes of regression cases, of missions and of plain workflows. */
import { summariseResult } from '../compare/describe.ts';
import type { ExcludedRecording, ReplayResult } from '../compare/outcome.ts';
import type { Report, Verdict } from '../compare/report.ts';
import { type FixtureCase, fixtureInvalid } from '../recording/fixture-case.ts';
import type { Fixture } from '../recording/fixtures.ts';

export interface CaseResult {
  readonly directory: string;
  readonly case: FixtureCase;
  readonly verdict: 'right' | 'wrong' | 'unproven';
  /** What is wrong, or why it cannot be told; absent when `right`. */
  readonly detail?: string;
}

export interface TriedCases {
  /** By folder. A case that was not reached before an interrupt is missing. */
  readonly cases: readonly CaseResult[];
  readonly report: Report;
}

const VERDICTS = {
  matched: 'right',
  diverged: 'right',
  changed: 'wrong',
  failed: 'wrong',
  unanswered: 'unproven',
} as const;

/** Takes down each case as it is settled. */
export class CaseResults {
  readonly #byId = new Map<string, Fixture>();
  readonly #settled: CaseResult[] = [];
  readonly #onCase: ((result: CaseResult) => void) | undefined;

  /** @throws MissionError `FIXTURE_INVALID` when a run is kept twice: two cases could contradict each other. */
  constructor(fixtures: readonly Fixture[], onCase?: (result: CaseResult) => void) {
    this.#onCase = onCase;
    for (const fixture of fixtures) {
      const other = this.#byId.get(fixture.recording.id);
      if (other !== undefined) throw fixtureInvalid(fixture.directory, '', `it is the run of ${other.directory} again`);
      this.#byId.set(fixture.recording.id, fixture);
    }
  }

  exclude({ recording, detail }: ExcludedRecording): void {
    this.#settle(recording.id, { verdict: 'unproven', detail });
  }

  /** @param result held to the end that is right */
  add(result: ReplayResult): void {
    const verdict = VERDICTS[result.outcome];
    const detail = verdict === 'right' ? undefined : summariseResult(result);
    this.#settle(result.recording.id, detail === undefined ? { verdict } : { verdict, detail });
  }

  /** By folder. */
  get all(): readonly CaseResult[] {
    return this.#settled.toSorted((a, b) => (a.directory < b.directory ? -1 : 1));
  }

  #settle(id: string, settled: Pick<CaseResult, 'verdict' | 'detail'>): void {
    const fixture = this.#byId.get(id);
    if (fixture === undefined) return;
    const result = { directory: fixture.directory, case: fixture.case, ...settled };
    this.#settled.push(result);
    this.#onCase?.(result);
  }
}

/** One verdict over several missions: the worst. No case at all is inconclusive. */
export function worstVerdict(verdicts: readonly Verdict['verdict'][]): Verdict['verdict'] {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'passed';
}
