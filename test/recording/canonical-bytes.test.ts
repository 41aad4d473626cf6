/** Canonical histories are written by a way of our own; it must write what protobufjs writes of them. */
import fc from 'fast-check';
import Long from 'long';
import type { Type } from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { canonicalHistoryBytes } from '../../src/recording/canonical-bytes.ts';
import { canonicalHistory } from '../../src/recording/canonical-history.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { historyFromBytes } from '../../src/recording/history-bytes.ts';
import { fieldsOf, historyToBytes, historyType, type ResolvedField } from '../../src/recording/proto.ts';
import type { History } from '../../src/recording/recording.ts';
import { sampleJson } from './support/sample.ts';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const ours = (history: History) => hexOf(canonicalHistoryBytes(history));
const theirs = (history: History) => hexOf(historyToBytes(canonicalHistory(history)));

/** Failures hold failures; below this nothing else is held. */
const DEPTH_MAX = 5;
const MEMBERS_MAX = 8;

const LONG = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromString(String(value))),
  fc.constantFrom(Long.ZERO, Long.ONE, 0, 7, -7, '12', { low: 0, high: 0 }, { low: 1, high: 0 }),
);

/** Objects have whole numbers first, by their size. */
const KEY = fc.oneof(
  fc.string(),
  fc.nat({ max: 200 }).map(String),
  fc.constantFrom('4294967295', '-1', '007', '__proto__'),
);

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.string({ unit: 'grapheme', maxLength: 200 }),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom([], [1, 2], new Uint8Array(0))),
  bool: fc.boolean(),
  int32: fc.integer(),
  uint32: fc.nat(),
  int64: LONG,
  double: fc.oneof(fc.double(), fc.constantFrom(0, -0)),
  float: fc.oneof(fc.float(), fc.constantFrom(0, -0)),
};

function valueFor({ message, enumeration, type }: ResolvedField, depth: number): fc.Arbitrary<unknown> {
  if (message !== undefined) return messageFor(message, depth + 1);
  const scalar = enumeration === undefined ? SCALARS[type] : fc.constantFrom(...Object.values(enumeration.values));
  if (scalar === undefined) throw new Error(`Histories hold a ${type} now: this test knows none.`);
  return scalar;
}

function memberFor(field: ResolvedField, depth: number): fc.Arbitrary<unknown> {
  const value = valueFor(field, depth);
  if (field.shape === 'repeated') return fc.array(value, { maxLength: 3 });
  return field.shape === 'map' ? fc.dictionary(KEY, value, { maxKeys: 4 }) : value;
}

/** Some members of a message, in any order, with one that nobody knows. */
function messageFor(type: Type, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = fieldsOf(type).filter(({ message }) => message === undefined || depth < DEPTH_MAX);
  const some = fc.shuffledSubarray([...fields], { maxLength: Math.min(fields.length, MEMBERS_MAX) });
  return some.chain((chosen) => {
    const members = chosen.map((field) => fc.tuple(fc.constant(field.name), fc.option(memberFor(field, depth))));
    return fc.tuple(...members).map((entries) => ({ nobodyKnows: 1, ...Object.fromEntries(entries) }));
  });
}

describe('the canonical bytes', () => {
  it.each(['mission', 'plain'] as const)('of the history "%s" are those of its canonical form', (name) => {
    const history = decodeHistory(sampleJson(name), name);
    expect(ours(history)).toBe(theirs(history));
    expect(ours(historyFromBytes(canonicalHistoryBytes(history)))).toBe(ours(history));
  });

  it('of every kind of event, with any of its members in any order, are those of its canonical form', () => {
    const [events] = fieldsOf(historyType);
    if (events?.message === undefined) throw new Error('A history has no events.');
    const attributes = fieldsOf(events.message).filter(({ message }) => message !== undefined);
    expect(attributes.length).toBeGreaterThan(50);
    for (const field of attributes) {
      fc.assert(
        fc.property(messageFor(events.message, DEPTH_MAX), memberFor(field, 1), (event, value) => {
          const history = { events: [{ [field.name]: value, ...event }, event] } as History;
          expect(ours(history)).toBe(theirs(history));
        }),
        { numRuns: 20 },
      );
    }
  });

  it('are refused, as theirs are, of what is nested deeper than protobuf may be', () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { message: 'x', cause: nested(depth - 1) });
    const failed = (depth: number): History => ({
      events: [{ workflowExecutionFailedEventAttributes: { failure: nested(depth) } }],
    });
    expect(ours(failed(97))).toBe(theirs(failed(97)));
    expect(() => ours(failed(98))).toThrow('max depth exceeded');
    expect(() => theirs(failed(98))).toThrow('max depth exceeded');
  });
});
