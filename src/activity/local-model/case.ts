import type { Fact } from './facts.ts';
import type { Evaluated, Judgement } from './judge.ts';

/** Everything the local model understood of one call. */
export interface Case {
  readonly instructions: string;
  readonly facts: readonly Fact[];
  readonly evaluated: readonly Evaluated[];
  /** With noise: whether this call is one that goes wrong. */
  readonly flip: boolean;
}

/** What a composed answer rests on; the first entry decided most. */
export interface Ground {
  readonly field: string;
  readonly judgement: Judgement<unknown> | undefined;
}
