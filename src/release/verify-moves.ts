/**
 * Checks the moves in an explanation: that each is what its entry of the audit trail says, and that none is left out.
 *
 * A chain of entries holds every move of the run from its first entry on, and so does an exported trail; single entries cannot
 * say what is not there. A run that was pinned elsewhere while something crashed has no move on record (`move-runs.ts`), so a
 * gap is unproven, not broken.
 */
import { stampOf } from '../recording/build-recording.ts';
import { deployedBuilds } from '../recording/deployed-builds.ts';
import { runIdOf } from '../recording/history-events.ts';
import type { AuditEntry } from '../registry/audit-chain.ts';
import { type Json, jsonEquals } from '../shared/json.ts';
import { parseVersionRef } from '../shared/version-ref.ts';
import type { ExplanationFile, PartCheck } from './explanation.ts';
import type { KnownEntries } from './known-entries.ts';
import type { RunEvidence } from './verify-run.ts';

type ShownMove = ExplanationFile['moves'][number];

/** A move is stored and then put on the trail, in one transaction. */
const APART_MAX_MS = 60 * 60_000;

export function checkMoves(file: ExplanationFile, known: KnownEntries, evidence: RunEvidence): PartCheck {
  const part = 'moves';
  const { entries } = known;
  const message = file.moves.map((move) => moveProblem(move, file, entries)).find(Boolean) ?? leftOut(file, entries);
  if (message !== undefined) return { part, state: 'broken', message };
  const gap = gapIn(file, evidence);
  if (gap !== undefined) return { part, state: 'unproven', message: gap };
  const { length } = file.moves;
  if (!isWhole(file, known))
    return {
      part,
      state: 'unproven',
      message: `${length} hold, each by its entry. Single entries do not say of others.`,
    };
  const words = length === 0 ? 'It was not moved' : length === 1 ? 'It was moved once' : `It was moved ${length} times`;
  return { part, state: 'proven', message: `${words}, by the audit trail.` };
}

/** Whether the trail is there without a gap, from before the run to after it. */
function isWhole({ audit: { concerning } }: ExplanationFile, { entries, gaplessTo }: KnownEntries): boolean {
  const ends = [concerning['version'], concerning['recording'] ?? concerning['version']];
  return ends.every((end) => entries.some(({ seq }) => seq === end && seq <= gaplessTo));
}

function moveProblem(move: ShownMove, file: ExplanationFile, entries: readonly AuditEntry[]): string | undefined {
  const { audit, createdAt, kind, workflowId, runId, ...details } = move;
  const seq = seqOf(audit);
  const entry = entries.find((one) => one.seq === seq);
  if (entry === undefined) return `No entry of the audit trail is about the move to @${move.to}.`;
  const isAbout = entry.action === `run.${kind}` && entry.subject === `${workflowId}/${runId}`;
  const isOwn = workflowId === file.run.summary.workflowId && jsonEquals(entry as unknown as Json, audit as Json);
  const apartMs = Date.parse(entry.at) - Date.parse(createdAt);
  const isThen = apartMs >= 0 && apartMs < APART_MAX_MS;
  if (isAbout && isOwn && isThen && jsonEquals(entry.details as Json, details as Json)) return undefined;
  return `The move to @${move.to} is not what entry ${entry.seq} says.`;
}

/** An entry of the trail about a move that the file does not show; or the same one shown twice. */
function leftOut({ moves, run: { summary } }: ExplanationFile, entries: readonly AuditEntry[]): string | undefined {
  const shown = moves.map(({ audit }) => seqOf(audit));
  const isOrdered = shown.every((seq, index) => seq > (shown[index - 1] ?? 0));
  if (!isOrdered) return 'The moves are not in their order.';
  const missing = entries.find(
    ({ action, subject, seq }) =>
      action === 'run.move' &&
      subject.slice(0, subject.lastIndexOf('/')) === summary.workflowId &&
      !shown.includes(seq),
  );
  return missing && `Entry ${missing.seq} tells of a move that is not shown.`;
}

/** A way that the shown moves do not make: from the version that a run began on, or from one of them to the next. */
function gapIn({ moves }: ExplanationFile, evidence: RunEvidence): string | undefined {
  if (evidence.kind !== 'read') return undefined;
  const { recording, first } = evidence;
  const links = recording.histories.map(runIdOf);
  const own = moves.filter(({ runId }) => links.includes(runId));
  const stamp = stampOf(first);
  let at = stamp && parseVersionRef(stamp.version).number;
  for (const { from, to } of own) {
    if (at !== undefined && from !== null && from !== at) return `Nothing tells how it came from @${at} to @${from}.`;
    at = to ?? at;
  }
  const builds = new Set(deployedBuilds(recording.histories).map(({ buildId }) => buildId));
  return builds.size > 1 && own.length === 0 ? `${builds.size} builds decided, and no move of it is shown.` : undefined;
}

/** 0 for what is no entry. */
function seqOf(audit: unknown): number {
  const seq = (audit as { readonly seq?: unknown } | null)?.seq;
  return typeof seq === 'number' ? seq : 0;
}
