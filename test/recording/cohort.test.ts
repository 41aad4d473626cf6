import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { freezeCohort } from '../../src/recording/cohort.ts';
import type { RecordingSummary } from '../../src/registry/recording-summary.ts';

const summary = (number: number, more: Partial<RecordingSummary> = {}): RecordingSummary => ({
  id: `w-${number}/r`,
  workflowId: `w-${number}`,
  runId: 'r',
  workflowType: 'refund',
  mission: 'refund',
  version: 2,
  startedAt: new Date(Date.UTC(2026, 0, 1 + number)).toISOString(),
  endedAt: new Date(Date.UTC(2026, 0, 2 + number)).toISOString(),
  links: 1,
  events: 10,
  digest: `sha256:${number}`,
  redacted: true,
  ...more,
});
const twenty = Array.from({ length: 20 }, (_, number) => summary(number));
const idsOf = (cohort: { members: readonly { id: string }[] }) => cohort.members.map(({ id }) => id);

describe('a cohort', () => {
  it.each([
    ['everything', {}, 20, 'all missions, all 20'],
    ['a mission', { mission: 'refund' }, 20, 'refund, all 20'],
    ['another mission', { mission: 'other' }, 0, 'other, all 0'],
    ['a version', { mission: 'refund', version: 3 }, 0, 'refund@3, all 0'],
    ['since', { since: '2026-01-11T00:00:00Z' }, 10, 'all missions, started since 2026-01-11T00:00:00Z, all 10'],
    ['ids', { ids: ['w-1/r', 'w-99/r'] }, 1, 'all missions, 2 named, all 1'],
    ['a sample', { limit: 5, seed: 'a' }, 5, 'all missions, a sample of 5 of 20 (seed "a")'],
    ['a limit above', { limit: 50 }, 20, 'all missions, all 20'],
  ])('of %s', (_, selection, members, text) => {
    const cohort = freezeCohort(twenty, selection);
    expect(cohort.members).toHaveLength(members);
    expect(cohort.selection).toBe(text);
  });

  it('changes its digest with any member’s content', () => {
    const changed = twenty.map((one) => (one.id === 'w-3/r' ? { ...one, digest: 'sha256:other' } : one));
    expect(freezeCohort(changed, {}).digest).not.toBe(freezeCohort(twenty, {}).digest);
  });

  it('samples otherwise by another seed', () => {
    expect(idsOf(freezeCohort(twenty, { limit: 5, seed: 'a' }))).not.toEqual(
      idsOf(freezeCohort(twenty, { limit: 5, seed: 'b' })),
    );
  });

  test.prop([fc.shuffledSubarray(twenty, { minLength: 20 }), fc.nat(20), fc.string()])(
    'does not depend on the order, and a larger sample keeps the smaller',
    (shuffled, limit, seed) => {
      const small = freezeCohort(shuffled, { limit, seed });
      expect(small.digest).toBe(freezeCohort(twenty, { limit, seed }).digest);
      expect(idsOf(freezeCohort(twenty, { limit: limit + 3, seed }))).toEqual(expect.arrayContaining(idsOf(small)));
    },
  );
});
