import { expect, it } from 'vitest';
import { defined } from '../../src/shared/defined.ts';

it('leaves out what is undefined, and nothing else', () => {
  const given: { a?: number | undefined; b: null; c: string; d?: undefined } = {
    a: undefined,
    b: null,
    c: '',
    d: undefined,
  };
  expect(Object.keys(defined(given))).toEqual(['b', 'c']);
  expect({ a: 1, ...defined(given) }).toEqual({ a: 1, b: null, c: '' });
});
