import type { Json } from '../shared/json.ts';

/** One change between two versions: an entry of the definition, or a source file. */
export interface ComponentChange {
  readonly component: 'prompt' | 'model' | 'rule' | 'tool' | 'decision' | 'input' | 'output' | 'code';
  /** `judge`, `windowDays`, `workflows/refund-eligibility/workflow.ts`; empty for input and output. */
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly baseline?: Json;
  readonly candidate?: Json;
}
