import { describe, expect, it } from 'vitest';
import { isVersionRef, parseVersionOf, parseVersionRef } from '../../src/shared/version-ref.ts';

describe('the name of a version', () => {
  it.each([
    ['refund@3', undefined, { mission: 'refund', number: 3 }],
    ['@3', 'refund', { mission: 'refund', number: 3 }],
    ['3', 'refund', { mission: 'refund', number: 3 }],
    ['ticket@3', 'refund', { mission: 'ticket', number: 3 }],
  ])('%s is read where %s is known', (text, mission, expected) => {
    expect(parseVersionRef(text, mission)).toEqual(expected);
  });

  it.each(['@3', '3', 'refund', 'refund@', 'refund@0', 'refund@03', 'Refund@3', 'refund@3 ', 'refund@1234567890', ''])(
    '%j is none by itself',
    (text) => {
      expect(() => parseVersionRef(text)).toThrow(expect.objectContaining({ code: 'VERSION_REF_INVALID' }));
      expect(isVersionRef(text)).toBe(false);
    },
  );

  it('is that of the mission beside it, or refused', () => {
    expect(isVersionRef('refund@3')).toBe(true);
    for (const text of ['refund@3', '@3', '3']) {
      expect(parseVersionOf('refund', text)).toEqual({ mission: 'refund', number: 3 });
    }
    expect(() => parseVersionOf('refund', 'ticket@3')).toThrow(
      expect.objectContaining({ code: 'USAGE', message: 'ticket@3 is a version of ticket, not of refund.' }),
    );
  });
});
