/**
 * Payloads of encodings that nobody knows: the same bytes are the same, anything else is told. And what options of an activity
 * say the same.
 */
import type { Payload } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { payloadToJson } from '../../src/recording/payloads.ts';
import { optionsOfCommand, optionsOfEvent } from '../../src/replay/activity-options.ts';
import type { Command, HistoryEvent } from '../../src/replay/proto.ts';
import { carrySameBytes } from '../../src/replay/same-bytes.ts';

type Schedule = NonNullable<Command['scheduleActivity']>;
type Scheduled = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;

const payload = (encoding: string, data: string, more: Readonly<Record<string, string>> = {}): Payload => ({
  metadata: Object.fromEntries(Object.entries({ encoding, ...more }).map(([key, text]) => [key, Buffer.from(text)])),
  data: Buffer.from(data),
});

const encodingOf = (encoding: string) => ({ encoding: Buffer.from(encoding) });

const areSame = (left: Payload, right: Payload): boolean =>
  carrySameBytes(
    { completeWorkflowExecution: { result: left } },
    { workflowExecutionCompletedEventAttributes: { result: { payloads: [right] } } },
  );

describe('two payloads of an unknown encoding', () => {
  it.each<[string, Payload, Payload, boolean]>([
    ['the same', payload('x/own', 'a'), payload('x/own', 'a'), true],
    ['other data', payload('x/own', 'a'), payload('x/own', 'b'), false],
    ['another encoding', payload('x/own', 'a'), payload('x/other', 'a'), false],
    ['another entry', payload('x/own', 'a', { type: 'Order' }), payload('x/own', 'a', { type: 'Refund' }), false],
    ['an entry more', payload('x/own', 'a'), payload('x/own', 'a', { type: 'Order' }), false],
  ])('%s', (_, left, right, same) => {
    expect(areSame(left, right)).toBe(same);
    expect(JSON.stringify(payloadToJson(left)) === JSON.stringify(payloadToJson(right))).toBe(same);
  });
});

describe('an argument that is undefined', () => {
  const { Payload: message } = temporal.api.common.v1;
  const recorded = message.decode(message.encode(message.create({ metadata: encodingOf('binary/null') })).finish());

  it('is the same as one that is not decoded yet, and another than one with data', () => {
    expect(areSame({ metadata: encodingOf('binary/null') }, recorded)).toBe(true);
    expect(areSame(recorded, { metadata: encodingOf('binary/null') })).toBe(true);
    expect(areSame(payload('json/plain', '{}'), recorded)).toBe(false);
    expect(areSame(recorded, payload('json/plain', '{}'))).toBe(false);
  });
});

describe('when a worker is taken for lost', () => {
  it.each<[string, boolean]>([
    ['tool:getOrder', true],
    ['model', true],
    ['chargeCard', false],
  ])('is the same for %s, whatever the heartbeats: %s', (type, same) => {
    const terms = { startToCloseTimeout: msToTs(60_000), retryPolicy: { maximumAttempts: 5 } };
    const command = { ...terms, activityType: type, heartbeatTimeout: msToTs(30_000) };
    const event = { ...terms, activityType: { name: type } };
    const [schedule, scheduled] = [command as Schedule, event as Scheduled];
    expect(carrySameBytes({ scheduleActivity: schedule }, { activityTaskScheduledEventAttributes: scheduled })).toBe(
      same,
    );
    expect(JSON.stringify(optionsOfCommand(schedule)) === JSON.stringify(optionsOfEvent(scheduled))).toBe(same);
    const other = { ...scheduled, startToCloseTimeout: msToTs(61_000) } as Scheduled;
    expect(carrySameBytes({ scheduleActivity: schedule }, { activityTaskScheduledEventAttributes: other })).toBe(false);
  });
});
