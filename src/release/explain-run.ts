/** Gathers the {@link Explanation} of one run from the registry. */
import { routedVersions } from '../fleet/hosting-state.ts';
import type { RunStamp } from '../mission/wire.ts';
import { stampOf, toStoredRecording } from '../recording/build-recording.ts';
import type { Recording } from '../recording/recording.ts';
import type { AuditEntry, AuditHead } from '../registry/audit-chain.ts';
import type { Registry } from '../registry/registry.ts';
import type { Route } from '../registry/routes.ts';
import { revisionAt } from '../routing/revision-at.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { type AuditedPart, type Explanation, SERVER_REASON } from './explanation.ts';

/** Entries of the audit trail in one file: some megabytes, which an auditor can still open. */
const CHAIN_MAX = 5_000;
const PAGE = 1_000;

export interface ExplainRunOptions {
  readonly registry: Registry;
  readonly recording: Recording;
  /** Whether the recording is the stored one; an open run, or one read from Temporal, is in no audit trail yet. */
  readonly isRecorded: boolean;
  /** Entries of the audit trail that are put into one explanation at most, else those alone that concern the run. @default 5000 */
  readonly chainMax?: number;
  /** @default the system's clock */
  readonly clock?: () => Date;
}

/**
 * Which logic was applied to a decision, and on whose word.
 *
 * @throws MissionError `INPUT_INVALID` for a run that was not started on a version, `VERSION_UNKNOWN`, `ARTIFACT_*`.
 */
export async function explainRun(options: ExplainRunOptions): Promise<Explanation> {
  const { registry, recording, isRecorded, chainMax = CHAIN_MAX, clock = () => new Date() } = options;
  const { mission, version: number, histories, input, end, trace, ...facts } = recording;
  const [history] = histories;
  const stamp = history === undefined ? undefined : stampOf(history);
  if (mission === undefined || number === undefined) throw notStamped(recording);
  const version = await registry.versions.get(mission, number);
  // Before the moves are read: then none that the trail has up to here is missing among them.
  const head = await registry.audit.head();
  const [manifest, routes, moves] = await Promise.all([
    registry.artifacts.manifest(version.artifact),
    registry.routes.history(mission),
    movesOf(registry, mission, recording.workflowId),
  ]);
  const routing = routingOf(stamp, routes, facts.startedAt);
  const { route } = routing;
  // A run that was moved is explained by what gave the version traffic before it came there.
  const moved = moves.findLast(({ to }) => to === number);
  const upTo = moved === undefined ? routing.revision : revisionAt(routes, moved.createdAt);
  const released = releaseOf(routes, number, upTo);
  const reportDigest = released?.activation.report ?? null;
  const report = reportDigest === null ? null : await registry.reports.get(reportDigest);
  const subjects: Readonly<Record<AuditedPart, readonly [action: string, subject: string] | null>> = {
    artifact: ['artifact.put', version.artifact],
    version: ['version.append', formatVersionRef(version)],
    release: released === null ? null : ['route.set', `${mission}#${released.revision}`],
    report: reportDigest === null ? null : ['report.put', reportDigest],
    routing: route === null ? null : ['route.set', `${mission}#${route.revision}`],
    recording: isRecorded ? ['recording.put', recording.id] : null,
  };
  const content = isRecorded ? Buffer.from(toStoredRecording(recording).content).toString('base64') : null;
  return {
    format: 1,
    createdAt: clock().toISOString(),
    run: { summary: { ...facts, mission, version: number }, input, end, trace, content },
    version,
    manifest,
    routing,
    moves,
    release: { route: released, report },
    audit: await auditOf(registry, subjects, moves, { head, chainMax }),
  };
}

/** What a start stamped on it; the server's own starts (schedules, plain clients) follow the route's default. */
function routingOf(stamp: RunStamp | undefined, routes: readonly Route[], startedAt: string): Explanation['routing'] {
  const revision = stamp?.revision ?? revisionAt(routes, startedAt);
  const reason = stamp?.reason ?? SERVER_REASON;
  const { rule, bucket, probability } = stamp ?? {};
  return {
    reason,
    revision,
    ...(rule !== undefined && { rule }),
    ...(bucket !== undefined && { bucket }),
    ...(probability !== undefined && { probability }),
    route: routes.find((route) => route.revision === revision) ?? null,
  };
}

async function movesOf(registry: Registry, mission: string, workflowId: string): Promise<Explanation['moves']> {
  const all = await registry.interventions.list({ mission, workflowIds: [workflowId] });
  const moves = all.filter(({ kind }) => kind === 'move');
  return Promise.all(
    moves.map(async (move) => {
      const subject = `${workflowId}/${move.runId}`;
      const entries = await registry.audit.list({ action: 'run.move', subject });
      const entry = entries.find(({ details }) => (details as { action?: unknown }).action === move.action);
      return { ...move, audit: entry ?? null };
    }),
  );
}

/** The revision, up to the one that decided, at which the version came to have traffic. Pure. */
export function releaseOf<Table extends Pick<Route, 'revision' | 'weights' | 'rules'>>(
  routes: readonly Table[],
  number: number,
  upTo: number,
): Table | null {
  const newestFirst = routes
    .filter(({ revision }) => revision <= upTo)
    .toSorted((left, right) => right.revision - left.revision);
  const without = newestFirst.findIndex((route) => !routedVersions(route).includes(number));
  return (without === -1 ? newestFirst.at(-1) : newestFirst[without - 1]) ?? null;
}

type Subjects = Readonly<Record<AuditedPart, readonly [action: string, subject: string] | null>>;

async function auditOf(
  { audit }: Registry,
  subjects: Subjects,
  moves: Explanation['moves'],
  { head, chainMax }: { readonly head: AuditHead; readonly chainMax: number },
): Promise<Explanation['audit']> {
  const found = await Promise.all(
    Object.entries(subjects).map(async ([part, of]): Promise<[string, AuditEntry | undefined]> => {
      const [action, subject] = of ?? ['', ''];
      return [part, of === null ? undefined : (await audit.list({ action, subject, limit: 1 }))[0]];
    }),
  );
  const concerning = Object.fromEntries(found.map(([part, entry]) => [part, entry?.seq ?? null]));
  const entries = [...found.map(([, entry]) => entry), ...moves.map((move) => move.audit)];
  const own = new Map(entries.flatMap((entry) => (entry ? [[entry.seq, entry] as const] : [])));
  const places = [...own.keys()].sort((left, right) => left - right);
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  // Up to the head where that is not too far: then a head that was kept since proves all of it.
  const end = [Math.max(head.seq, last), last].find((seq) => seq - first < chainMax);
  const isChain = end !== undefined;
  return {
    kind: isChain ? 'chain' : 'entries',
    entries: isChain ? await readRange(audit, first, end) : places.flatMap((seq) => own.get(seq) ?? []),
    concerning: concerning as Explanation['audit']['concerning'],
    head: { seq: head.seq, hash: head.hash },
  };
}

async function readRange(audit: Registry['audit'], first: number, last: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let after = first - 1; after < last; ) {
    const page = await audit.list({ after, limit: Math.min(PAGE, last - after) });
    entries.push(...page);
    const end = page.at(-1);
    if (end === undefined) break;
    after = end.seq;
  }
  return entries;
}

function notStamped({ workflowId, workflowType }: Recording): MissionError {
  return new MissionError('INPUT_INVALID', `Run "${workflowId}" of ${workflowType} was not started on a version.`, {
    remedy: 'Only runs that a route started can be explained; mission trace shows what any run did.',
    details: { workflowId, workflowType },
  });
}
