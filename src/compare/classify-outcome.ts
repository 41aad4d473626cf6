import type { Difference } from './difference.ts';
import type { Divergence, ReplayOutcome, ReplayResult } from './outcome.ts';

/** What the replay of one recording found, before it is named. */
export interface OutcomeFacts {
  readonly endDifferences: readonly Difference[];
  readonly effectDifferences: readonly Difference[];
  readonly divergence: Divergence | null;
  readonly unanswered: ReplayResult['unanswered'] | null | undefined;
  readonly failure: ReplayResult['failure'] | null | undefined;
}

/**
 * Names the outcome of one replay. A run that did not come to its end says nothing about ends, so `failed` and
 * `unanswered` stand before all differences; between the two, the candidate's own failure is the graver news.
 */
export function classifyOutcome(facts: OutcomeFacts): ReplayOutcome {
  if (facts.failure != null) return 'failed';
  if (facts.unanswered != null) return 'unanswered';
  if (facts.endDifferences.length > 0 || facts.effectDifferences.length > 0) return 'changed';
  return facts.divergence === null ? 'matched' : 'diverged';
}
