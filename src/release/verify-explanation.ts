/**
 * Checks an explanation offline: that what it shows is what the audit trail says, entry by entry.
 *
 * Invariants
 * 1. An entry counts only when its own hash is right, and in a chain when it follows from the entry before.
 * 2. Every part that is shown is compared with its entry: by digest, or as a whole. A part that is shown and has no entry is
 *    broken; a part that is not shown is unproven.
 * 3. The parts are of one run: what the histories say of the version, its release and the start holds them together
 *    (`verify-run.ts`, `verify-moves.ts`).
 * 4. A file proves nothing about the trail's end: whoever has a head from elsewhere compares it with the entry of that place.
 *    It proves what stands before it in a chain, and nothing after it.
 */
import * as z from 'zod';
import type { Report } from '../compare/report.ts';
import { reportDigest } from '../compare/report-digest.ts';
import { type AuditEntry, type AuditHead, auditEntry, auditHash } from '../registry/audit-chain.ts';
import { digestOfJson } from '../shared/digest.ts';
import { isJsonObject, type Json, jsonEquals } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type AuditedPart, type ExplanationFile, explanationFile, type PartCheck } from './explanation.ts';
import { checkMoves } from './verify-moves.ts';
import { isItsRelease } from './verify-release.ts';
import { checkRun, readEvidence } from './verify-run.ts';

export interface ExplanationVerdict {
  readonly intact: boolean;
  readonly checks: readonly PartCheck[];
}

/**
 * @param file - the parsed JSON of a file, of any origin
 * @param head - a head of the trail that was kept elsewhere
 */
export function verifyExplanation(file: unknown, head?: AuditHead): ExplanationVerdict {
  const parsed = explanationFile.safeParse(file);
  if (!parsed.success) {
    const message = `This is no explanation: ${z.prettifyError(parsed.error)}`;
    return { intact: false, checks: [{ part: 'trail', state: 'broken', message }] };
  }
  const explanation = parsed.data;
  const entries = explanation.audit.entries.flatMap((entry) => auditEntry.safeParse(entry).data ?? []);
  const parts = Object.keys(EXPECTED) as AuditedPart[];
  const evidence = readEvidence(explanation);
  const checks = [
    checkTrail(explanation, entries),
    ...parts.map((part) => checkPart(part, explanation, entries)),
    ...checkRun(explanation, evidence),
    checkMoves(explanation, entries, evidence),
    ...(head === undefined ? [] : [checkHead(explanation, entries, head)]),
  ];
  return { intact: checks.every(({ state }) => state !== 'broken'), checks };
}

function checkTrail({ audit }: ExplanationFile, entries: readonly AuditEntry[]): PartCheck {
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

/** Of each part: the action and subject of its entry, and whether the entry's details say what the file shows. */
const EXPECTED: Readonly<
  Record<
    AuditedPart,
    (
      file: ExplanationFile,
      entries: readonly AuditEntry[],
    ) => { action: string; subject: string; holds: (details: Json) => boolean } | undefined
  >
> = {
  artifact: ({ version, manifest }) => ({
    action: 'artifact.put',
    subject: version.artifact,
    holds: (details) => member(details, 'manifestDigest') === digestOfJson(manifest as Json),
  }),
  version: ({ version }) => ({
    action: 'version.append',
    subject: formatVersionRef(version),
    holds: (details) => jsonEquals(details, version as unknown as Json),
  }),
  release: (file, entries) => {
    const expected = routeEntry(file.release.route as Json);
    const isIt = isItsRelease(file, entries);
    return expected && { ...expected, holds: (details) => isIt && expected.holds(details) };
  },
  routing: ({ routing }) => {
    const expected = routeEntry(routing.route as Json);
    const isNamed = member(routing.route as Json, 'revision') === routing.revision;
    return expected && { ...expected, holds: (details) => isNamed && expected.holds(details) };
  },
  report: ({ release: { report, route } }) => {
    const named = member(member(route as Json, 'activation'), 'report');
    if (report === null && typeof named !== 'string') return undefined;
    const isIntact = report !== null && report.digest === named && digestOfReport(report) === named;
    return { action: 'report.put', subject: typeof named === 'string' ? named : '', holds: () => isIntact };
  },
  recording: ({ run: { summary, content } }) =>
    content === null
      ? undefined
      : {
          action: 'recording.put',
          subject: summary.id,
          holds: (details) => member(details, 'digest') === summary.digest,
        },
};

/** `undefined` for what has not the form of a report at all. */
function digestOfReport(report: object): string | undefined {
  try {
    return reportDigest(report as Report);
  } catch {
    return undefined;
  }
}

function routeEntry(route: Json) {
  if (!isJsonObject(route)) return undefined;
  const { mission, revision } = route;
  const subject = typeof mission === 'string' && typeof revision === 'number' ? `${mission}#${revision}` : '';
  return {
    action: 'route.set',
    subject,
    holds: (details: Json) => jsonEquals(withShadows(details), withShadows(route)),
  };
}

/** Entries that are older than shadows say nothing of them, and had none. */
function withShadows(route: Json): Json {
  return isJsonObject(route) ? { shadows: [], ...route } : route;
}

function checkPart(part: AuditedPart, file: ExplanationFile, entries: readonly AuditEntry[]): PartCheck {
  const expected = EXPECTED[part](file, entries);
  const seq = file.audit.concerning[part] ?? null;
  if (expected === undefined) return { part, state: 'unproven', message: 'The file has none.' };
  const entry = entries.find((one) => one.seq === seq);
  if (entry === undefined) return { part, state: 'broken', message: 'No entry of the audit trail is about it.' };
  const { at, actor } = entry;
  if (entry.action !== expected.action || entry.subject !== expected.subject)
    return { part, state: 'broken', message: `Entry ${entry.seq} is about ${entry.action} ${entry.subject}.` };
  if (!expected.holds(entry.details as Json))
    return { part, state: 'broken', message: `It is not what entry ${entry.seq} says.` };
  return { part, state: 'proven', message: `Entry ${entry.seq}, ${at}, by ${actor}.` };
}

/**
 * A head proves the entry that it is of, and in a chain all before it. What concerns the run and stands after it, somebody who
 * owns the registry could have written since.
 */
function checkHead({ audit, moves }: ExplanationFile, entries: readonly AuditEntry[], head: AuditHead): PartCheck {
  const part = 'head';
  const entry = entries.find(({ seq }) => seq === head.seq);
  if (entry === undefined) {
    const range = entries.length === 0 ? 'none' : `${entries[0]?.seq} to ${entries.at(-1)?.seq}`;
    return { part, state: 'unproven', message: `Entry ${head.seq} is not in the file, which has ${range}.` };
  }
  if (entry.hash !== head.hash) {
    const message = `Entry ${head.seq} is not the one that was kept: the trail was rewritten.`;
    return { part, state: 'broken', message };
  }
  const concerning = [...Object.values(audit.concerning), ...moves.map((move) => member(move.audit as Json, 'seq'))];
  const numbers = concerning.flatMap((seq) => (typeof seq === 'number' ? [seq] : []));
  const beside = numbers.filter((seq) => (audit.kind === 'chain' ? seq > head.seq : seq !== head.seq));
  if (beside.length === 0) return { part, state: 'proven', message: `Entry ${head.seq} is the one that was kept.` };
  const message = `Entry ${head.seq} is the one that was kept, and says nothing of ${[...new Set(beside)].join(', ')}.`;
  return { part, state: 'unproven', message };
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}
