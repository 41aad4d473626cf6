/** Views of the commands that commands and events describe in nearly the same words. */
import {
  type DecisionQuestion,
  MEMO_DECISION_PREFIX,
  MEMO_NOTES,
  type ModelRequest,
  type StepNote,
  toolOfActivity,
} from '../mission/wire.ts';
import { failureMessage } from '../recording/failure-message.ts';
import { payloadMapToJson, payloadToJson } from '../recording/payloads.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { type CommandView, type StepNamer, stepContextOf } from './command-view.ts';
import { type Failure, type Payload, type Timestamp, toMs } from './proto.ts';

type Payloads = readonly Payload[] | null | undefined;
type Fields = { readonly [key: string]: Payload } | null | undefined;

export function argumentsView(payloads: Payloads): Json {
  const values = (payloads ?? []).map((payload) => payloadToJson(payload));
  return values.length > 1 ? values : (values[0] ?? null);
}

export interface ActivityParts {
  readonly activityId: string;
  readonly activityType: string;
  readonly payloads: Payloads;
  readonly options: JsonObject;
}

/** A model or tool step of the kit, or a plain activity. */
export function activityView(parts: ActivityParts, namer: StepNamer): CommandView {
  const { activityId, activityType, payloads, options } = parts;
  const context = payloads?.length === 2 ? stepContextOf(payloadToJson(payloads[1]), activityId) : undefined;
  if (context === undefined) {
    const request = argumentsView(payloads);
    return { step: namer.next(activityType), kind: 'activity', name: activityType, request, notes: [], options };
  }
  const request = payloadToJson(payloads?.[0]);
  const notes = context.notes ?? [];
  if (context.kind === 'model') {
    return {
      step: context.step,
      kind: 'model',
      name: (request as unknown as ModelRequest).prompt ?? activityType,
      request,
      notes,
      options,
    };
  }
  const name = toolOfActivity(activityType) ?? activityType;
  return { step: context.step, kind: 'tool', name, effect: context.effect ?? 'write', request, notes, options };
}

export function timerView(duration: Timestamp | null | undefined, namer: StepNamer): CommandView {
  return {
    step: namer.next('timer'),
    kind: 'wait',
    name: 'timer',
    request: { durationMs: toMs(duration) },
    notes: [],
    options: {},
  };
}

export interface ChildParts {
  readonly workflowType: string;
  readonly payloads: Payloads;
  /** Its `workflowId` among them. */
  readonly options: JsonObject;
}

export function childView({ workflowType, payloads, options }: ChildParts, namer: StepNamer): CommandView {
  const request = argumentsView(payloads);
  return {
    step: namer.next(workflowType),
    kind: 'child',
    name: workflowType,
    request,
    notes: [],
    options,
  };
}

export interface OperationParts {
  readonly endpoint: string;
  readonly service: string;
  readonly operation: string;
  readonly input: Payload | null | undefined;
}

/** A Nexus operation reads as an activity of another team. */
export function operationView({ endpoint, service, operation, input }: OperationParts, namer: StepNamer): CommandView {
  const name = `${service}.${operation}`;
  const request = payloadToJson(input);
  return { step: namer.next(name), kind: 'activity', name, request, notes: [], options: { endpoint } };
}

export interface SignalParts {
  readonly name: string;
  readonly target: Target;
  readonly payloads: Payloads;
  /** Whether it may reach a child of the run alone. */
  readonly childOnly: boolean;
}

/** Another run. Without a run id: whichever has the workflow id. */
type Target = { readonly workflowId?: string | null | undefined; readonly runId?: string | null } | null | undefined;

export function signalView({ name, target, payloads, childOnly }: SignalParts, namer: StepNamer): CommandView {
  const request = { ...targetView(target), input: argumentsView(payloads) };
  const options = childOnly ? { childOnly } : {};
  return { step: namer.next(`signal:${name}`), kind: 'signal', name, request, notes: [], options };
}

export function cancelExternalView(target: Target, namer: StepNamer): CommandView {
  const request = targetView(target);
  return { step: namer.next('cancel'), kind: 'signal', name: 'cancel', request, notes: [], options: {} };
}

function targetView(target: Target): JsonObject {
  return { workflowId: target?.workflowId ?? '', ...(target?.runId && { runId: target.runId }) };
}

/**
 * The cancellation of a step of the run's own. Reasons are no part of it: most are not recorded.
 *
 * @returns `undefined` of a step that the namer does not know
 */
export function cancelView(namer: StepNamer, key: string): CommandView | undefined {
  const step = namer.begunAs(key);
  if (step === undefined) return undefined;
  return { step: `cancel:${step}`, kind: 'cancel', name: step, request: null, notes: [], options: {} };
}

/** A memo entry: a question of the kit, its closing notes, or the author's own. */
export function memoView(fields: Fields, namer: StepNamer): CommandView {
  const memo = payloadMapToJson(fields);
  const question = questionIn(memo);
  if (question !== undefined) {
    const { step, name, notes = [], ...asked } = question;
    const request = { question: asked.question, options: [...asked.options], evidence: asked.evidence };
    return { step, kind: 'decision', name, request, notes, options: {} };
  }
  const { [MEMO_NOTES]: notes, ...rest } = memo;
  const noted = Array.isArray(notes) ? (notes as unknown as StepNote[]) : [];
  return {
    step: namer.next('memo'),
    kind: 'memo',
    name: Object.keys(memo).join(', '),
    request: rest,
    notes: noted,
    options: {},
  };
}

function questionIn(memo: JsonObject): DecisionQuestion | undefined {
  for (const [key, value] of Object.entries(memo)) {
    if (key.startsWith(MEMO_DECISION_PREFIX) && value !== null) return value as unknown as DecisionQuestion;
  }
  return undefined;
}

export function searchAttributesView(fields: Fields, namer: StepNamer): CommandView {
  const request = payloadMapToJson(fields);
  return {
    step: namer.next('search-attributes'),
    kind: 'search-attributes',
    name: Object.keys(request).join(', '),
    request,
    notes: [],
    options: {},
  };
}

export function patchView(patchId: string): CommandView {
  return { step: `patch:${patchId}`, kind: 'patch', name: patchId, request: null, notes: [], options: {} };
}

export function updateView(name: string, request: Json, namer: StepNamer): CommandView {
  return { step: namer.next(`update:${name}`), kind: 'update', name, request, notes: [], options: {} };
}

/** The run's own end. */
export function endView(name: string, request: Json, options: JsonObject = {}): CommandView {
  return { step: 'end', kind: 'end', name, request, notes: [], options };
}

/** What can be compared of a failure: messages, types, details and whether it is final, down the causes; never stack traces. */
export function failureView(failure: Failure | null | undefined): Json {
  if (!failure) return null;
  const { applicationFailureInfo: info, cause } = failure;
  const details = info?.details?.payloads;
  return {
    message: failureMessage(failure),
    ...(info?.type ? { type: info.type } : {}),
    ...(details && details.length > 0 ? { details: details.map((payload) => payloadToJson(payload)) } : {}),
    ...(info?.nonRetryable ? { nonRetryable: true } : {}),
    ...(cause ? { cause: failureView(cause) } : {}),
  };
}
