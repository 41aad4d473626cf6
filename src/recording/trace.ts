/** The reasoning trace of a run: its ordered steps with inputs, results and reasons, derived from the history alone. */
import type { Json } from '../shared/json.ts';

export type StepKind =
  | 'model'
  | 'tool'
  | 'rule'
  | 'decision'
  | 'observation'
  | 'wait'
  | 'child'
  | 'signal'
  | 'activity';

/** How a step ended. `open`: the run ended, or was recorded, before the step did. */
export type StepStatus = 'completed' | 'failed' | 'timed-out' | 'cancelled' | 'open';

export interface TraceStep {
  /** Stable id: `judge#1`. Unique in the run. */
  readonly id: string;
  readonly kind: StepKind;
  /** The author's name for it: prompt, tool, rule, decision, activity type, workflow type, signal. */
  readonly name: string;
  readonly status: StepStatus;
  /** What was asked: a model request, a tool's input, a rule's input, a question, a duration. */
  readonly request: Json;
  /** What came back, `null` while open or failed. */
  readonly result: Json;
  /** The failure's message, when it failed. */
  readonly failure?: string;
  readonly effect?: 'read' | 'write';
  /** Milliseconds from the run's start to the step's start, and how long it took. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly attempts?: number;
  /** Of a model: the reasoning that the provider gave. */
  readonly reasoning?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly reasoningTokens?: number };
  /** Of a decision: who decided, and what they said. */
  readonly by?: string;
  readonly comment?: string;
  /** The history event that began it, and the link of the continue-as-new chain (0 = first). */
  readonly eventId: number;
  readonly link: number;
}

export interface Trace {
  readonly steps: readonly TraceStep[];
}

/**
 * Why a run failed. Wrappers (`Activity task failed`) are left out. What the run itself gave with its failure is there too; of the
 * failure of a step, that is the step's. Ends that were kept by earlier releases have message and type alone.
 */
export type RunFailure = {
  readonly message: string;
  readonly type: string;
  /** Absent where there are none. */
  readonly details?: readonly Json[];
  /** The server does not try the run again. */
  readonly nonRetryable?: true;
  readonly cause?: RunFailure;
};

/** What a run gives the next one as it continues as new: no argument is `null`, one is itself, more are an array. */
export type HandedOn = { readonly workflowType: string; readonly input: Json };

/** How a run ended, in the form that two runs are compared in. */
export type RunEnd =
  | { readonly status: 'completed'; readonly result: Json }
  | { readonly status: 'failed'; readonly failure: RunFailure }
  /** `handedOn` is absent in ends that were kept by earlier releases. */
  | { readonly status: 'continued-as-new'; readonly handedOn?: HandedOn }
  | { readonly status: 'cancelled' | 'terminated' | 'timed-out' | 'open' };
