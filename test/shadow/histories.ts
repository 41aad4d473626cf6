/** Short histories, as far as shadows read them. */
import { jsonToPayload } from '../../src/recording/payloads.ts';
import { eventTypeEnum } from '../../src/recording/proto.ts';
import type { History, HistoryEvent } from '../../src/replay/proto.ts';
import type { Json } from '../../src/shared/json.ts';

/** One step: what it asks, what it says of itself, and what it got, if anything. */
export interface ToldStep {
  readonly tool: string;
  readonly request: Json;
  readonly effect?: 'read' | 'write';
  readonly answer?: Json;
  readonly failure?: { readonly message: string; readonly type: string };
}

export type ToldEnd =
  | { readonly result: Json }
  | { readonly failure: { readonly message: string; readonly type: string; readonly details?: Json } }
  | { readonly terminated: string };

/** @param end - the run is open without one */
export function historyOf(steps: readonly ToldStep[], end?: ToldEnd): History {
  const events: HistoryEvent[] = [];
  const add = (event: HistoryEvent): number =>
    events.push({ eventType: typeOf(event), ...event, eventId: numbered(events.length + 1) });
  add({ workflowExecutionStartedEventAttributes: { originalExecutionRunId: 'run' } });
  const ordinals = new Map<string, number>();
  for (const { tool, request, effect = 'write', answer, failure } of steps) {
    const ordinal = (ordinals.get(tool) ?? 0) + 1;
    ordinals.set(tool, ordinal);
    const step = `${tool}#${ordinal}`;
    const scheduledEventId = numbered(
      add({
        activityTaskScheduledEventAttributes: {
          activityId: step,
          activityType: { name: `tool:${tool}` },
          input: { payloads: [jsonToPayload(request), jsonToPayload({ step, kind: 'tool', effect })] },
        },
      }),
    );
    if (answer !== undefined) {
      const result = { payloads: [jsonToPayload(answer)] };
      add({ activityTaskCompletedEventAttributes: { scheduledEventId, result } });
    }
    if (failure !== undefined) {
      const { message, type } = failure;
      const cause = { message, applicationFailureInfo: { type } };
      add({ activityTaskFailedEventAttributes: { scheduledEventId, failure: cause } });
    }
  }
  if (end !== undefined) add(endEvent(end));
  return { events };
}

function endEvent(end: ToldEnd): HistoryEvent {
  if ('result' in end) {
    return { workflowExecutionCompletedEventAttributes: { result: { payloads: [jsonToPayload(end.result)] } } };
  }
  if ('terminated' in end) {
    return { eventType: 27, workflowExecutionTerminatedEventAttributes: { reason: end.terminated } };
  }
  const { message, type, details } = end.failure;
  const payloads = details === undefined ? [] : [jsonToPayload(details)];
  const failure = { message, applicationFailureInfo: { type, details: { payloads } } };
  return { workflowExecutionFailedEventAttributes: { failure } };
}

/** By the name of its attributes: `activityTaskScheduledEventAttributes` are those of EVENT_TYPE_ACTIVITY_TASK_SCHEDULED. */
function typeOf(event: HistoryEvent): number {
  const [name = ''] = Object.keys(event).filter((key) => key.endsWith('EventAttributes'));
  const words = name.replace('EventAttributes', '').replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  const type = eventTypeEnum.values[`EVENT_TYPE_${words.toUpperCase()}`];
  if (type === undefined) throw new Error(`There is no event with ${name}.`);
  return type;
}

function numbered(id: number): NonNullable<HistoryEvent['eventId']> {
  return id as unknown as NonNullable<HistoryEvent['eventId']>;
}
