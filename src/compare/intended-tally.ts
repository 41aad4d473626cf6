/** Intended changes in a report: what came of each, counted over all recordings. */
import { byText } from './group-counter.ts';
import { type IntendedChange, intendedDigest } from './intended-change.ts';
import type { IntendedJudgement, IntendedState } from './judge-intended.ts';

/** What came of one intended change. */
export interface IntendedTally {
  readonly name: string;
  readonly reason: string;
  readonly owner: string;
  /** Faithful recordings that it is declared for. */
  readonly runs: number;
  /** They are: changed as declared, like that before, not as declared, without an end. */
  readonly states: Readonly<Record<IntendedState, number>>;
  /** Recording ids: the first by id of those that are missing, else of those where it happened. */
  readonly example?: string;
}

export interface IntendedReport {
  /** Of the declaration. */
  readonly digest: string;
  /** Changed recordings in which everything is as declared. */
  readonly asIntended: number;
  /** In the order of the declaration. */
  readonly changes: readonly IntendedTally[];
}

export interface IntendedCounter {
  add(recording: string, judgement: IntendedJudgement): void;
  finish(): IntendedReport;
}

export function createIntendedCounter(declared: readonly IntendedChange[]): IntendedCounter {
  const tallies = new Map(declared.map(({ name }) => [name, emptyTally()]));
  let asIntended = 0;
  return {
    add(recording, judgement) {
      if (judgement.asIntended) asIntended += 1;
      for (const [name, state] of judgement.states) {
        const tally = tallies.get(name);
        if (tally === undefined) continue;
        tally.states[state] += 1;
        const known = tally.first[state];
        if (known === undefined || byText(recording, known) < 0) tally.first[state] = recording;
      }
    },
    finish: () => ({
      digest: intendedDigest(declared),
      asIntended,
      changes: declared.map(({ name, reason, owner }) => {
        const { states, first } = tallies.get(name) ?? emptyTally();
        const example = first.missing ?? first.happened;
        const runs = Object.values(states).reduce((sum, count) => sum + count, 0);
        return { name, reason, owner, runs, states: { ...states }, ...(example !== undefined && { example }) };
      }),
    }),
  };
}

function emptyTally() {
  const states: Record<IntendedState, number> = { happened: 0, already: 0, missing: 0, unseen: 0 };
  const first: Partial<Record<IntendedState, string>> = {};
  return { states, first };
}
