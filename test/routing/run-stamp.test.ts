/** What a start stamps on a run, read again by routers and recordings; runs of earlier releases have less of it. */
import { describe, expect, it } from 'vitest';
import { MEMO_STAMP } from '../../src/mission/wire.ts';
import { decisionInStamp, readStamp } from '../../src/routing/run-stamp.ts';

const older = { mission: 'refund', version: 'refund@3', artifact: 'sha256:a', reason: 'rule "staff"', revision: 4 };
const decided = { ...older, rule: 'staff', bucket: 17, probability: 1 };

describe('a stamp', () => {
  it.each([
    ['of an earlier release', older],
    ['with what was decided', decided],
    ['of a run that no rule chose', { ...older, bucket: 9_731, probability: 0.05, key: 'customer-1' }],
  ])('%s is read as it is', (_, stamp) => {
    expect(readStamp({ [MEMO_STAMP]: stamp })).toEqual(stamp);
  });

  it.each([undefined, 'refund@3', { ...older, version: 'the third' }, { ...older, revision: '4' }])(
    'is none where others wrote something else: %j',
    (stamp) => {
      expect(readStamp({ [MEMO_STAMP]: stamp })).toBeUndefined();
    },
  );

  it('has of a decision what is there', () => {
    const decision = { version: 3, reason: 'rule "staff"', revision: 4, bucket: 17, probability: 1 };
    expect(decisionInStamp(decision)).not.toHaveProperty('rule');
    expect(decisionInStamp({ ...decision, rule: 'staff' })).toEqual({
      reason: 'rule "staff"',
      revision: 4,
      rule: 'staff',
      bucket: 17,
      probability: 1,
    });
  });
});
