/** One moment of a run under the debugger: what the workflow was told, and what it asked for in answer. */
import type { StepCommand } from '../compare/outcome.ts';
import type { RunEnd, StepStatus } from '../recording/trace.ts';
import type { Json, JsonObject } from '../shared/json.ts';

/** News for the workflow. */
export type Told =
  | { readonly kind: 'start'; readonly workflowType: string; readonly input: Json }
  | {
      readonly kind: 'answer';
      readonly step: string;
      readonly status: Exclude<StepStatus, 'open'>;
      readonly result: Json;
      readonly failure?: string;
    }
  | { readonly kind: 'timer'; readonly step: string }
  | { readonly kind: 'signal'; readonly name: string; readonly input: Json }
  | { readonly kind: 'update'; readonly name: string; readonly input: Json }
  | { readonly kind: 'cancel'; readonly reason: string }
  | { readonly kind: 'patch'; readonly name: string }
  | { readonly kind: 'other'; readonly name: string };

/** A rule or an observation, made on the way. */
export interface Noted {
  readonly step: string;
  readonly kind: 'rule' | 'observation';
  readonly name: string;
  readonly input?: Json;
  readonly result: Json;
}

/** A command of the workflow. */
export interface Asked extends StepCommand {
  /** Timeouts, retry policy, target: what is asked besides the request. */
  readonly options: JsonObject;
}

export interface Moment {
  /** From 0. */
  readonly index: number;
  /** The link of the continue-as-new chain, from 0. */
  readonly link: number;
  /** What the workflow takes for the present: ISO 8601. */
  readonly time: string;
  /** Milliseconds since the first moment. */
  readonly atMs: number;
  /** `recorded`: the run was told the very same. `simulated`: it had left the recorded way before. */
  readonly way: 'recorded' | 'simulated';
  readonly told: readonly Told[];
  readonly noted: readonly Noted[];
  readonly asked: readonly Asked[];
  /** Ids of the steps that have no answer yet. */
  readonly pending: readonly string[];
  /** Ids of the first and the last event of the history that it stands for; `null` where it is simulated. */
  readonly events: { readonly first: number; readonly last: number } | null;
  /** Memo and search attributes as they are after it. */
  readonly memo: JsonObject;
  readonly searchAttributes: JsonObject;
  /** Where the link ended in it. */
  readonly end: RunEnd | null;
  /** What the workflow's code threw, where a workflow task would fail of it. */
  readonly failure?: string;
}

/** What only the workflow itself can tell of a moment. */
export interface LiveState {
  /** The answers to all queries that it defines and that take no arguments. */
  readonly queries: readonly { readonly name: string; readonly result?: Json; readonly failure?: string }[];
  readonly signals: readonly string[];
  readonly updates: readonly string[];
  /** Where its code waits: a stack for each promise, with places in the author's source. */
  readonly stacks: readonly (readonly StackPlace[])[];
}

export interface StackPlace {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
