/**
 * The entries of the audit trail that the checks of an explanation rest on: those of the file, and what an exported trail has
 * of the run besides, so that it can be told what is missing in a file of single entries.
 */
import {
  type AuditEntry,
  type AuditHead,
  type BrokenTrail,
  type IntactTrail,
  verifyAuditChain,
} from '../registry/audit-chain.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import { type ExplanationFile, explanationFile } from './explanation.ts';

export interface KnownEntries {
  /** In the order of `seq`. */
  readonly entries: readonly AuditEntry[];
  /** Up to here no entry is missing that bears on the run; 0 where that is not known. */
  readonly gaplessTo: number;
}

/** An exported trail that is intact, and what it has of one explanation. */
export interface SearchedTrail extends IntactTrail {
  readonly found: readonly AuditEntry[];
}

/**
 * Checks an exported trail, and takes the entries out of it that a file rests on or should show: those of the same places,
 * every move of the run and every route of the mission. Memory grows with these, and not with the trail.
 *
 * @param file - the parsed JSON of an explanation, of any origin
 * @param trail - the parsed lines of the export
 * @param head - a head that was kept elsewhere: the trail must hold it
 */
export async function searchTrail(
  file: unknown,
  trail: AsyncIterable<unknown> | Iterable<unknown>,
  head?: AuditHead,
): Promise<SearchedTrail | BrokenTrail> {
  const explanation = explanationFile.safeParse(file).data;
  const isWanted = explanation === undefined ? () => false : wantedOf(explanation, head);
  const found: AuditEntry[] = [];
  const onEntry = (entry: AuditEntry) => {
    if (isWanted(entry)) found.push(entry);
  };
  const verdict = await verifyAuditChain(trail, { head, onEntry });
  return verdict.intact ? { ...verdict, found } : verdict;
}

function wantedOf(file: ExplanationFile, head: AuditHead | undefined): (entry: AuditEntry) => boolean {
  const { audit, run, version } = file;
  const shown = audit.entries.map((entry) => member(entry as Json, 'seq'));
  const places = new Set<unknown>([...shown, audit.head.seq, head?.seq]);
  // What came later can be of another run of the same workflow id, or was not there yet when the file was made.
  const last = Math.max(audit.head.seq, ...restsOn(file));
  const bears = ({ seq, action, subject }: AuditEntry) =>
    seq <= last &&
    ((action === 'run.move' && subject.startsWith(`${run.summary.workflowId}/`)) ||
      (action === 'route.set' && subject.startsWith(`${version.mission}#`)));
  return (entry) => places.has(entry.seq) || bears(entry);
}

/** @param entries - those of the file */
export function knownEntries(
  { audit }: ExplanationFile,
  entries: readonly AuditEntry[],
  trail: SearchedTrail | undefined,
): KnownEntries {
  const gaplessTo = audit.kind === 'chain' ? Number.POSITIVE_INFINITY : (trail?.entries ?? 0);
  if (trail === undefined) return { entries, gaplessTo };
  const own = new Set(entries.map(({ seq }) => seq));
  const all = [...entries, ...trail.found.filter(({ seq }) => !own.has(seq))];
  return { entries: all.sort((left, right) => left.seq - right.seq), gaplessTo };
}

/** The places of the entries that a file names as those of its parts. */
export function restsOn({ audit, moves }: ExplanationFile): number[] {
  const places = [...Object.values(audit.concerning), ...moves.map((move) => member(move.audit as Json, 'seq'))];
  return places.filter((seq) => typeof seq === 'number');
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}
