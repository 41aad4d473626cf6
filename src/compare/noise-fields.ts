/** In which fields a replayed run differs from what was recorded: what noise is counted by. Pure. */
import { canonicalJson, type Json } from '../shared/json.ts';
import type { ReplayedStep, ReplayResult, StepCommand } from './outcome.ts';
import { effectChanges } from './report-groups.ts';

/** Where a field is: in how the run ended, in its writes, in the requests of its steps, or in whether it failed at all. */
export type FieldPart = 'end' | 'write' | 'step' | 'failure';

/** `end /approve`, `write issueRefund dropped`, `step judge#1`, `failure (failed)`: part and name, one text. */
export type FieldKey = `${FieldPart} ${string}`;

export function partOf(field: FieldKey): FieldPart {
  return field.slice(0, field.indexOf(' ')) as FieldPart;
}

/** The field's own name: `/approve`, `issueRefund dropped`, `judge#1`. */
export function nameOf(field: FieldKey): string {
  return field.slice(field.indexOf(' ') + 1);
}

/** The fields of the outcome that differ, each once; items of arrays are one field. Empty when it came out the same. */
export function outcomeFields(result: ReplayResult): FieldKey[] {
  if (result.outcome === 'failed') return ['failure (failed)'];
  const ends = result.endDifferences.map(
    ({ pointer }): FieldKey => `end ${pointer === '' ? '(end)' : withoutIndexes(pointer)}`,
  );
  const writes = effectChanges(result).flatMap(({ tool, kind, pointers }): FieldKey[] =>
    kind === 'changed'
      ? pointers.map((pointer): FieldKey => `write ${tool}${withoutIndexes(pointer)}`)
      : [`write ${tool} ${kind}`],
  );
  return [...new Set([...ends, ...writes])];
}

/**
 * The steps whose requests differ from the recorded ones, or that were taken on one side only, by step id.
 *
 * @param recorded the recorded commands, without the fields that do not matter
 * @param taken the steps of the replayed run, likewise
 */
export function stepFields(
  recorded: readonly Pick<StepCommand, 'step' | 'kind' | 'request'>[],
  taken: readonly Pick<ReplayedStep, 'id' | 'kind' | 'request'>[],
): FieldKey[] {
  const before = requestsById(recorded.map(({ step, kind, request }) => ({ id: step, kind, request })));
  const after = requestsById(taken);
  const ids = [...new Set([...before.keys(), ...after.keys()])];
  return ids.filter((id) => before.get(id) !== after.get(id)).map((id): FieldKey => `step ${id}`);
}

const ASKING: ReadonlySet<StepCommand['kind']> = new Set(['model', 'tool', 'decision', 'activity', 'child', 'signal']);

/** Links of a chain have steps of the same ids: their requests count together. */
function requestsById(
  steps: readonly { readonly id: string; readonly kind: StepCommand['kind']; readonly request: Json }[],
) {
  const requests = new Map<string, string>();
  for (const { id, kind, request } of steps) {
    if (ASKING.has(kind)) requests.set(id, `${requests.get(id) ?? ''}\n${canonicalJson(request)}`);
  }
  return requests;
}

function withoutIndexes(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*');
}
