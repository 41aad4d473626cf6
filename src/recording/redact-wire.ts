/** Redaction of what the kit itself writes: the author's values in it are replaced, its own words (roles, step ids, model names) stay. */
import {
  DECIDE_UPDATE,
  MEMO_DECISION_PREFIX,
  MEMO_LINK,
  MEMO_NOTES,
  MEMO_STAMP,
  MODEL_ACTIVITY,
  toolOfActivity,
} from '../mission/wire.ts';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';
import { numberOf } from './history-events.ts';
import type { Payload } from './payloads.ts';
import type { History, HistoryEvent } from './recording.ts';
import type { Redactor } from './redactor.ts';

export type Redact = (value: Json, redactor: Redactor) => Json;

const keep: Redact = (value) => value;

/** How to redact each payload that has a form of its own; all others are redacted as plain JSON. */
export function wirePayloads(history: History): ReadonlyMap<Payload, Redact> {
  const forms = new Map<Payload, Redact>();
  const modelSteps = new Set<number>();
  for (const event of history.events ?? []) {
    activityForms(event, forms, modelSteps);
    for (const [key, payload] of memoFields(event)) forms.set(payload, memoForm(key));
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (update?.name === DECIDE_UPDATE) set(forms, update.args?.payloads?.[0], members(['by', 'comment']));
    for (const payload of codeNames(event)) forms.set(payload, keep);
  }
  return forms;
}

function set(forms: Map<Payload, Redact>, payload: Payload | undefined, form: Redact): void {
  if (payload !== undefined) forms.set(payload, form);
}

function activityForms(event: HistoryEvent, forms: Map<Payload, Redact>, modelSteps: Set<number>): void {
  const scheduled = event.activityTaskScheduledEventAttributes;
  const type = scheduled?.activityType?.name ?? '';
  const [request, context] = scheduled?.input?.payloads ?? [];
  if (type === MODEL_ACTIVITY && context !== undefined) {
    modelSteps.add(numberOf(event.eventId));
    set(forms, request, modelRequest);
  }
  if (type === MODEL_ACTIVITY || toolOfActivity(type) !== undefined) set(forms, context, withNotes);
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed && modelSteps.has(numberOf(completed.scheduledEventId))) {
    set(forms, completed.result?.payloads?.[0], modelResponse);
  }
}

function memoFields(event: HistoryEvent): [string, Payload][] {
  return [
    ...Object.entries(event.workflowExecutionStartedEventAttributes?.memo?.fields ?? {}),
    ...Object.entries(event.workflowExecutionContinuedAsNewEventAttributes?.memo?.fields ?? {}),
    ...Object.entries(event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields ?? {}),
  ];
}

function memoForm(key: string): Redact {
  if (key === MEMO_STAMP) return members(['reason', 'rule']);
  if (key === MEMO_NOTES) return notes;
  if (key === MEMO_LINK) return keep;
  return key.startsWith(MEMO_DECISION_PREFIX) ? question : (value, redactor) => redactor.json(value);
}

/** Patch ids and what the SDK keeps in its markers are the code's, not the run's. */
function codeNames(event: HistoryEvent): Payload[] {
  const marker = event.markerRecordedEventAttributes;
  const data = ['patch-data', ...(marker?.markerName === 'core_local_activity' ? ['data'] : [])];
  const inMarker = data.flatMap((name) => marker?.details?.[name]?.payloads ?? []);
  const indexed = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields ?? {};
  const changes = Object.entries(indexed).filter(([name]) => name === 'TemporalChangeVersion' || name === 'BuildIds');
  return [...inMarker, ...changes.map(([, payload]) => payload)];
}

/** An object of which only these members hold the author's values. */
function members(names: readonly string[]): Redact {
  return (value, redactor) => {
    if (!isJsonObject(value)) return redactor.json(value);
    return mapMembers(value, (name, member) => (names.includes(name) ? redactor.json(member) : member));
  };
}

function mapMembers(value: JsonObject, map: (name: string, member: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, map(name, member)]));
}

function each(form: Redact): Redact {
  return (value, redactor) =>
    Array.isArray(value) ? value.map((item: Json) => form(item, redactor)) : redactor.json(value);
}

const notes = each(members(['input', 'result']));
const toolCalls = each(members(['input']));

/** An object whose members each have a form; members without one stay. */
function shape(forms: Readonly<Record<string, Redact>>): Redact {
  return (value, redactor) => {
    if (!isJsonObject(value)) return redactor.json(value);
    return mapMembers(value, (name, member) =>
      Object.hasOwn(forms, name) ? (forms[name] ?? keep)(member, redactor) : member,
    );
  };
}

const plain: Redact = (value, redactor) => redactor.json(value);
const withNotes = shape({ notes });
const question = shape({ evidence: plain, question: plain, notes });
const modelRequest = shape({ messages: each(shape({ content: plain, toolCalls })) });
const modelResponse = shape({ text: plain, object: plain, reasoning: plain, toolCalls });
