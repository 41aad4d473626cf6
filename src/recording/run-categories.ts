/** What of a run is counted when one day is compared with another: how it ended, what it was asked, which branches it took. */
import type { Json, JsonObject } from '../shared/json.ts';
import { decidingFields } from './sampling.ts';
import type { RunEnd } from './trace.ts';
import { branchOf, WALKED_KINDS, type WalkedStep } from './walked-way.ts';

/** The deciding fields of an outcome, and its kind: `outcome completed`, `outcome /approve=true`. */
export function outcomeCategories(end: RunEnd, output: JsonObject | undefined): readonly string[] {
  if (end.status === 'failed') return [`outcome failed ${end.failure.type}`];
  if (end.status !== 'completed') return [`outcome ${end.status}`];
  return ['outcome completed', ...fieldsOf('outcome', end.result, output)];
}

/** Booleans of an input, and texts for which its schema lists the values: `input /onSale=true`. */
export function inputCategories(input: Json, schema: JsonObject | undefined): readonly string[] {
  return fieldsOf('input', input, schema);
}

/** `tool getOrder failed`, `rule in-window true`. */
export function stepCategories(steps: readonly WalkedStep[]): readonly string[] {
  const walked = steps.filter(({ kind }) => WALKED_KINDS.has(kind));
  return [...new Set(walked.map((step) => `${step.kind} ${step.name} ${branchOf(step)}`))];
}

function fieldsOf(part: string, value: Json, schema: JsonObject | undefined): readonly string[] {
  return decidingFields(value, schema).map(([pointer, field]) => `${part} ${pointer}=${String(field)}`);
}
