/**
 * Checks an explanation offline: that what it shows is what the audit trail says, entry by entry.
 *
 * Invariants
 * 1. An entry counts only when its own hash is right, and in a chain when it follows from the entry before.
 * 2. Every part that is shown is compared with its entry: by digest, or as a whole. A part that is shown and has no entry is
 *    broken; a part that is not shown is unproven.
 * 3. A file proves nothing about the trail's end: whoever has a head from elsewhere compares it with the entry of that place.
 */
import * as z from 'zod';
import type { Report } from '../compare/report.ts';
import { reportDigest } from '../compare/report-digest.ts';
import { fromStoredRecording } from '../recording/build-recording.ts';
import { digestOfHistories } from '../recording/content.ts';
import { deriveTrace } from '../recording/derive-trace.ts';
import { runEndOf } from '../recording/run-end.ts';
import { type AuditEntry, type AuditHead, auditEntry, auditHash } from '../registry/audit-chain.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import { digestOfJson } from '../shared/digest.ts';
import { messageOf } from '../shared/errors.ts';
import { isJsonObject, type Json, jsonEquals } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type AuditedPart, explanationFile } from './explanation.ts';

export interface PartCheck {
  readonly part: AuditedPart | 'trail' | 'trace' | 'head';
  /** `unproven`: the file shows none, as of a run that is not recorded yet. */
  readonly state: 'proven' | 'broken' | 'unproven';
  readonly message: string;
}

export interface ExplanationVerdict {
  readonly intact: boolean;
  readonly checks: readonly PartCheck[];
}

type ExplanationFile = z.infer<typeof explanationFile>;

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
  const checks = [
    checkTrail(explanation, entries),
    ...parts.map((part) => checkPart(part, explanation, entries)),
    checkTrace(explanation),
    ...(head === undefined ? [] : [checkHead(entries, head)]),
  ];
  return { intact: checks.every(({ state }) => state !== 'broken'), checks };
}

function checkTrail({ audit }: ExplanationFile, entries: readonly AuditEntry[]): PartCheck {
  const part = 'trail';
  if (entries.length !== audit.entries.length) return { part, state: 'broken', message: 'An entry cannot be read.' };
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
    (file: ExplanationFile) => { action: string; subject: string; holds: (details: Json) => boolean } | undefined
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
  release: ({ release }) => routeEntry(release.route as Json),
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
  const expected = EXPECTED[part](file);
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

/** The histories have the digest that the trail knows, and the trace that is shown follows from them. */
function checkTrace({ run: { content, summary, ...shown } }: ExplanationFile): PartCheck {
  const part = 'trace';
  if (content === null) return { part, state: 'unproven', message: 'The run is not recorded.' };
  try {
    const { histories, input } = fromStoredRecording({
      summary: summary as unknown as RecordingSummary,
      end: shown.end as Json,
      trace: shown.trace as Json,
      content: Buffer.from(content, 'base64'),
    });
    if (digestOfHistories(histories) !== summary.digest)
      return { part, state: 'broken', message: 'The histories are not those that were recorded.' };
    const derived = deriveTrace(histories) as unknown as Json;
    const isShown = jsonEquals(JSON.parse(JSON.stringify(derived)), shown.trace as Json);
    const last = histories.at(-1);
    const isEnd = last !== undefined && jsonEquals(runEndOf(last) as unknown as Json, shown.end as Json);
    if (!isShown || !isEnd || !jsonEquals(input, shown.input as Json))
      return { part, state: 'broken', message: 'Trace, input or end do not follow from the histories.' };
    return { part, state: 'proven', message: 'It follows from the recorded histories.' };
  } catch (error) {
    return { part, state: 'broken', message: `The histories cannot be read: ${messageOf(error)}` };
  }
}

function checkHead(entries: readonly AuditEntry[], head: AuditHead): PartCheck {
  const part = 'head';
  const entry = entries.find(({ seq }) => seq === head.seq);
  if (entry === undefined) return { part, state: 'unproven', message: `Entry ${head.seq} is not in the file.` };
  return entry.hash === head.hash
    ? { part, state: 'proven', message: `Entry ${head.seq} is the one that was kept.` }
    : { part, state: 'broken', message: `Entry ${head.seq} is not the one that was kept: the trail was rewritten.` };
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}
