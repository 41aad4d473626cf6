import { fc, test } from '@fast-check/vitest';
import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { argumentsToJson, jsonToPayload, type Payload, payloadToJson } from '../../src/recording/payloads.ts';
import type { Json } from '../../src/shared/json.ts';

const payload = (
  encoding: string | undefined,
  data: string | Uint8Array,
  more: Record<string, string> = {},
): Payload => ({
  metadata: Object.fromEntries(
    Object.entries({ ...(encoding !== undefined && { encoding }), ...more }).map(([key, text]) => [
      key,
      Buffer.from(text),
    ]),
  ),
  data: Buffer.from(data),
});

const tagged = (encoding: string, data: string) => ({
  $payload: { encoding, data: Buffer.from(data).toString('base64') },
});

describe('a payload as JSON', () => {
  const cases: [string, Payload | null | undefined, Json][] = [
    ['json/plain', payload('json/plain', '{"a":[1,"é"]}'), { a: [1, 'é'] }],
    ['json/protobuf', payload('json/protobuf', '{"a":1}', { messageType: 'a.B' }), { a: 1 }],
    ['binary/null', payload('binary/null', ''), null],
    ['none', undefined, null],
    ['an empty one', {}, null],
    ['binary/plain', payload('binary/plain', 'xyz'), tagged('binary/plain', 'xyz')],
    ['encrypted', payload('binary/encrypted', 'xyz'), tagged('binary/encrypted', 'xyz')],
    ['an unknown encoding', payload('own/one', 'xyz'), tagged('own/one', 'xyz')],
    ['no encoding', payload(undefined, 'xyz'), tagged('', 'xyz')],
    ['broken JSON', payload('json/plain', '{"a":'), tagged('json/plain', '{"a":')],
  ];
  it.each(cases)('%s', (_, given, json) => {
    expect(payloadToJson(given)).toEqual(json);
  });

  it.each([
    ['binary/plain', tagged('binary/plain', '')],
    ['', null],
  ])('without data, as it comes out of a message: %s', (encoding, json) => {
    const message = temporal.api.common.v1.Payload;
    const sent = message.create({ metadata: { encoding: Buffer.from(encoding) } });
    expect(payloadToJson(message.decode(message.encode(sent).finish()))).toEqual(json);
  });

  it('none is null, one is itself, more are an array', () => {
    const [one, two] = [payload('json/plain', '1'), payload('json/plain', '2')];
    expect([[], [one], [one, two]].map((payloads) => argumentsToJson({ payloads }))).toEqual([null, 1, [1, 2]]);
  });

  test.prop([fc.jsonValue()])('is what it was made of', (value) => {
    const json = JSON.parse(JSON.stringify(value)) as Json;
    expect(payloadToJson(jsonToPayload(json))).toEqual(json);
  });

  test.prop([fc.uint8Array(), fc.string(), fc.string()])(
    'gives any other payload its bytes back',
    (data, encoding, note) => {
      const given = payload(`x${encoding}`, data, { note });
      const back = jsonToPayload(payloadToJson(given));
      expect(Buffer.from(back.data ?? [])).toEqual(Buffer.from(data));
      expect(Object.keys(back.metadata ?? {}).sort()).toEqual(['encoding', 'note']);
    },
  );
});
