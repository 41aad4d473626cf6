/** Which of a policy's `reads` were of any use. Pure. */
import { isJsonObject, type Json } from '../shared/json.ts';
import type { ReplayResult } from './outcome.ts';

/** A name among the policy's `reads`, and in how many recordings a step of the recorded run or of the candidate has it. */
export interface DeclaredRead {
  readonly name: string;
  readonly runs: number;
}

export interface ReadsCounter {
  add(result: Pick<ReplayResult, 'readsUsed'>): void;
  /** In the order of the policy. @returns nothing where the policy declares none */
  finish(): readonly DeclaredRead[] | undefined;
}

/** @param policy in the form that a report keeps */
export function createReadsCounter(policy: Json): ReadsCounter {
  const declared = isJsonObject(policy) ? policy['reads'] : undefined;
  const names = Array.isArray(declared) ? declared.filter((name) => typeof name === 'string') : undefined;
  const runs = new Map(names?.map((name) => [name, 0]));
  return {
    add({ readsUsed = [] }) {
      for (const name of readsUsed) runs.set(name, (runs.get(name) ?? 0) + 1);
    },
    finish: () => names && [...runs].map(([name, count]) => ({ name, runs: count })),
  };
}
