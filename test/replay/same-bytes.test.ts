/** Payloads of encodings that nobody knows: the same bytes are the same, anything else is told. */
import type { Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { payloadToJson } from '../../src/recording/payloads.ts';
import { carrySameBytes } from '../../src/replay/same-bytes.ts';

const payload = (encoding: string, data: string, more: Readonly<Record<string, string>> = {}): Payload => ({
  metadata: Object.fromEntries(Object.entries({ encoding, ...more }).map(([key, text]) => [key, Buffer.from(text)])),
  data: Buffer.from(data),
});

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
