/**
 * Whether the cohort of a report still is what was replayed, and which recordings it is made of.
 *
 * Invariants
 * 1. Nothing is taken on trust: the report is held to its digest, each recording's content to the recording's, and all of them together
 *    to the cohort's.
 * 2. A recording that retention deleted is proven by what is left of it, and named. One that is nowhere proves nothing, and is named too.
 */
import type { ExcludedRecording } from '../compare/outcome.ts';
import type { Report } from '../compare/report.ts';
import { isReportIntact } from '../compare/report-digest.ts';
import { type Cohort, cohortOf } from '../recording/cohort.ts';
import { decodeRecordingContent, digestOfHistories } from '../recording/content.ts';
import type { Registry } from '../registry/registry.ts';
import type { Tombstone } from '../registry/retention.ts';
import { shortDigest } from '../shared/digest.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';

export interface CohortCheck {
  /** Digest of the report. */
  readonly report: string;
  /** Digest of the cohort. */
  readonly cohort: string;
  /** How many the report says that it has. */
  readonly recordings: number;
  /** `same`: proven. `changed`: proven to be another. `unproven`: it cannot be told. */
  readonly verdict: 'same' | 'changed' | 'unproven';
  /** Why, in a sentence. */
  readonly reason: string;
  /** Recordings that are here, and could be replayed again. */
  readonly stored: number;
  readonly deleted: readonly Pick<Tombstone, 'id' | 'reason' | 'deletedAt'>[];
  /** Ids of recordings that are not here and were not deleted here either. */
  readonly missing: readonly string[];
  /** Ids of recordings whose content is not what it was when it was recorded. */
  readonly altered: readonly string[];
}

type Store = Pick<Registry, 'recordings' | 'retention'>;

interface Found {
  readonly stored: Cohort['members'];
  readonly deleted: readonly Tombstone[];
  readonly missing: readonly string[];
  readonly altered: readonly string[];
}

/** How the selection of a cohort of them begins. */
export const REGRESSION_CASES = 'regression cases';

/** Recordings read at once. */
const BATCH = 64;

/** Checks the cohort of a report. All its recordings are read. */
export async function checkCohort(store: Store, report: Report): Promise<CohortCheck> {
  const found = await findMembers(store, report);
  const { deleted, missing, altered } = found;
  return {
    report: report.digest,
    cohort: report.cohort.digest,
    recordings: report.cohort.recordings,
    ...judge(report, found),
    stored: found.stored.length,
    deleted: deleted.map(({ id, reason, deletedAt }) => ({ id, reason, deletedAt })),
    missing,
    altered,
  };
}

/**
 * The cohort of a report, to be replayed once more.
 *
 * @returns all members with their digests, those that are here, and those that retention deleted
 * @throws MissionError `COHORT_CHANGED` when it is not, or not provably, what was replayed.
 */
export async function cohortOfReport(
  store: Store,
  report: Report,
): Promise<{
  readonly members: Cohort['members'];
  readonly stored: Cohort['members'];
  readonly gone: readonly ExcludedRecording[];
}> {
  const found = await findMembers(store, report);
  const { verdict, reason } = judge(report, found);
  if (verdict !== 'same') {
    throw new MissionError(
      'COHORT_CHANGED',
      `The cohort of report ${shortDigest(report.digest)} cannot be replayed: ${reason}`,
      {
        remedy: `See which recordings it is about: mission report ${shortDigest(report.digest)} --check. Or replay another selection.`,
        details: { report: report.digest, cohort: report.cohort.digest, verdict },
      },
    );
  }
  const { stored, deleted } = found;
  return { members: cohortOf([...stored, ...deleted]).members, stored, gone: deleted.map(goneOf) };
}

function goneOf({ id, reason, deletedAt }: Tombstone): ExcludedRecording {
  const at = id.lastIndexOf('/');
  const recording = { id, workflowId: id.slice(0, at), runId: id.slice(at + 1) };
  return { recording, reason: 'deleted', detail: `it was deleted at ${deletedAt}: ${reason}` };
}

function judge(report: Report, found: Found): Pick<CohortCheck, 'verdict' | 'reason'> {
  const { stored, deleted, missing, altered } = found;
  const { digest, recordings, kind, selection } = report.cohort;
  if (!isReportIntact(report)) return { verdict: 'changed', reason: 'the report is not what its digest says.' };
  if (kind === 'histories')
    return {
      verdict: 'unproven',
      reason: 'histories of plain workflows are not kept; only those who have them can replay them.',
    };
  if (altered.length > 0)
    return { verdict: 'changed', reason: `${altered.length} of ${recordings} recordings are not what was recorded.` };
  const known = stored.length + deleted.length + missing.length;
  if (known < recordings)
    return {
      verdict: 'unproven',
      reason: `the replay was stopped early, and the report names ${known} of ${recordings} recordings.`,
    };
  if (missing.length > 0)
    return { verdict: 'unproven', reason: `${missing.length} of ${recordings} recordings are not in this registry.` };
  const isSame = cohortOf([...stored, ...deleted]).digest === digest;
  // A case has the id of the recording that it was made of, and is smaller.
  if (!isSame && kind === 'picked' && selection.startsWith(REGRESSION_CASES))
    return { verdict: 'unproven', reason: 'regression cases are kept beside the code, and not in this registry.' };
  if (!isSame)
    return { verdict: 'changed', reason: 'its recordings together have another digest than what was replayed.' };
  const left =
    deleted.length === 0 ? 'all are here' : `${deleted.length} were deleted since, and are known by their digests`;
  return { verdict: 'same', reason: `${recordings} recordings are what was replayed; ${left}.` };
}

async function findMembers({ recordings, retention }: Store, report: Report): Promise<Found> {
  const ids = [...report.results, ...report.excluded].map(({ recording }) => recording.id);
  const stored: { id: string; digest: string }[] = [];
  const altered: string[] = [];
  for (let at = 0; at < ids.length; at += BATCH) {
    for (const { id, digest, isWhole } of await readMembers(recordings, ids.slice(at, at + BATCH))) {
      stored.push({ id, digest });
      if (!isWhole) altered.push(id);
    }
  }
  const isStored = new Set(stored.map(({ id }) => id));
  const absent = ids.filter((id) => !isStored.has(id));
  const deleted = absent.length === 0 ? [] : await retention.tombstones({ ids: absent });
  const isDeleted = new Set(deleted.map(({ id }) => id));
  return { stored, deleted, missing: absent.filter((id) => !isDeleted.has(id)), altered: altered.sort() };
}

interface Member {
  readonly id: string;
  readonly digest: string;
  /** Whether its content is what its digest says. */
  readonly isWhole: boolean;
}

/** Those of a batch that are stored. A damaged one must not hide the others: where a batch cannot be read, each is read by itself. */
async function readMembers(recordings: Store['recordings'], ids: readonly string[]): Promise<readonly Member[]> {
  try {
    return await readBatch(recordings, ids);
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const members: Member[] = [];
  for (const { id, digest } of await recordings.list({ ids })) {
    try {
      members.push(...(await readBatch(recordings, [id])));
    } catch (error) {
      if (!isDamage(error)) throw error;
      members.push({ id, digest, isWhole: false });
    }
  }
  return members;
}

async function readBatch(recordings: Store['recordings'], ids: readonly string[]): Promise<readonly Member[]> {
  const members: Member[] = [];
  for await (const { summary, content } of recordings.stream({ ids })) {
    const { id, digest } = summary;
    members.push({ id, digest, isWhole: contentDigest(content) === digest });
  }
  return members;
}

/**
 * Bytes that are not what was stored: they cannot be opened, unpacked or read. Neither a key or a database that is not here, which
 * have a code of their own, nor a fault of this program.
 */
function isDamage(error: unknown): boolean {
  if (isMissionError(error)) return error.code === 'ENCRYPTED_DATA_INVALID';
  return error instanceof SyntaxError || isOfZlib(error);
}

function isOfZlib(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

/** `undefined` when it cannot be read. */
function contentDigest(content: Uint8Array): string | undefined {
  try {
    return digestOfHistories(decodeRecordingContent(content));
  } catch {
    return undefined;
  }
}
