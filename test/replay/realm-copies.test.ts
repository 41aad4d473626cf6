import vm from 'node:vm';
import { coresdk, temporal } from '@temporalio/proto';
import Long from 'long';
import { describe, expect, it } from 'vitest';
import { copyInto, copyOutOf } from '../../src/replay/realm-copies.ts';

const free = () => undefined;
const inside = (code: string): unknown => vm.runInNewContext(`(${code})`, { Long });

describe('what a candidate gives back', () => {
  it('is of the host, whatever it was made of', () => {
    const copy = copyOutOf(
      inside(
        "{ list: [{ bytes: new Uint8Array([1, 2]) }], none: null, text: 'x', seconds: { low: 5, high: 0, unsigned: false } }",
      ),
      free,
    );
    expect(copy).toEqual({
      list: [{ bytes: new Uint8Array([1, 2]) }],
      none: null,
      text: 'x',
      seconds: Long.fromNumber(5),
    });
    expect(copy).toBeInstanceOf(Object);
    expect((copy as { list: unknown }).list).toBeInstanceOf(Array);
  });

  it('is read once, with no method of its own', () => {
    const copy = copyOutOf(
      inside(`(() => {
        let asked = 0;
        const list = [1, 2];
        list.map = list.every = list[Symbol.iterator] = () => { throw 1; };
        const bytes = new Uint8Array([7]);
        Object.defineProperty(bytes, 'length', { get: () => 0 });
        return { get value() { asked += 1; return asked; }, list, bytes, call() {}, toJSON: () => 'other', [Symbol.toStringTag]: 'tag' };
      })()`),
      free,
    ) as Record<string, unknown>;
    expect([copy['value'], copy['value']]).toEqual([1, 1]);
    expect((copy['list'] as number[]).map((item) => item * 2)).toEqual([2, 4]);
    expect(copy['bytes']).toEqual(new Uint8Array([7]));
    expect(JSON.stringify(copy['call'])).toBeUndefined();
    expect(copy['toJSON']).toBeUndefined();
    expect(Object.getOwnPropertySymbols(copy)).toEqual([]);
  });

  it('may have members of any name', () => {
    const copy = copyOutOf(inside('JSON.parse(\'{"__proto__": {"a": 1}, "own": 2}\')'), free) as object;
    expect(Object.keys(copy)).toEqual(['__proto__', 'own']);
    expect('a' in copy).toBe(false);
  });

  it('is counted as it is copied: whoever counts ends what leads back to itself', () => {
    let counted = 0;
    const count = (bytes: number) => {
      counted += bytes;
      if (counted > 1_000) throw new Error('enough');
    };
    expect(() => copyOutOf(inside('(() => { const own = {}; own.own = own; return own; })()'), count)).toThrow(
      'enough',
    );
  });
});

describe('what a candidate is given', () => {
  const { WorkflowActivationJob, FireTimer, SignalWorkflow } = coresdk.workflow_activation;

  it('has bytes and 64-bit numbers of its own', () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    const given = { time: Long.fromNumber(5), payloads: [{ data: whole.subarray(1, 3) }] };
    const copy = copyInto(given);
    expect(copy).toEqual(given);
    expect(copy.time).not.toBe(given.time);
    expect(copy.payloads[0]?.data.buffer.byteLength).toBe(2);
    copy.payloads[0]?.data.fill(9);
    expect([...whole]).toEqual([1, 2, 3, 4]);
  });

  it('reads and shows as the message does', () => {
    const { Payload } = temporal.api.common.v1;
    const job = WorkflowActivationJob.create({
      signalWorkflow: SignalWorkflow.create({ input: [Payload.create({ data: new Uint8Array([1]) })] }),
    });
    const copy = copyInto(job);
    expect(copy.variant).toBe('signalWorkflow');
    expect(copy.signalWorkflow?.signalName).toBe('');
    expect(Object.keys(copy)).toEqual(['signalWorkflow']);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(job));
    expect(JSON.stringify(copy)).toBe('{"signalWorkflow":{"input":[{"data":"AQ=="}]}}');
  });

  it('leads to nothing that other messages have', () => {
    const copy = copyInto(FireTimer.create({}));
    const prototype = Object.getPrototypeOf(copy) as object;
    expect(copy.constructor).toBe(Object);
    expect('$type' in copy).toBe(false);
    expect(Object.isFrozen(prototype)).toBe(true);
    copy.seq = 5;
    expect([copy.seq, copyInto(FireTimer.create({})).seq]).toEqual([5, 0]);
  });

  it('may have members of any name', () => {
    const copy = copyInto(JSON.parse('{"fields": {"__proto__": {"data": 1}}}') as { fields: object });
    expect(Object.keys(copy.fields)).toEqual(['__proto__']);
    expect('data' in copy.fields).toBe(false);
  });
});
