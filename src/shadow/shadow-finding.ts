/** What is kept of one comparison: enough for a person to see where to look. No whole requests, no whole results. */
import * as z from 'zod';
import type { Difference } from '../compare/difference.ts';
import type { ShadowEnding } from '../registry/shadows.ts';

const difference = z.object({
  pointer: z.string(),
  kind: z.enum(['changed', 'type-changed', 'added', 'removed', 'moved']),
  baseline: z.json().exactOptional(),
  candidate: z.json().exactOptional(),
  from: z.string().exactOptional(),
  coarse: z.literal(true).exactOptional(),
});

export const shadowDetail = z.object({
  /** Between the results, after the compare rules. */
  end: z.array(difference),
  /** Between the writes that the real run made and those that the candidate would have made. */
  effects: z.array(difference),
  /** The first step that asked something else. */
  divergence: z.object({ kind: z.string(), step: z.string(), differences: z.array(difference) }).nullable(),
  /** Why it ended before its end, why the candidate failed, or why it is not counted. */
  reason: z.string().exactOptional(),
});

export type ShadowDetail = z.infer<typeof shadowDetail>;

export type ShadowFinding = ShadowEnding & { readonly detail: ShadowDetail };

const DIFFERENCES_MAX = 20;

/** The first differences: one is enough to look, and a changed table may have thousands. */
export function fewDifferences(differences: readonly Difference[]): ShadowDetail['end'] {
  return z.array(difference).parse(differences.slice(0, DIFFERENCES_MAX));
}

/** A shadow that says nothing of the candidate. */
export function excluded(reason: string): ShadowFinding {
  return { outcome: 'excluded', step: null, detail: { end: [], effects: [], divergence: null, reason } };
}
