/** The way that a run went, step by step: what coverage counts and samples are stratified by. Pure. */
import { type Digest, digestOfJson } from '../shared/digest.ts';
import { isJsonObject, type Json } from '../shared/json.ts';

/** What of a step says which way the run went; steps of traces and of replays both have it. */
export interface WalkedStep {
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly result: Json;
}

/** The branch that a step took: a rule's verdict, the option that a person chose, else how it ended. */
export function branchOf({ kind, status, result }: WalkedStep): string {
  if (kind === 'rule' && typeof result === 'boolean') return String(result);
  if (kind !== 'decision' || status !== 'completed') return status;
  if (typeof result === 'string') return result;
  const option = isJsonObject(result) ? result['option'] : undefined;
  return typeof option === 'string' ? option : status;
}

/** Steps by which ways are told apart. What comes from outside, and what only marks a place, is none. */
export const WALKED_KINDS: ReadonlySet<string> = new Set([
  'model',
  'tool',
  'decision',
  'rule',
  'observation',
  'wait',
  'child',
  'activity',
]);

/** Which steps a run took and which branches; how often does not count, so that a loop is one way. */
export function pathOf(steps: readonly WalkedStep[]): Digest {
  const walked = steps.filter(({ kind }) => WALKED_KINDS.has(kind));
  const branches = new Set(walked.map((step) => JSON.stringify([step.kind, step.name, branchOf(step)])));
  return digestOfJson([...branches].sort());
}
