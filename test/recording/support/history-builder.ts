/** Histories written by hand, for what is hard to bring about on a server. One event per second. */
import proto from '@temporalio/proto';
import Long from 'long';
import { jsonToPayload } from '../../../src/recording/payloads.ts';
import type { History, HistoryEvent } from '../../../src/recording/recording.ts';
import type { Json } from '../../../src/shared/json.ts';

const { EventType } = proto.temporal.api.enums.v1;

export type HandEvent = Omit<HistoryEvent, 'eventId' | 'eventTime' | 'eventType'>;

export const payloads = (...values: Json[]) => ({ payloads: values.map(jsonToPayload) });

/** The started event, then these, numbered and typed by their attributes. */
export function historyOf(
  events: readonly HandEvent[],
  started: HandEvent['workflowExecutionStartedEventAttributes'] = {},
): History {
  const first: HandEvent = {
    workflowExecutionStartedEventAttributes: {
      workflowId: 'w',
      workflowType: { name: 'hand' },
      originalExecutionRunId: 'run-1',
      ...started,
    },
  };
  return {
    events: [first, ...events].map((event, index) => ({
      eventId: Long.fromNumber(index + 1),
      eventTime: { seconds: Long.fromNumber(index), nanos: 0 },
      eventType: typeOf(event),
      ...event,
    })),
  };
}

function typeOf(event: HandEvent): number {
  const name = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '';
  const constant = name
    .replace('EventAttributes', '')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
  return EventType[`EVENT_TYPE_${constant}` as 'EVENT_TYPE_TIMER_FIRED'];
}
