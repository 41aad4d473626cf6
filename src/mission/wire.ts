/**
 * What a mission says in its history, and so the evidence that a replay reads.
 *
 * A `model` or `tool` step is an activity with two arguments: its **request**, which decides the answer, and its
 * **context**, which does not (which step it is, and the notes made since the last activity). A `decide` step is a memo
 * entry that asks, and an update that answers. `rule` and `observe` steps are **notes**: they cost no event of their own,
 * they travel with the next command, and the last ones in a memo entry written as the run ends.
 */
import type { Json, JsonObject } from '../shared/json.ts';

/** The activity type of every model step. */
export const MODEL_ACTIVITY = 'model';

/** The activity type of a tool step: `tool:getOrder`. */
export function toolActivity(tool: string): string {
  return `tool:${tool}`;
}

/** The tool of an activity type, or `undefined` when the type is not a tool's. */
export function toolOfActivity(activityType: string): string | undefined {
  return activityType.startsWith('tool:') ? activityType.slice('tool:'.length) : undefined;
}

/** Whether activities of this type are steps of a mission. */
export function isStepActivity(activityType: string): boolean {
  return activityType === MODEL_ACTIVITY || toolOfActivity(activityType) !== undefined;
}

/** The update that answers a `decide` step; its argument is a {@link DecisionAnswer}. */
export const DECIDE_UPDATE = 'mission.decide';

/** The query that lists the open questions of a run: `Record<step id, DecisionQuestion>`. */
export const DECISIONS_QUERY = 'mission.decisions';

/** Memo keys that the kit writes. Open questions are under `mission.decision.<step id>`, `null` once answered. */
export const MEMO_NOTES = 'mission.notes';
export const MEMO_DECISION_PREFIX = 'mission.decision.';

/** The memo key under which a run that continued as new has its place in the chain: 2 is the second link. */
export const MEMO_LINK = 'mission.link';

/** The memo key under which a start stamps a run with its version (DESIGN.md: pinned and stamped): a {@link RunStamp}. */
export const MEMO_STAMP = 'mission.stamp';

/**
 * How workflow ids of shadow runs begin. A workflow id cannot be changed by the code that runs under it, so this is what
 * marks a run as a shadow; real runs may not be called so.
 */
const SHADOW_PREFIX = 'mission-shadow:';

/** Whether a run is a shadow of a real one: nothing that it does may reach the world. */
export function isShadowRun(workflowId: string): boolean {
  return workflowId.startsWith(SHADOW_PREFIX);
}

/** What a visibility query for real runs adds. */
export const NO_SHADOWS = `WorkflowId NOT STARTS_WITH '${SHADOW_PREFIX}'`;

/** The workflow id of the shadow of a run on a version: always the same, so that there is one. */
export function shadowWorkflowId(primaryWorkflowId: string, version: number): string {
  return `${SHADOW_PREFIX}${version}:${primaryWorkflowId}`;
}

/** The memo key under which a shadow names what it is the shadow of: a {@link ShadowStamp}. For people and tools to read. */
export const MEMO_SHADOW = 'mission.shadow';

const KIT_MEMO: ReadonlySet<string> = new Set([MEMO_NOTES, MEMO_LINK, MEMO_STAMP, MEMO_SHADOW]);
/** Releases before these found runs by them. */
const KIT_ATTRIBUTES: ReadonlySet<string> = new Set(['MissionName', 'MissionVersion']);

/** Whether a memo entry is the kit's own, and no author's. */
export function isKitMemo(key: string): boolean {
  return KIT_MEMO.has(key) || key.startsWith(MEMO_DECISION_PREFIX);
}

/** Whether a search attribute is the kit's own, and no author's. */
export function isKitAttribute(name: string): boolean {
  return KIT_ATTRIBUTES.has(name);
}

/** What is stamped on a shadow run, in place of a {@link RunStamp}. */
export interface ShadowStamp {
  /** The candidate: `refund-eligibility@5`. */
  readonly version: string;
  readonly artifact: string;
  /** Of the real run, its first link. */
  readonly workflowId: string;
  readonly runId: string;
  /** The version that the real run began on. */
  readonly primary: string;
  readonly reason: string;
  readonly revision: number;
}

/** The failure by which a shadow ends at a step that the real run has no answer for. */
export const SHADOW_UNANSWERED = 'ShadowUnanswered';

/** Headers of W3C Trace Context that a start may carry, and a run hands on to whatever it starts. */
export const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/** The header that tells an activity or a child run its version: `refund-eligibility@3`. */
export const VERSION_HEADER = 'mission-version';

/** What of these headers a run carries, by their names. */
export type TraceCarrier = Readonly<Record<string, string>>;

/** How a run ended, as its last worker saw it. */
export type RunEnd = 'completed' | 'failed' | 'cancelled' | 'continued';

/** What a start stamps on a run. `reason` is why the route chose this version. */
export interface RunStamp {
  readonly mission: string;
  /** `refund-eligibility@3` */
  readonly version: string;
  readonly artifact: string;
  readonly reason: string;
  readonly revision: number;
  /**
   * What the reason says, for programs: the rule that decided, the bucket of its key (0 to 9999), and how likely a key without a
   * rule gets this version (0 to 1; 1 when a rule decided). Absent on runs of earlier releases, and on those that stayed where they were.
   */
  readonly rule?: string;
  readonly bucket?: number;
  readonly probability?: number;
  /** Of a run that continued as new: the rule that chose it at first, by which its caller is known, where that is not `rule`. */
  readonly callerRule?: string;
  /** What it is sticky by, when the start named a business key: a run that goes on as another version keeps it. */
  readonly key?: string;
}

/** The activity by which a run that continues as new asks where the route sends it: a {@link RouteQuestion}. */
export const ROUTE_ACTIVITY = 'mission.route';

export interface RouteQuestion {
  /** Of the next link. */
  readonly input: Json;
}

export interface RouteAnswer {
  /** Of the next link. */
  readonly stamp: RunStamp;
  /** Whether it begins on the deployment's current version, which is then that of the stamp; else it stays where it is. */
  readonly upgrade: boolean;
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** On an assistant's message: the tools it wants called. */
  readonly toolCalls?: readonly ToolCall[];
  /** On a tool's message: the call it answers. */
  readonly toolCallId?: string;
  readonly toolName?: string;
}

export interface ToolCall {
  readonly id: string;
  readonly tool: string;
  readonly input: Json;
}

/** The request of a model step: everything that decides the answer. */
export interface ModelRequest {
  readonly prompt: string;
  readonly model: string;
  /** `temperature`, `maxOutputTokens`, `seed`, … as the definition gives them. */
  readonly parameters: JsonObject;
  readonly messages: readonly ChatMessage[];
  /** JSON Schema of the object wanted; a text is wanted when absent. */
  readonly output?: JsonObject;
  /** Tools the model may ask for, in an `agent` step. */
  readonly tools?: readonly { readonly name: string; readonly description?: string; readonly input: JsonObject }[];
}

export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens?: number;
}

/** The result of a model step. */
export interface ModelResponse {
  readonly text: string;
  /** Present when the request has `output`. */
  readonly object?: Json;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly usage: ModelUsage;
  /** The model that the provider says it used. */
  readonly model: string;
  readonly finishReason: string;
}

/** One `rule` or `observe` step. */
export interface StepNote {
  readonly step: string;
  readonly kind: 'rule' | 'observe';
  readonly name: string;
  readonly input?: Json;
  readonly result: Json;
}

/** The second argument of a step's activity. It is recorded, and never decides the answer. */
export interface StepContext {
  /** Stable id of the step: `judge#1`, or the id that the author gave. Also the activity id. */
  readonly step: string;
  readonly kind: 'model' | 'tool';
  /** Of a tool: whether it acts on the world. */
  readonly effect?: 'read' | 'write';
  /** Rule results and observations since the last command. */
  readonly notes?: readonly StepNote[];
  /** The agent step that this step is part of. */
  readonly agent?: string;
  /** Of a tool: what its run is known by, whatever becomes of it (`run-origin.ts`). Idempotency keys begin with it. */
  readonly origin?: string;
}

export interface DecisionQuestion {
  readonly step: string;
  readonly name: string;
  readonly question: string;
  readonly options: readonly string[];
  /** What the person should see. */
  readonly evidence: Json;
  readonly notes?: readonly StepNote[];
}

export interface DecisionAnswer {
  readonly step: string;
  readonly option: string;
  readonly by: string;
  readonly comment?: string;
}
