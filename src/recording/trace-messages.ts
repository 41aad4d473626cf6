/** The steps that come from outside or in markers: signals, updates, decisions (a memo that asks, an update that answers), local activities. */
import { DECIDE_UPDATE, type DecisionAnswer, MEMO_DECISION_PREFIX, MEMO_NOTES } from '../mission/wire.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { eventTimeMs, millisecondsOf, numberOf } from './history-events.ts';
import type { DraftStep, LinkTrace } from './link-trace.ts';
import { argumentsToJson, payloadMapToJson, payloadToJson } from './payloads.ts';
import { EventType as E } from './proto.ts';
import type { HistoryEvent } from './recording.ts';
import { rootFailure } from './run-end.ts';
import { readAnswer, readNotes, readQuestion } from './wire-schema.ts';

interface GivenAnswer {
  readonly answer: DecisionAnswer;
  readonly event: HistoryEvent;
}

/** The decisions of one link: questions by step id, and answers, which may come before their question is written. */
export class MessageTrace {
  readonly #trace: LinkTrace;
  readonly #questions = new Map<string, DraftStep>();
  readonly #answers = new Map<string, GivenAnswer>();

  constructor(trace: LinkTrace) {
    this.#trace = trace;
  }

  take(event: HistoryEvent): void {
    const type = event.eventType;
    if (type === E.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) this.#signalled(event);
    else if (type === E.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) this.#updateAccepted(event);
    else if (type === E.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED) this.#updateCompleted(event);
    else if (type === E.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED) this.#memoChanged(event);
    else if (type === E.EVENT_TYPE_MARKER_RECORDED) traceLocalActivity(this.#trace, event);
  }

  #signalled(event: HistoryEvent): void {
    const signal = event.workflowExecutionSignaledEventAttributes;
    const step = this.#trace.begin(event, {
      kind: 'signal',
      name: signal?.signalName ?? '',
      request: argumentsToJson(signal?.input),
    });
    this.#trace.end(step, event, { status: 'completed' });
  }

  #updateAccepted(event: HistoryEvent): void {
    const input = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    const request = argumentsToJson(input?.args);
    const answer = input?.name === DECIDE_UPDATE ? readAnswer(request) : undefined;
    if (answer === undefined) {
      this.#trace.begin(event, { kind: 'signal', name: input?.name ?? '', request });
      return;
    }
    this.#answers.set(answer.step, { answer, event });
    this.#settle(answer.step);
  }

  #updateCompleted(event: HistoryEvent): void {
    const { acceptedEventId, outcome } = event.workflowExecutionUpdateCompletedEventAttributes ?? {};
    const step = this.#trace.at(numberOf(acceptedEventId));
    if (outcome?.failure) {
      this.#trace.end(step, event, { status: 'failed', failure: rootFailure(outcome.failure).message });
    } else {
      this.#trace.end(step, event, { status: 'completed', result: payloadToJson(outcome?.success?.payloads?.[0]) });
    }
  }

  #memoChanged(event: HistoryEvent): void {
    const memo = payloadMapToJson(event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields);
    for (const [key, value] of Object.entries(memo)) {
      if (key === MEMO_NOTES) this.#trace.note(event, readNotes(value));
      if (!key.startsWith(MEMO_DECISION_PREFIX)) continue;
      const id = key.slice(MEMO_DECISION_PREFIX.length);
      if (value === null) this.#taken(event, id);
      else this.#asked(event, id, value);
    }
  }

  #asked(event: HistoryEvent, id: string, value: Json): void {
    const question = readQuestion(value);
    if (question === undefined) return;
    const { notes, step: _, name, ...request } = question;
    const step = this.#trace.begin(event, {
      id,
      kind: 'decision',
      name,
      request: request as unknown as JsonObject,
      ...(notes !== undefined && { notes }),
    });
    this.#questions.set(id, step);
    this.#settle(id);
  }

  /** An answer that came before its question took no time. */
  #settle(id: string): void {
    const step = this.#questions.get(id);
    const given = this.#answers.get(id);
    if (step === undefined || given === undefined) return;
    const { answer, event } = given;
    step.by = answer.by;
    if (answer.comment !== undefined) step.comment = answer.comment;
    this.#trace.end(step, event, { status: 'completed', result: answer.option });
  }

  /** The memo entry is withdrawn when the run goes on; without an answer, its time was over. */
  #taken(event: HistoryEvent, id: string): void {
    const step = this.#questions.get(id);
    if (step !== undefined) this.#trace.end(step, event, { status: 'timed-out' });
  }
}

/** A local activity leaves one marker, written as it ends; its arguments are not in the history. */
function traceLocalActivity(trace: LinkTrace, event: HistoryEvent): void {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== 'core_local_activity') return;
  const data = payloadToJson(marker.details?.['data']?.payloads?.[0]) as JsonObject | null;
  const type = data?.['activity_type'];
  const step = trace.begin(event, { kind: 'activity', name: typeof type === 'string' ? type : '', request: null });
  const startedMs = millisecondsOf(data?.['original_schedule_time'] as Parameters<typeof millisecondsOf>[0]);
  if (startedMs > 0) step.atMs -= Math.max(0, Math.round(eventTimeMs(event) - startedMs));
  if (typeof data?.['attempt'] === 'number') step.attempts = data['attempt'];
  if (marker.failure) {
    trace.end(step, event, { status: 'failed', failure: rootFailure(marker.failure).message });
  } else {
    trace.end(step, event, {
      status: 'completed',
      result: payloadToJson(marker.details?.['result']?.payloads?.[0]),
    });
  }
}
