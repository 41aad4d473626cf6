import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  AUDIT_GENESIS,
  AUDIT_START,
  type AuditEntry,
  type AuditHead,
  auditHash,
  chainEntry,
  verifyAuditChain,
} from '../../src/registry/audit-chain.ts';

function chainOf(count: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let head: AuditHead = AUDIT_START;
  for (let index = 0; index < count; index += 1) {
    const details = { index, text: 'größe \u0000' };
    const entry = chainEntry(head, {
      at: '2026-03-01T12:00:00.000Z',
      actor: 'ada',
      action: 'test',
      subject: `${index}`,
      details,
    });
    entries.push(entry);
    head = entry;
  }
  return entries;
}

const CHAIN = chainOf(5);
const HEAD = { seq: 5, hash: CHAIN[4]?.hash ?? '' };
const without = (index: number) => CHAIN.filter((_, place) => place !== index);
const swapped = [0, 2, 1, 3, 4].map((index) => CHAIN[index]);
const edit = (index: number, change: Partial<AuditEntry>) =>
  CHAIN.map((entry, place) => (place === index ? { ...entry, ...change } : entry));
/** Edited by someone who knows the algorithm and recomputes every hash that follows. */
const rewritten = (() => {
  let head: AuditHead = AUDIT_START;
  return CHAIN.map((entry) => {
    const next = chainEntry(head, { ...entry, actor: entry.seq === 2 ? 'mallory' : entry.actor });
    head = next;
    return next;
  });
})();
const rehashed = edit(2, { actor: 'mallory' }).map((entry) =>
  entry.seq === 3 ? { ...entry, hash: auditHash(entry) } : entry,
);

describe('the audit chain', () => {
  it('starts from the genesis, and is intact after an export to JSON lines', async () => {
    expect(CHAIN[0]?.previousHash).toBe(AUDIT_GENESIS);
    const exported = CHAIN.map((entry) => JSON.stringify(entry)).join('\n');
    const read = exported.split('\n').map((line): unknown => JSON.parse(line));
    expect(await verifyAuditChain(read, { head: HEAD })).toEqual({ intact: true, entries: 5, head: HEAD });
    expect(await verifyAuditChain([])).toEqual({ intact: true, entries: 0, head: AUDIT_START });
  });

  it('has the hash that its documentation says, so that others can check it', () => {
    const entry = {
      seq: 1,
      at: 't',
      actor: 'a',
      action: 'b',
      subject: 'c',
      details: null,
      previousHash: AUDIT_GENESIS,
    };
    expect(auditHash(entry)).toBe('sha256:f5342b5e3a2015d8ae087cb676bc064d5438288a8bb705eb878aeb6b6375fbb7');
  });

  it.each([
    { name: 'an edited actor', trail: edit(2, { actor: 'mallory' }), problem: 'edited', seq: 3 },
    { name: 'edited details', trail: edit(0, { details: {} }), problem: 'edited', seq: 1 },
    {
      name: 'an edited time of the last',
      trail: edit(4, { at: '2027-01-01T00:00:00.000Z' }),
      problem: 'edited',
      seq: 5,
    },
    { name: 'an edit with its hash recomputed', trail: rehashed, problem: 'unlinked', seq: 4 },
    { name: 'a missing first entry', trail: without(0), problem: 'out-of-sequence', seq: 1 },
    { name: 'a gap', trail: without(2), problem: 'out-of-sequence', seq: 3 },
    { name: 'two swapped', trail: swapped, problem: 'out-of-sequence', seq: 2 },
    { name: 'one doubled', trail: [...CHAIN, CHAIN[4]], problem: 'out-of-sequence', seq: 6 },
    { name: 'a field more', trail: edit(1, { extra: 1 } as object), problem: 'unreadable', seq: 2 },
    { name: 'a line that is no entry', trail: [...CHAIN, 'x'], problem: 'unreadable', seq: 6 },
    { name: 'a cut tail, given a head', trail: without(4), head: HEAD, problem: 'truncated', seq: 5 },
    { name: 'nothing left, given a head', trail: [], head: HEAD, problem: 'truncated', seq: 1 },
    {
      name: 'a trail rewritten from the start, given a head',
      trail: rewritten,
      head: HEAD,
      problem: 'other-head',
      seq: 5,
    },
  ])('shows $name', async ({ trail, head, problem, seq }) => {
    const verdict = await verifyAuditChain(trail, head === undefined ? {} : { head });
    expect(verdict).toMatchObject({ intact: false, problem, seq });
  });

  it('that grew since the head was kept is intact', async () => {
    const kept = { seq: 3, hash: CHAIN[2]?.hash ?? '' };
    expect(await verifyAuditChain(CHAIN, { head: kept })).toMatchObject({ intact: true, entries: 5 });
  });

  test.prop([fc.shuffledSubarray(CHAIN), fc.constant(HEAD)])(
    'is intact only when whole and in order',
    async (trail, head) => {
      const { intact } = await verifyAuditChain(trail, { head });
      expect(intact).toBe(trail.length === 5 && trail.every((entry, index) => entry.seq === index + 1));
    },
  );
});
