/** Comparing how two runs ended. */
import type { RunEnd } from '../recording/trace.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import { type CompareRules, NO_RULES } from './compare-rules.ts';
import { diffJson } from './diff-json.ts';
import type { Difference } from './difference.ts';

/**
 * The differences of two ends. Two completed runs: of their results, with pointers into the result (`/approve`). Two
 * failed runs: of their failures (`/failure/type`). Two that continued as new: of what they hand on (`/handedOn/input`).
 * Runs that ended in different ways: one difference at `''`.
 *
 * @param rules the compare rules of the mission's output schema.
 */
export function compareEnds(baseline: RunEnd, candidate: RunEnd, rules: CompareRules = NO_RULES): Difference[] {
  if (baseline.status === 'completed' && candidate.status === 'completed') {
    return diffJson(baseline.result, candidate.result, rules);
  }
  if (baseline.status === candidate.status) return diffJson(outcomeValue(baseline), outcomeValue(candidate));
  return [{ pointer: '', kind: 'type-changed', baseline: endForm(baseline), candidate: endForm(candidate) }];
}

/** The outcome of a run as a value: the result, `{ failure }` of a run that failed, or `{ handedOn }`. */
export function outcomeValue(end: RunEnd): Json {
  if (end.status === 'completed') return end.result;
  if (end.status === 'continued-as-new') return { handedOn: end.handedOn ?? null };
  return end.status === 'failed' ? { failure: end.failure } : null;
}

/**
 * An end as far as another one says anything of it. Expectations that people wrote, and those that earlier releases kept, say
 * the message and the type of a failure and nothing more, and not what is handed on.
 */
export function asFarAs(said: RunEnd, end: RunEnd): RunEnd {
  if (said.status === 'continued-as-new' && end.status === 'continued-as-new') return said.handedOn ? end : said;
  if (said.status !== 'failed' || end.status !== 'failed') return end;
  const { details, nonRetryable, cause } = said.failure;
  if (details ?? nonRetryable ?? cause) return end;
  const { message, type } = end.failure;
  return { status: 'failed', failure: { message, type } };
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
