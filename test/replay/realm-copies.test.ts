import vm from 'node:vm';
import Long from 'long';
import { describe, expect, it } from 'vitest';
import { copyInto, copyOutOf } from '../../src/replay/realm-copies.ts';

const inside = (code: string): unknown => vm.runInNewContext(`(${code})`, { Long });

describe('what a candidate gives back', () => {
  it('is of the host, whatever it was made of', () => {
    const copy = copyOutOf(
      inside(
        "{ list: [{ bytes: new Uint8Array([1, 2]) }], none: null, text: 'x', seconds: { low: 5, high: 0, unsigned: false } }",
      ),
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
        return { get value() { asked += 1; return asked; }, list, bytes, call() {}, toJSON: () => 'other' };
      })()`),
    ) as Record<string, unknown>;
    expect([copy['value'], copy['value']]).toEqual([1, 1]);
    expect((copy['list'] as number[]).map((item) => item * 2)).toEqual([2, 4]);
    expect(copy['bytes']).toEqual(new Uint8Array([7]));
    expect(JSON.stringify(copy['call'])).toBeUndefined();
    expect(copy['toJSON']).toBeUndefined();
  });

  it('may lead back to itself, and have members of any name', () => {
    const copy = copyOutOf(
      inside('(() => { const own = JSON.parse(\'{"__proto__": {"a": 1}}\'); own.own = own; return own; })()'),
    ) as {
      own: unknown;
    };
    expect(copy.own).toBe(copy);
    expect(Object.keys(copy)).toEqual(['__proto__', 'own']);
    expect('a' in copy).toBe(false);
  });
});

describe('what a candidate is given', () => {
  class Message {
    readonly data: Uint8Array;

    constructor(data: Uint8Array) {
      this.data = data;
    }
  }

  it('has bytes of its own, and is told by the same prototypes', () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    const given = { time: Long.ONE, message: new Message(whole.subarray(1, 3)) };
    const copy = copyInto(given);
    expect(copy).toEqual(given);
    expect(copy.message).toBeInstanceOf(Message);
    expect(copy.time).toBe(given.time);
    expect(copy.message.data.buffer.byteLength).toBe(2);
    copy.message.data[0] = 9;
    expect([...whole]).toEqual([1, 2, 3, 4]);
  });
});
