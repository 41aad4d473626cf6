/**
 * Checks an explanation offline: that what it shows is what the audit trail says, entry by entry.
 *
 * Invariants
 * 1. An entry counts only when its own hash is right, and in a chain when it follows from the entry before.
 * 2. Every part that is shown is compared with its entry: by digest, or as a whole. A part that is shown and has no entry is
 *    broken; a part that is not shown is unproven.
 * 3. The parts are of one run: what the histories say of the version, its release and the start holds them together
 *    (`verify-run.ts`, `verify-moves.ts`).
 * 4. A file alone proves nothing, for all of it can be made up: a head that was kept elsewhere does, and an exported trail
 *    says what single entries leave out (`verify-trail.ts`, `known-entries.ts`).
 */
import * as z from 'zod';
import type { Report } from '../compare/report.ts';
import { reportDigest } from '../compare/report-digest.ts';
import { type AuditHead, auditEntry } from '../registry/audit-chain.ts';
import { digestOfJson } from '../shared/digest.ts';
import { isJsonObject, type Json, jsonEquals } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type AuditedPart, type ExplanationFile, explanationFile, type PartCheck } from './explanation.ts';
import { type KnownEntries, knownEntries, type SearchedTrail } from './known-entries.ts';
import { checkMoves } from './verify-moves.ts';
import { isItsRelease } from './verify-release.ts';
import { checkRun, readEvidence } from './verify-run.ts';
import { asVouched, checkExport, checkHead, checkTrail } from './verify-trail.ts';

export interface ExplanationVerdict {
  readonly intact: boolean;
  readonly checks: readonly PartCheck[];
}

/**
 * @param file - the parsed JSON of a file, of any origin
 * @param head - a head of the trail that was kept elsewhere: without one nothing is proven, only consistent
 * @param trail - an exported trail, as it was searched for this file
 */
export function verifyExplanation(file: unknown, head?: AuditHead, trail?: SearchedTrail): ExplanationVerdict {
  const parsed = explanationFile.safeParse(file);
  if (!parsed.success) {
    const message = `This is no explanation: ${z.prettifyError(parsed.error)}`;
    return { intact: false, checks: [{ part: 'trail', state: 'broken', message }] };
  }
  const explanation = parsed.data;
  const entries = explanation.audit.entries.flatMap((entry) => auditEntry.safeParse(entry).data ?? []);
  const parts = Object.keys(EXPECTED) as AuditedPart[];
  const evidence = readEvidence(explanation);
  const known = knownEntries(explanation, entries, trail);
  const found = [
    checkTrail(explanation, entries),
    ...(trail === undefined ? [] : [checkExport(explanation, entries, trail)]),
    ...parts.map((part) => checkPart(part, explanation, known)),
    ...checkRun(explanation, evidence),
    checkMoves(explanation, known, evidence),
    ...(head === undefined ? [] : [checkHead(explanation, known, head)]),
  ];
  const checks = asVouched(found, explanation, known, head);
  return { intact: checks.every(({ state }) => state !== 'broken'), checks };
}

/** Of each part: the action and subject of its entry, and whether the entry's details say what the file shows. */
const EXPECTED: Readonly<
  Record<
    AuditedPart,
    (
      file: ExplanationFile,
      known: KnownEntries,
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
  release: (file, known) => {
    const expected = routeEntry(file.release.route as Json);
    const isIt = isItsRelease(file, known);
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

function checkPart(part: AuditedPart, file: ExplanationFile, known: KnownEntries): PartCheck {
  const expected = EXPECTED[part](file, known);
  const seq = file.audit.concerning[part] ?? null;
  if (expected === undefined) return { part, state: 'unproven', message: 'The file has none.' };
  const entry = known.entries.find((one) => one.seq === seq);
  if (entry === undefined) return { part, state: 'broken', message: 'No entry of the audit trail is about it.' };
  const { at, actor } = entry;
  if (entry.action !== expected.action || entry.subject !== expected.subject)
    return { part, state: 'broken', message: `Entry ${entry.seq} is about ${entry.action} ${entry.subject}.` };
  if (!expected.holds(entry.details as Json))
    return { part, state: 'broken', message: `It is not what entry ${entry.seq} says.` };
  return { part, state: 'proven', message: `Entry ${entry.seq}, ${at}, by ${actor}.` };
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}
