import { describe, expect, it } from 'vitest';
import { codeFailure } from '../../src/replay/code-failure.ts';

describe('where workflow code failed', () => {
  it.each<[stack: string, name: string | undefined]>([
    ['Error: no\n    at price (/replay/workflow-bundle-1.js:10:3)\n    at order (/x.js:1:1)', 'price'],
    ['Error: no\n    at price$1 (/replay/workflow-bundle-2.js:90:3)', 'price'],
    ['Error: no\n    at async price2 (src/order.ts:4:2)', 'price'],
    ['Error: no\n    at new Order (order.ts:4:2)', 'Order'],
    ['Error: no\n    at Order.sum [as total] (order.ts:4:2)', 'Order.sum'],
    ['Error: no\n    at order.ts:4:2\n    at order (order.ts:1:1)', 'order'],
    ['Error: no\n    at Order$1.price2 (order.ts:4:2)', 'Order.price'],
    ['Error: no\n    at Bestellung.prüfe (order.ts:4:2)', 'Bestellung.prüfe'],
    [`Error: no\n    at ${'price'.repeat(100)} (order.ts:4:2)`, 'price'.repeat(40)],
    ['Error: no\n    at order.ts:4:2', undefined],
    ['', undefined],
  ])('is the innermost function with a name: %j', (stack, name) => {
    expect(codeFailure('no', stack)).toEqual(
      name === undefined ? { message: 'no' } : { message: 'no', thrownIn: name },
    );
  });

  it('is chance where the stack was too deep', () => {
    const message = 'Maximum call stack size exceeded';
    expect(codeFailure(message, `RangeError: ${message}\n    at price (order.ts:4:2)`)).toEqual({ message });
  });

  it.each([
    ['empty lines', '\n'.repeat(1_000_000)],
    ['frames that are left open', '\nat f [as '.repeat(100_000)],
  ])('is found without walking the stack again and again: %s', (_, stack) => {
    expect(codeFailure('no', stack)).toEqual({ message: 'no' });
  });
});
