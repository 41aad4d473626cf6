/**
 * The audit chain: what makes an edit, a reordering, a gap or a cut tail of the audit trail visible. Pure, so that an
 * exported trail can be checked offline, without a registry.
 *
 * Invariants:
 * 1. `seq` counts from 1 without gaps.
 * 2. `previousHash` is the hash of the entry before, {@link AUDIT_GENESIS} for the first.
 * 3. `hash` is SHA-256 over a domain tag and the canonical JSON of the entry without `hash`.
 * 4. Whoever kept a head (`seq` and `hash`) can prove that the trail still holds everything up to it. A trail alone cannot
 *    show that its own tail was cut.
 */
import * as z from 'zod';
import { digestOf } from '../shared/digest.ts';
import { canonicalJson, type Json } from '../shared/json.ts';

const DOMAIN = 'mission-runtime/audit/1\n';

/** The `previousHash` of the first entry. */
export const AUDIT_GENESIS = `sha256:${'0'.repeat(64)}`;

const hash = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const auditEntry = z.strictObject({
  seq: z.int().positive(),
  /** ISO 8601, UTC, milliseconds. */
  at: z.string(),
  actor: z.string(),
  /** `version.append`, `route.set`, … */
  action: z.string(),
  /** What was acted on: `refund-eligibility@3`, a digest, a recording id. */
  subject: z.string(),
  details: z.json(),
  previousHash: hash,
  hash,
});

export type AuditEntry = z.infer<typeof auditEntry>;
export type AuditHead = Pick<AuditEntry, 'seq' | 'hash'>;

/** What an entry says, before it has its place in the chain. */
export type AuditDraft = Pick<AuditEntry, 'at' | 'actor' | 'action' | 'subject'> & { readonly details: Json };

export const AUDIT_START: AuditHead = { seq: 0, hash: AUDIT_GENESIS };

/** The hash of an entry, over everything else in it. */
export function auditHash(entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, at, actor, action, subject, details, previousHash } = entry;
  return digestOf(DOMAIN + canonicalJson({ seq, at, actor, action, subject, details, previousHash } as Json));
}

/** Gives a draft its place after `head`. */
export function chainEntry(head: AuditHead, draft: AuditDraft): AuditEntry {
  const details = draft.details as AuditEntry['details'];
  const entry = { ...draft, details, seq: head.seq + 1, previousHash: head.hash };
  return { ...entry, hash: auditHash(entry) };
}

export type AuditProblem = 'unreadable' | 'out-of-sequence' | 'unlinked' | 'edited' | 'other-head' | 'truncated';

export interface IntactTrail {
  readonly intact: true;
  readonly entries: number;
  readonly head: AuditHead;
}

export interface BrokenTrail {
  readonly intact: false;
  readonly problem: AuditProblem;
  /** The place where the trail breaks: the `seq` that was expected there. */
  readonly seq: number;
  readonly message: string;
}

export type AuditVerdict = IntactTrail | BrokenTrail;

/**
 * Checks a trail from its first entry on, one entry at a time, so memory stays flat.
 *
 * @param entries of any origin, for example the parsed lines of a JSONL file.
 * @param options.head a head kept elsewhere: the trail must hold it.
 * @param options.onEntry called with each entry that follows from those before it.
 */
export async function verifyAuditChain(
  entries: AsyncIterable<unknown> | Iterable<unknown>,
  options: { readonly head?: AuditHead | undefined; readonly onEntry?: (entry: AuditEntry) => void } = {},
): Promise<AuditVerdict> {
  let head = AUDIT_START;
  for await (const value of entries) {
    const broken = checkNext(head, value, options.head);
    if (broken !== undefined) return broken;
    options.onEntry?.(value as AuditEntry);
    head = value as AuditHead;
  }
  if (options.head !== undefined && head.seq < options.head.seq) {
    return broke(
      'truncated',
      head.seq + 1,
      `The trail ends at ${head.seq}, but ${options.head.seq} is known to exist.`,
    );
  }
  return { intact: true, entries: head.seq, head: { seq: head.seq, hash: head.hash } };
}

function checkNext(head: AuditHead, value: unknown, known: AuditHead | undefined): BrokenTrail | undefined {
  const seq = head.seq + 1;
  const parsed = auditEntry.safeParse(value);
  if (!parsed.success)
    return broke('unreadable', seq, `Entry ${seq} is not an audit entry: ${z.prettifyError(parsed.error)}`);
  const entry = parsed.data;
  if (entry.seq !== seq) {
    return broke(
      'out-of-sequence',
      seq,
      `Entry ${seq} was expected, ${entry.seq} found: one is missing or out of order.`,
    );
  }
  if (entry.previousHash !== head.hash) {
    return broke('unlinked', seq, `Entry ${seq} does not follow from the entry before it.`);
  }
  if (auditHash(entry) !== entry.hash) return broke('edited', seq, `Entry ${seq} was edited: its hash does not match.`);
  if (known?.seq === seq && known.hash !== entry.hash) {
    return broke(
      'other-head',
      seq,
      `Entry ${seq} is not the one that is known to stand there: the trail was rewritten.`,
    );
  }
  return undefined;
}

function broke(problem: AuditProblem, seq: number, message: string): BrokenTrail {
  return { intact: false, problem, seq, message };
}
