/** Histories are decoded by a way of our own through protobufjs; it must find what protobufjs finds. */
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { historyFromBytes } from '../../src/recording/history-bytes.ts';
import { eventType, historyToBytes } from '../../src/recording/proto.ts';
import { sampleJson } from './support/sample.ts';

const { History, HistoryEvent } = proto.temporal.api.history.v1;
const samples = ['mission', 'plain'] as const;
const bytesOf = (name: (typeof samples)[number]) => historyToBytes(decodeHistory(sampleJson(name), name));

/** What decoding led to, errors included. */
function outcome(decode: (bytes: Uint8Array) => object, bytes: Uint8Array): unknown {
  try {
    return JSON.stringify(decode(bytes));
  } catch (error) {
    return error instanceof Error;
  }
}

describe.each(samples)('the history "%s"', (name) => {
  it('is what protobufjs decodes', () => {
    const [ours, theirs] = [historyFromBytes(bytesOf(name)), History.decode(bytesOf(name))];
    expect(JSON.stringify(ours)).toBe(JSON.stringify(theirs));
    expect(Buffer.from(historyToBytes(ours))).toEqual(Buffer.from(historyToBytes(theirs)));
  });

  it('has events of the message, each with its one kind of attributes', () => {
    for (const event of historyFromBytes(bytesOf(name)).events ?? []) {
      expect(event).toBeInstanceOf(eventType.ctor);
      const { attributes } = event as { attributes?: string };
      expect(Object.keys(event).filter((key) => key.endsWith('EventAttributes'))).toEqual([attributes]);
    }
  });

  it('is read or refused as by protobufjs when a byte is another', () => {
    const bytes = bytesOf(name);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = value;
        expect(outcome(historyFromBytes, damaged)).toEqual(outcome((given) => History.decode(given), damaged));
      }),
      { numRuns: 300 },
    );
  });
});

it('of two kinds of attributes in one event, the later ones count', () => {
  const event = Buffer.concat([
    HistoryEvent.encode({ timerStartedEventAttributes: { timerId: 'a' } }).finish(),
    HistoryEvent.encode({ timerFiredEventAttributes: { timerId: 'b' } }).finish(),
  ]);
  const bytes = Buffer.concat([Buffer.from([10, event.length]), event]);
  expect(historyFromBytes(bytes).events?.[0]).toMatchObject({ timerFiredEventAttributes: { timerId: 'b' } });
  expect(JSON.stringify(historyFromBytes(bytes))).toBe(JSON.stringify(History.decode(bytes)));
});
