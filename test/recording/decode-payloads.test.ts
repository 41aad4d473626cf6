/** A codec is undone where Temporal's workers use it, and nowhere else. */
import type { Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { decodePayloads, type PayloadDecoder } from '../../src/recording/decode-payloads.ts';
import type { History } from '../../src/recording/recording.ts';
import { runEndOf } from '../../src/recording/run-end.ts';

const payload = (text: string): Payload => ({ data: Buffer.from(text) });
const texts = (value: unknown): string[] =>
  [...JSON.stringify(value, asText).matchAll(/"data":"([^"]*)"/g)].map(([, text]) => text ?? '');

function asText(_: string, value: unknown): unknown {
  const bytes = value as { readonly type?: string; readonly data?: number[] } | null;
  return bytes?.type === 'Buffer' && bytes.data ? Buffer.from(bytes.data).toString() : value;
}

/** Appends to what it decodes. */
function appending(text: string): PayloadDecoder {
  return { decode: async (payloads) => payloads.map(({ data }) => payload(Buffer.from(data ?? []).toString() + text)) };
}

const HISTORY: History = {
  events: [
    {
      workflowExecutionStartedEventAttributes: {
        input: { payloads: [payload('input'), payload('second')] },
        memo: { fields: { note: payload('memo') } },
        header: { fields: { trace: payload('header') } },
        searchAttributes: { indexedFields: { Kind: payload('attribute') } },
      },
    },
    {
      markerRecordedEventAttributes: {
        markerName: 'core_patch',
        details: { 'patch-data': { payloads: [payload('patch')] } },
      },
    },
    {
      markerRecordedEventAttributes: {
        markerName: 'core_local_activity',
        details: { data: { payloads: [payload('local')] }, result: { payloads: [payload('result')] } },
      },
    },
    {
      workflowExecutionFailedEventAttributes: {
        failure: {
          message: 'Encoded failure',
          encodedAttributes: payload('why'),
          cause: { encodedAttributes: payload('cause') },
        },
      },
    },
  ],
};

describe('decoding the payloads of a history', () => {
  it('reaches all that workers encode, and leaves headers, search attributes and core’s markers alone', async () => {
    const decoded = await decodePayloads(HISTORY, [appending('+')], 'a run');
    expect(texts(decoded).toSorted()).toEqual(
      ['input+', 'second+', 'memo+', 'header', 'attribute', 'patch', 'local', 'result+', 'why+', 'cause+'].toSorted(),
    );
    expect(JSON.stringify(HISTORY, asText)).not.toContain('+');
  });

  it('undoes several codecs in the reverse of the order in which workers apply them', async () => {
    const decoded = await decodePayloads(HISTORY, [appending('1'), appending('2')], 'a run');
    expect(texts(decoded)).toContain('input21');
  });

  it.each<[string, PayloadDecoder, RegExp]>([
    [
      'throws',
      { decode: () => Promise.reject(new Error('no key')) },
      /a run: the payload codec cannot decode it: no key/,
    ],
    ['loses a payload', { decode: async () => [] }, /a run: the payload codec made 0 payloads of \d/],
  ])('says where a codec %s', async (_, codec, words) => {
    await expect(decodePayloads(HISTORY, [codec], 'a run')).rejects.toMatchObject({
      code: 'HISTORY_INVALID',
      message: expect.stringMatching(words),
    });
  });
});

it('a failure whose message is kept in a payload is told by that message', () => {
  const encodedAttributes = {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from('{"message":"no luck","stack_trace":""}'),
  };
  const failure = { message: 'Encoded failure', encodedAttributes, applicationFailureInfo: { type: 'Luck' } };
  const history = { events: [{ workflowExecutionFailedEventAttributes: { failure } }] };
  expect(runEndOf(history)).toEqual({ status: 'failed', failure: { message: 'no luck', type: 'Luck' } });
});
