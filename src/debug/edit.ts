/**
 * "What if the answer had been another one": edits of what a recorded run was told.
 *
 * An edit changes the history, so that the lockstep goes on for as long as the other answer makes no difference; what the
 * code asks for only because of it is answered by the simulation, where the same edits count before any evidence.
 */
import { DECIDE_UPDATE, type ModelRequest } from '../mission/wire.ts';
import { jsonToPayload, payloadToJson } from '../recording/payloads.ts';
import { outcomeOf } from '../replay/answer-outcome.ts';
import type { CommandView } from '../replay/command-view.ts';
import type { GivenAnswers, LiveAnswer } from '../replay/live-answers.ts';
import { idOf, isLocalActivityMarker } from '../replay/lockstep/event-facts.ts';
import { EventType, type Failure, type History, type HistoryEvent } from '../replay/proto.ts';
import { readCommands } from '../replay/recorded-commands.ts';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';
import { eventIn } from './place.ts';

/** What a step is answered instead of what was recorded. */
export type EditedAnswer = Exclude<LiveAnswer, { readonly refused: string }>;

export interface Edit {
  /** A step id; `input` for what the run was started with; `event:<id>` for a signal or an update. */
  readonly target: string;
  /** The link of the chain, from 0: the same ids are in every one. */
  readonly link: number;
  readonly answer: EditedAnswer;
}

export const START_TARGET = 'input';

/** A step as far as an edit has to know it. */
type EditedStep = Pick<CommandView, 'kind' | 'request'>;

/**
 * What a person wrote as the answer, in the form in which the step gets it: of a model, what it says, members that are left
 * out staying as they were; of a decision, the option.
 *
 * @param recorded what the step was answered before; `null` when nothing
 */
export function completeAnswer(answer: EditedAnswer, step: EditedStep, recorded: Json): EditedAnswer {
  if (!('result' in answer)) return answer;
  if (step.kind === 'model') return { result: modelAnswer(answer.result, step.request, recorded) };
  if (step.kind === 'decision' && typeof answer.result === 'string') return { result: { option: answer.result } };
  return answer;
}

function modelAnswer(said: Json, request: Json, recorded: Json): Json {
  if (isJsonObject(said) && 'finishReason' in said) return said;
  const { model } = request as unknown as Partial<ModelRequest>;
  const whole: JsonObject = isJsonObject(recorded)
    ? recorded
    : { usage: { inputTokens: 0, outputTokens: 0 }, model: model ?? '', finishReason: 'stop' };
  const { reasoning: _, toolCalls: __, object, ...kept } = whole;
  const wantsObject = isJsonObject(request) && 'output' in request;
  const meant = isJsonObject(object) && isJsonObject(said) ? { ...object, ...said } : said;
  const text = typeof meant === 'string' ? meant : JSON.stringify(meant);
  return { ...kept, text, ...(wantsObject ? { object: meant } : {}) };
}

/** The answers for the simulation of a link. */
export function givenBy(edits: readonly Edit[], link: number): GivenAnswers {
  return new Map(edits.filter((edit) => edit.link === link).map(({ target, answer }) => [target, answer]));
}

/** The histories as they would be had the run been told what the edits say. Edits of steps that they do not have change nothing. */
export function editHistories(histories: readonly History[], edits: readonly Edit[]): History[] {
  const replaced = new Map<HistoryEvent, HistoryEvent>();
  for (const edit of edits) {
    const event = answeringEvent(histories, edit);
    const edited = event && editEvent(replaced.get(event) ?? event, edit.answer);
    if (event !== undefined && edited !== undefined) replaced.set(event, edited);
  }
  return histories.map((history) => ({
    ...history,
    events: (history.events ?? []).map((event) => replaced.get(event) ?? event),
  }));
}

/** The event that told the run what an edit is to change; `undefined` when nothing did. */
export function answeringEvent(
  histories: readonly History[],
  { target, link }: Pick<Edit, 'target' | 'link'>,
): HistoryEvent | undefined {
  const events = histories[link]?.events ?? [];
  if (target === START_TARGET) return events[0];
  const id = eventIn(target);
  if (id !== undefined) return events.find((event) => idOf(event) === id);
  const own = new Set(events);
  const answers = readCommands(histories).answers.filter(({ view }) => view.step === target);
  const ends = answers.flatMap((answer) => answer.events.filter(({ event }) => outcomeOf(event) !== undefined));
  return ends.find(({ event }) => own.has(event))?.event ?? events.find((event) => decidedStep(event) === target);
}

/** The step that an event answers. */
export function answeredStep(histories: readonly History[], event: HistoryEvent): string | undefined {
  const answers = readCommands(histories).answers;
  const found = answers.find((answer) => answer.events.some((one) => one.event === event));
  return found?.view.step ?? decidedStep(event);
}

/** The question that an update answered. */
function decidedStep(event: HistoryEvent): string | undefined {
  const input = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
  if (input?.name !== DECIDE_UPDATE) return undefined;
  const said = payloadToJson(input.args?.payloads?.[0]);
  const step = isJsonObject(said) ? said['step'] : undefined;
  return typeof step === 'string' ? step : undefined;
}

/** The event with another answer in it; `undefined` where it holds none that can be changed so. */
export function editEvent(event: HistoryEvent, answer: EditedAnswer): HistoryEvent | undefined {
  return editEnding(event, answer) ?? ('result' in answer ? editNews(event, answer.result) : undefined);
}

const ACTIVITY = {
  names: [
    'activityTaskCompletedEventAttributes',
    'activityTaskFailedEventAttributes',
    'activityTaskTimedOutEventAttributes',
    'activityTaskCanceledEventAttributes',
  ],
  completed: 'activityTaskCompletedEventAttributes',
  failed: 'activityTaskFailedEventAttributes',
  types: [EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED],
} as const;

const CHILD = {
  names: [
    'childWorkflowExecutionCompletedEventAttributes',
    'childWorkflowExecutionFailedEventAttributes',
    'childWorkflowExecutionTimedOutEventAttributes',
    'childWorkflowExecutionCanceledEventAttributes',
  ],
  completed: 'childWorkflowExecutionCompletedEventAttributes',
  failed: 'childWorkflowExecutionFailedEventAttributes',
  types: [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
  ],
} as const;

function editEnding(event: HistoryEvent, answer: EditedAnswer): HistoryEvent | undefined {
  const { eventId = null, eventTime = null } = event;
  for (const { names, completed, failed, types } of [ACTIVITY, CHILD]) {
    const recorded = names.map((name) => event[name]).find((attributes) => attributes);
    if (!recorded) continue;
    const { result: _, failure: __, ...kept } = recorded as { result?: unknown; failure?: unknown };
    const attributes =
      'result' in answer
        ? { [completed]: { ...kept, result: { payloads: [jsonToPayload(answer.result)] } } }
        : { [failed]: { ...kept, failure: failureOf(answer.failure) } };
    return { eventId, eventTime, eventType: 'result' in answer ? types[0] : types[1], ...attributes };
  }
  return isLocalActivityMarker(event) ? editMarker(event, answer) : undefined;
}

function failureOf({ message, type }: { readonly message: string; readonly type: string }): Failure {
  return { message, applicationFailureInfo: { type, nonRetryable: true } };
}

function editMarker(event: HistoryEvent, answer: EditedAnswer): HistoryEvent {
  const { failure: _, details, ...kept } = event.markerRecordedEventAttributes ?? {};
  const { result: __, ...others } = details ?? {};
  const attributes =
    'result' in answer
      ? { ...kept, details: { ...others, result: { payloads: [jsonToPayload(answer.result)] } } }
      : { ...kept, details: others, failure: failureOf(answer.failure) };
  return { ...event, markerRecordedEventAttributes: attributes };
}

/** What comes from outside: the start, a signal, the answer to a question. */
function editNews(event: HistoryEvent, value: Json): HistoryEvent | undefined {
  const input = { payloads: [jsonToPayload(value)] };
  const {
    workflowExecutionStartedEventAttributes: started,
    workflowExecutionSignaledEventAttributes: signalled,
    workflowExecutionUpdateAcceptedEventAttributes: accepted,
  } = event;
  if (started) return { ...event, workflowExecutionStartedEventAttributes: { ...started, input } };
  if (signalled) return { ...event, workflowExecutionSignaledEventAttributes: { ...signalled, input } };
  const request = accepted?.acceptedRequest;
  if (!accepted || !request) return undefined;
  const said = payloadToJson(request.input?.args?.payloads?.[0]);
  const changed = isJsonObject(said) && isJsonObject(value) ? { ...said, ...value } : value;
  const args = { payloads: [jsonToPayload(changed)] };
  const acceptedRequest = { ...request, input: { ...request.input, args } };
  return { ...event, workflowExecutionUpdateAcceptedEventAttributes: { ...accepted, acceptedRequest } };
}
