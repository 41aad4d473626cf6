/** Comparing how two runs ended. */
import type { RunEnd } from '../recording/trace.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import { type CompareRules, NO_RULES } from './compare-rules.ts';
import { diffJson } from './diff-json.ts';
import type { Difference } from './difference.ts';

/**
 * The differences of two ends. Two completed runs: of their results, with pointers into the result (`/approve`). Two
 * failed runs: of their failures (`/failure/type`). Runs that ended in different ways: one difference at `''`.
 *
 * @param rules the compare rules of the mission's output schema.
 */
export function compareEnds(baseline: RunEnd, candidate: RunEnd, rules: CompareRules = NO_RULES): Difference[] {
  if (baseline.status === 'completed' && candidate.status === 'completed') {
    return diffJson(baseline.result, candidate.result, rules);
  }
  if (baseline.status === 'failed' && candidate.status === 'failed') {
    return diffJson({ failure: baseline.failure }, { failure: candidate.failure });
  }
  if (baseline.status === candidate.status) return [];
  return [{ pointer: '', kind: 'type-changed', baseline: endForm(baseline), candidate: endForm(candidate) }];
}

/** An end without what is particular to one run, so that equal changes of end can be grouped. */
function endForm(end: RunEnd): Json {
  return end.status === 'failed' ? { status: end.status, type: end.failure.type } : { status: end.status };
}

/** The words for an end in a difference at `''`: `completed`, `failed (RefundRefused)`. `undefined`: not such a value. */
export function describeEndForm(value: Json | undefined): string | undefined {
  if (!isJsonObject(value) || typeof value['status'] !== 'string') return undefined;
  return typeof value['type'] === 'string' ? `${value['status']} (${value['type']})` : value['status'];
}
