import { gzipSync } from 'node:zlib';
import { fc, test } from '@fast-check/vitest';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { digestOfHistories } from '../../src/recording/content.ts';
import { decodeHistories, decodeHistory } from '../../src/recording/decode-history.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { historyToBytes } from '../../src/recording/proto.ts';
import { isMissionError } from '../../src/shared/errors.ts';
import { type HistoryJson, mapObjects, sampleJson } from './support/sample.ts';

const standard = sampleJson('plain');
const history = decodeHistory(standard, 'plain.json');
const digest = digestOfHistories([history]);
const protoHistory = proto.temporal.api.history.v1.History.fromObject(history);

/** Keys of maps (search attributes) are the author's, and stay. */
const snake = (key: string) =>
  /^[A-Z]/.test(key) ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const pascal = (name: string) =>
  name
    .replace('EVENT_TYPE_', '')
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
const numericEnums = (value: unknown) =>
  mapObjects(value, (object) =>
    Object.fromEntries(
      Object.entries(object).map(([key, item]) => {
        if (key === 'eventType') return [key, proto.temporal.api.enums.v1.EventType[item as 'EVENT_TYPE_TIMER_FIRED']];
        return [key, key === 'kind' && item === 'TASK_QUEUE_KIND_NORMAL' ? 1 : item];
      }),
    ),
  );
const inClear = (object: Record<string, unknown>) => {
  const { metadata, data } = object as { metadata?: Record<string, string>; data?: string };
  if (typeof metadata?.['encoding'] !== 'string') return object;
  const text = Buffer.from(data ?? '', 'base64').toString();
  const clear = Object.entries(metadata).map(([key, item]) => [key, Buffer.from(item, 'base64').toString()]);
  return { metadata: Object.fromEntries(clear), data: JSON.parse(text) as unknown };
};
const bare = (object: Record<string, unknown>) => {
  const clear = inClear(object) as { metadata?: Record<string, unknown>; data?: unknown };
  return clear.metadata === undefined || 'type' in clear.metadata ? object : clear.data;
};
const uiForm = (event: Record<string, unknown>) => {
  const { eventId, ...others } = event;
  const name = Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '';
  const { [name]: attributes, ...rest } = others;
  return { ...rest, id: eventId, attributes };
};

describe('a history in every form that users have is the same history', () => {
  const forms: [string, unknown][] = [
    ['standard JSON', standard],
    ['the text of it', JSON.stringify(standard)],
    ['a text with a byte order mark', `\uFEFF${JSON.stringify(standard)}`],
    ['a text inside a JSON text', JSON.stringify(JSON.stringify(standard))],
    ['bytes of the text', Buffer.from(JSON.stringify(standard))],
    ['gzip', gzipSync(JSON.stringify(standard))],
    ['an array of one history', [standard]],
    ['{ history }', { history: standard }],
    ['{ Histories: [{ history }] }', { Histories: [{ history: standard }] }],
    ['a bare array of events', standard.events],
    ['a last page, its token empty', { history: standard, nextPageToken: '' }],
    ['protobuf bytes', historyToBytes(history)],
    ['gzipped protobuf', gzipSync(historyToBytes(history))],
    ['a decoded message', protoHistory],
    ['protobufjs toJSON', protoHistory.toJSON()],
    ['protobufjs toObject', proto.temporal.api.history.v1.History.toObject(protoHistory)],
    ['snake_case', mapObjects(standard, (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [snake(k), v])))],
    ['numeric enums', numericEnums(standard)],
    [
      'PascalCase enums',
      mapObjects(standard, (o) => ('eventType' in o ? { ...o, eventType: pascal(String(o['eventType'])) } : o)),
    ],
    ['payloads in clear', mapObjects(standard, inClear)],
    ['payloads as bare values', mapObjects(standard, bare)],
    ['the web UI’s own events', standard.events.map(uiForm)],
    ['unknown members', { ...standard, events: standard.events.map((event) => ({ ...event, writtenByNewer: [1] })) }],
  ];

  it.each(forms)('%s', (_, form) => {
    expect(digestOfHistories([decodeHistory(form, 'file')])).toBe(digest);
  });

  it('what we write is read as what it was', () => {
    expect(digestOfHistories([decodeHistory(encodeHistory(history), 'file')])).toBe(digest);
  });

  it('several in one file are told apart', () => {
    expect(decodeHistories([standard, sampleJson('mission')], 'file')).toHaveLength(2);
    expect(() => decodeHistory([standard, standard], 'file')).toThrow('expected one history, found 2');
  });
});

describe('a broken history is refused with its place and a remedy', () => {
  const broken = (change: (json: HistoryJson) => void): HistoryJson => {
    const json = sampleJson('plain');
    change(json);
    return json;
  };
  const causes = (count: number): object => (count === 0 ? {} : { message: 'x', cause: causes(count - 1) });
  const started = (json: HistoryJson) =>
    json.events[0]?.['workflowExecutionStartedEventAttributes'] as Record<string, unknown>;
  const cases: [string, unknown, string][] = [
    ['nothing', '', 'not JSON, or is cut off'],
    ['half a file', JSON.stringify(standard).slice(0, 5000), 'not JSON, or is cut off'],
    ['noise', Buffer.from([9, 8, 7, 255]), 'neither JSON nor a protobuf history'],
    ['half a gzip', gzipSync(JSON.stringify(standard)).subarray(0, 400), 'gzip data cannot be read'],
    ['null', null, 'no history in it'],
    ['an empty list', [], 'the list is empty'],
    ['no events', { events: [] }, 'the history has no events'],
    ['another document', { hello: 'world' }, 'no list of events'],
    ['the first page only', { history: standard, nextPageToken: 'abc' }, 'one page of a history'],
    ['the first event missing', { events: standard.events.slice(1) }, 'event 1 must be WorkflowExecutionStarted'],
    ['the started event alone', { events: standard.events.slice(0, 1) }, 'cut off after event 1'],
    ['no workflow type', broken((json) => delete started(json)['workflowType']), 'has no workflow type'],
    ['no run id', broken((json) => delete started(json)['originalExecutionRunId']), 'has no run id'],
    ['an event missing', broken((json) => json.events.splice(7, 1)), 'event 8 has the id 9'],
    ['events in another order', broken((json) => json.events.reverse()), 'event 1 must be WorkflowExecutionStarted'],
    [
      'no attributes',
      broken((json) => delete json.events[5]?.['timerStartedEventAttributes']),
      'event 6 (TimerStarted): it has no timerStartedEventAttributes',
    ],
    ['no time', broken((json) => delete json.events[5]?.['eventTime']), 'event 6 (TimerStarted): it has no eventTime'],
    [
      'an unknown event',
      broken((json) => Object.assign(json.events[5] ?? {}, { eventType: 'EVENT_TYPE_NEW' })),
      'events[5].eventType: expected a name of EventType, found "EVENT_TYPE_NEW"',
    ],
    [
      'a member of another kind',
      broken((json) => Object.assign(json.events[5] ?? {}, { eventTime: 'yesterday' })),
      'events[5].eventTime: expected a time',
    ],
    [
      'causes without end',
      broken((json) =>
        Object.assign(json.events[5] ?? {}, { workflowExecutionFailedEventAttributes: { failure: causes(98) } }),
      ),
      'at most 100 levels of nesting',
    ],
    [
      'a reference into nothing',
      broken((json) =>
        Object.assign(json.events[6] ?? {}, { timerFiredEventAttributes: { timerId: '1', startedEventId: '3' } }),
      ),
      'event 7 (TimerFired): startedEventId is 3',
    ],
    [
      'a workflow task twice',
      broken((json) => {
        const again = { ...json.events[1], eventId: '36' };
        json.events.splice(34, 1, { ...json.events[1], eventId: '35' }, again as HistoryJson['events'][number]);
      }),
      'it does not follow from what came before',
    ],
    [
      'events after the end',
      broken((json) => json.events.push({ ...json.events[6], eventId: '36' } as HistoryJson['events'][number])),
      'it follows the event that ended the run',
    ],
  ];

  it.each(cases)('%s', (_, input, message) => {
    const error = caught(() => decodeHistory(input, 'runs/a.json'));
    expect(isMissionError(error, 'HISTORY_INVALID')).toBe(true);
    expect(String(error)).toContain('runs/a.json: ');
    expect(String(error)).toContain(message);
    expect((error as { remedy?: string }).remedy).toMatch(/\w/);
  });

  const text = JSON.stringify(standard);
  test.prop([fc.nat(text.length - 1), fc.string({ maxLength: 5 })], { numRuns: 300 })(
    'whatever is done to its text, it is a history or HISTORY_INVALID',
    (at, inserted) => {
      const error = caught(() => decodeHistory(text.slice(0, at) + inserted + text.slice(at + 1), 'file'));
      expect(error === undefined || isMissionError(error, 'HISTORY_INVALID')).toBe(true);
    },
  );

  const bytes = historyToBytes(history);
  test.prop([fc.nat(bytes.length - 1), fc.nat(255)], { numRuns: 300 })('nor to its bytes', (at, byte) => {
    const changed = Buffer.from(bytes);
    changed[at] = byte;
    const error = caught(() => decodeHistory(changed, 'file'));
    expect(error === undefined || isMissionError(error, 'HISTORY_INVALID')).toBe(true);
  });

  test.prop([fc.anything()])('nor is anything else', (value) => {
    expect(
      isMissionError(
        caught(() => decodeHistory(value, 'file')),
        'HISTORY_INVALID',
      ),
    ).toBe(true);
  });
});

function caught(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
