/**
 * Intended changes against the result of one recording. Pure.
 *
 * Invariants:
 * 1. A recording is as intended only if every difference of its end and its writes is declared, and everything that is
 *    declared for it came about.
 * 2. Declared for a run is what its input and its recorded outcome say; what the candidate does has no say in it.
 */
import { conditionsHold } from '../shared/condition.ts';
import type { Json } from '../shared/json.ts';
import { outcomeValue } from './compare-ends.ts';
import type { IntendedChange } from './intended-change.ts';
import type { ReplayResult } from './outcome.ts';
import { effectChanges } from './report-groups.ts';

/**
 * - `happened`: it was otherwise before, and is as declared now.
 * - `already`: it was recorded like that before.
 * - `missing`: the candidate came to an end, and it is not as declared.
 * - `unseen`: the candidate came to no end, so nothing can be said.
 */
export type IntendedState = 'happened' | 'already' | 'missing' | 'unseen';

export interface IntendedJudgement {
  /** The changes that are declared for this recording, by name. */
  readonly states: ReadonlyMap<string, IntendedState>;
  /** Counted as changed, and all of it is as declared. */
  readonly asIntended: boolean;
}

/** The changes that are declared for runs with this input; the recorded outcome has its say later. */
export function declaredForInput(changes: readonly IntendedChange[], input: Json): readonly IntendedChange[] {
  return changes.filter(({ when }) => conditionsHold(when, input));
}

/** @param byInput - the changes that are declared for its input */
export function judgeIntended(result: ReplayResult, byInput: readonly IntendedChange[]): IntendedJudgement {
  const before = outcomeValue(result.baselineEnd);
  const declared = byInput.filter(({ was }) => conditionsHold(was, before));
  const states = new Map(declared.map((change) => [change.name, stateOf(change, result, before)]));
  const came =
    declared.length > 0 && [...states.values()].every((state) => state === 'happened' || state === 'already');
  return { states, asIntended: came && result.outcome === 'changed' && isCovered(result, declared) };
}

function stateOf({ becomes }: IntendedChange, { candidateEnd }: ReplayResult, before: Json): IntendedState {
  if (candidateEnd === null) return 'unseen';
  if (!conditionsHold(becomes, outcomeValue(candidateEnd))) return 'missing';
  return conditionsHold(becomes, before) ? 'already' : 'happened';
}

function isCovered(result: ReplayResult, declared: readonly IntendedChange[]): boolean {
  const settled = declared.flatMap(({ becomes }) => becomes.map(({ pointer }) => pointer));
  const free = declared.flatMap(({ mayChange }) => mayChange);
  const tools = new Set(declared.flatMap(({ writes }) => writes));
  return (
    result.endDifferences.every(
      ({ pointer }) =>
        settled.some((place) => isWithin(pointer, place)) ||
        free.some((place) => (place === '' ? pointer === '' : isWithin(pointer, place))),
    ) && effectChanges(result).every(({ tool }) => tools.has(tool))
  );
}

function isWithin(pointer: string, place: string): boolean {
  return pointer === place || pointer.startsWith(`${place}/`);
}
