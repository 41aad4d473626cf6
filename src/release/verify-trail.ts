/**
 * What the entries of an explanation are worth: whether they hold among themselves, whether an exported trail has them, and
 * which of them a head that was kept elsewhere vouches for. Pure.
 *
 * Invariants
 * 1. A head vouches for the entry that it is of, and for those before it where none is missing between. What stands after it,
 *    somebody who owns the registry could have written since.
 * 2. A part is proven only when the head vouches for every entry that it rests on. Without a head all of a file, and of an
 *    export, can be made up: what agrees is consistent, and no more.
 */
import { type AuditEntry, type AuditHead, auditHash } from '../registry/audit-chain.ts';
import type { ExplanationFile, PartCheck } from './explanation.ts';
import { type KnownEntries, restsOn, type SearchedTrail } from './known-entries.ts';

/** @param entries - of the file, those that can be read */
export function checkTrail({ audit }: ExplanationFile, entries: readonly AuditEntry[]): PartCheck {
  const part = 'trail';
  if (entries.length !== audit.entries.length) return { part, state: 'broken', message: 'An entry cannot be read.' };
  const last = entries.find(({ seq }) => seq === audit.head.seq);
  if (last !== undefined && last.hash !== audit.head.hash)
    return { part, state: 'broken', message: `The head that is shown is not entry ${last.seq}.` };
  for (const [index, entry] of entries.entries()) {
    if (auditHash(entry) !== entry.hash) return { part, state: 'broken', message: `Entry ${entry.seq} was edited.` };
    const before = entries[index - 1];
    if (audit.kind === 'entries' || before === undefined) continue;
    if (entry.seq !== before.seq + 1 || entry.previousHash !== before.hash)
      return { part, state: 'broken', message: `Entry ${entry.seq} does not follow from the one before it.` };
  }
  const words = audit.kind === 'chain' ? 'in one unbroken chain' : 'each by its own hash';
  return { part, state: 'proven', message: `${entries.length} entries of the audit trail hold, ${words}.` };
}

/** Whether an exported trail has the entries that a file shows, by place and hash. */
export function checkExport(file: ExplanationFile, entries: readonly AuditEntry[], trail: SearchedTrail): PartCheck {
  const part = 'export';
  const hashes = new Map(trail.found.map(({ seq, hash }) => [seq, hash]));
  const shown: readonly AuditHead[] = [...entries, file.audit.head];
  const other = shown.find(({ seq, hash }) => hashes.has(seq) && hashes.get(seq) !== hash);
  if (other !== undefined)
    return { part, state: 'broken', message: `Entry ${other.seq} of the exported trail is another one.` };
  const last = Math.max(...restsOn(file));
  if (last > trail.entries) {
    const message = `The exported trail ends at ${trail.entries}, and the file rests on entry ${last}: export it again.`;
    return { part, state: 'unproven', message };
  }
  const message = `The exported trail is intact, ${trail.entries} entries, and has those that the file rests on.`;
  return { part, state: 'proven', message };
}

export function checkHead(file: ExplanationFile, { entries, gaplessTo }: KnownEntries, head: AuditHead): PartCheck {
  const part = 'head';
  const hint = ' An exported trail can lead there (--trail).';
  const entry = entries.find(({ seq }) => seq === head.seq);
  if (entry === undefined) {
    const range = entries.length === 0 ? 'none' : `${entries[0]?.seq} to ${entries.at(-1)?.seq}`;
    return { part, state: 'unproven', message: `Entry ${head.seq} is not in the file, which has ${range}.${hint}` };
  }
  if (entry.hash !== head.hash) {
    const message = `Entry ${head.seq} is not the one that was kept: the trail was rewritten.`;
    return { part, state: 'broken', message };
  }
  const isVouchedFor = vouchedBy(head, { entries, gaplessTo });
  const beside = restsOn(file).filter((seq) => !isVouchedFor(seq));
  if (beside.length === 0) return { part, state: 'proven', message: `Entry ${head.seq} is the one that was kept.` };
  const list = [...new Set(beside)].join(', ');
  const message = `Entry ${head.seq} is the one that was kept, and says nothing of ${list}.`;
  return { part, state: 'unproven', message: gaplessTo === 0 ? `${message}${hint}` : message };
}

function vouchedBy(head: AuditHead | undefined, { entries, gaplessTo }: KnownEntries): (seq: number) => boolean {
  const kept = entries.find(({ seq }) => seq === head?.seq);
  if (kept === undefined || kept.hash !== head?.hash) return () => false;
  return (seq) => seq === kept.seq || (seq < kept.seq && kept.seq <= gaplessTo);
}

/** These are what one entry says, whatever the others say. */
const BY_OWN_ENTRY: readonly PartCheck['part'][] = ['artifact', 'version', 'routing', 'report', 'recording'];

/** Checks as far as something outside of the file vouches for what they rest on. */
export function asVouched(
  checks: readonly PartCheck[],
  file: ExplanationFile,
  known: KnownEntries,
  head: AuditHead | undefined,
): PartCheck[] {
  const isVouchedFor = vouchedBy(head, known);
  const hasBroken = checks.some(({ state }) => state === 'broken');
  return checks.map((check) => {
    const { part, state } = check;
    if (state !== 'proven' || part === 'head') return check;
    const own = BY_OWN_ENTRY.includes(part) ? file.audit.concerning[part] : undefined;
    const places = typeof own === 'number' ? [own] : restsOn(file);
    if (!hasBroken && places.length > 0 && places.every(isVouchedFor)) return check;
    const message = part === 'trail' && head === undefined ? `${check.message}${unvouched(known)}` : check.message;
    return { ...check, state: 'consistent', message };
  });
}

function unvouched({ gaplessTo }: KnownEntries): string {
  const flags = gaplessTo === 0 ? '--trail and --head' : '--head';
  return ` Whoever made the file could have made them up: prove them by a head that was kept elsewhere (${flags}).`;
}
