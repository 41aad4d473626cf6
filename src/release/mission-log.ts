/** The history of a mission for people: versions, traffic and replays in one order, each with its place in the audit trail. */
import type { Drift } from '../compare/drift.ts';
import type { AuditEntry } from '../registry/audit-chain.ts';
import type { StoredDrift } from '../registry/drifts.ts';
import type { HostingOrder } from '../registry/hosting.ts';
import type { Registry } from '../registry/registry.ts';
import type { ReportSummary } from '../registry/reports.ts';
import type { Route } from '../registry/routes.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion, hasAllTraffic } from '../routing/active-version.ts';
import { shortDigest } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { forcedWords } from './forced-words.ts';
import { interventionEntries } from './intervention-log.ts';
import { scheduleEntries } from './schedule-log.ts';

export interface LogEntry {
  /** ISO 8601 */
  readonly at: string;
  readonly kind:
    | 'published'
    | 'rolled-back'
    | 'traffic'
    | 'replayed'
    | 'drift'
    | 'hosting'
    | 'moved'
    | 'stopped'
    | 'schedule';
  /** Who. Of a replay: whoever ran it, by the audit trail. */
  readonly by: string;
  /** What happened, in one line. */
  readonly text: string;
  /** The why, when one was given. */
  readonly reason?: string;
  /** The entry of the audit trail. */
  readonly audit?: { readonly seq: number; readonly hash: string };
}

const REPORTS_SHOWN = 1_000;
const AUDIT_PAGE = 1_000;
const LOGGED = [
  'version.append',
  'route.set',
  'report.put',
  'drift.put',
  'hosting.hold',
  'hosting.release',
  'hosting.retire',
  'hosting.wake',
  'hosting.remove',
  'run.move',
  'run.cancel',
  'run.terminate',
] as const;

/**
 * What happened to a mission, in order.
 *
 * @throws MissionError `MISSION_UNKNOWN` when nothing did.
 */
export async function missionLog(registry: Registry, mission: string): Promise<LogEntry[]> {
  const [versions, routes, reports, drifts, orders, interventions, scheduleActs, audit] = await Promise.all([
    registry.versions.list(mission),
    registry.routes.history(mission),
    registry.reports.list({ mission, limit: REPORTS_SHOWN }),
    registry.drifts.list(mission, REPORTS_SHOWN),
    registry.hosting.orders(mission),
    registry.interventions.list({ mission }),
    registry.schedules.acts(mission),
    readAudit(registry),
  ]);
  if (versions.length === 0) {
    throw new MissionError('MISSION_UNKNOWN', `The registry has no mission "${mission}".`, {
      remedy: `Publish it first: mission publish ${mission}.`,
      details: { mission },
    });
  }
  const earlierRoute = new Map(routes.map((route) => [route.revision + 1, route]));
  const entries = [
    ...versions.map((version) => versionEntry(version, audit.get(formatVersionRef(version)))),
    ...routes.map((route) =>
      routeEntry(
        { route, before: earlierRoute.get(route.revision), kind: kindOf(route, versions) },
        audit.get(`${mission}#${route.revision}`),
      ),
    ),
    ...reports.map((report) => reportEntry(report, audit.get(report.digest))),
    ...drifts.map((drift) => driftEntry(drift, audit.get(`${mission}~${drift.number}`))),
    ...orders.map((order) =>
      orderEntry(order, audit.get(`${formatVersionRef({ mission, number: order.version })}!${order.number}`)),
    ),
    ...interventionEntries(interventions, audit),
    ...scheduleEntries(scheduleActs),
  ];
  return entries.sort(byOrder);
}

/** In the order of the audit trail, which is the order in which it was stored. */
function byOrder(left: LogEntry, right: LogEntry): number {
  if (left.audit !== undefined && right.audit !== undefined) return left.audit.seq - right.audit.seq;
  return left.at < right.at ? -1 : 1;
}

/** Subject → its entry, for the actions that a log shows. */
async function readAudit({ audit }: Registry): Promise<Map<string, AuditEntry>> {
  const found = new Map<string, AuditEntry>();
  for (const action of LOGGED) {
    for (let after = 0; ; ) {
      const page = await audit.list({ action, after, limit: AUDIT_PAGE });
      for (const entry of page) found.set(entry.subject, entry);
      const last = page.at(-1);
      if (last === undefined || page.length < AUDIT_PAGE) break;
      after = last.seq;
    }
  }
  return found;
}

function versionEntry(version: Version, audit: AuditEntry | undefined): LogEntry {
  const { mission, kind, restores, author, message, commit, createdAt } = version;
  const name = formatVersionRef(version);
  const from =
    commit === null ? '' : ` from commit ${commit.sha.slice(0, 9)}${commit.dirty ? ' with uncommitted changes' : ''}`;
  const text =
    kind === 'rollback' && restores !== null
      ? `${name} brings back ${formatVersionRef({ mission, number: restores })}`
      : `${name} published${from}`;
  return {
    at: createdAt,
    kind: kind === 'rollback' ? 'rolled-back' : 'published',
    by: author,
    text,
    ...(message !== '' && { reason: message }),
    ...place(audit),
  };
}

interface RouteChange {
  readonly route: Route;
  readonly before: Route | undefined;
  /** Of the version that got all traffic. */
  readonly kind: Version['kind'] | undefined;
}

function kindOf(route: Route, versions: readonly Version[]): Version['kind'] | undefined {
  return versions.find(({ number }) => hasAllTraffic(route, number) && number === activeVersion(route))?.kind;
}

function routeEntry({ route, before, kind }: RouteChange, audit: AuditEntry | undefined): LogEntry {
  const { report } = route.activation;
  const forced = forcedWords(route, kind, before);
  const ground = [...(report === null ? [] : [`on report ${shortDigest(report)}`]), ...(forced === '' ? [] : [forced])];
  const from = before === undefined ? '' : ` (before: ${trafficWords(before)})`;
  return {
    at: route.createdAt,
    kind: 'traffic',
    by: route.by,
    text: [`traffic to ${trafficWords(route)}${from}`, ...ground].join(', '),
    ...(route.reason !== '' && { reason: route.reason }),
    ...place(audit),
  };
}

/** `@3`, or `@2 95 %, @3 5 %, 1 rule, @5 as a shadow of 10 %`. */
function trafficWords({ weights, rules, shadows }: Pick<Route, 'weights' | 'rules' | 'shadows'>): string {
  const shares = weights.filter(({ weight }) => weight > 0);
  const words = shares.map(({ version, weight }) =>
    weight === 10_000 ? `@${version}` : `@${version} ${weight / 100} %`,
  );
  const ruleWords = rules.length === 0 ? [] : [rules.length === 1 ? '1 rule' : `${rules.length} rules`];
  const shadowWords = shadows.map(({ version, share }) => `@${version} as a shadow of ${share / 100} %`);
  return [...words, ...ruleWords, ...shadowWords].join(', ');
}

function reportEntry(report: ReportSummary, audit: AuditEntry | undefined): LogEntry {
  const partial = report.partial ? ', stopped early' : '';
  return {
    at: report.createdAt,
    kind: 'replayed',
    by: audit?.actor ?? '',
    text: `${report.candidateName} replayed against ${report.baselineName}: ${report.verdict}${partial}, report ${shortDigest(report.digest)}`,
    ...place(audit),
  };
}

function driftEntry({ verdict, finding, createdAt }: StoredDrift, audit: AuditEntry | undefined): LogEntry {
  const { version, against, reasons } = finding as unknown as Drift;
  return {
    at: createdAt,
    kind: 'drift',
    by: audit?.actor ?? '',
    text: `drift of ${version} on ${against}: ${verdict}`,
    reason: reasons.join('; '),
    ...place(audit),
  };
}

function orderEntry(order: HostingOrder, audit: AuditEntry | undefined): LogEntry {
  const name = formatVersionRef({ mission: order.mission, number: order.version });
  const words = {
    hold: `${name} held: it stays hosted`,
    release: `the hold of ${name} released`,
    retire: `${name} retired`,
    wake: `${name} woken until ${order.until?.slice(0, 16).replace('T', ' ')} UTC`,
    remove: `${name} removed from the Temporal server`,
  };
  return {
    at: order.createdAt,
    kind: 'hosting',
    by: order.by,
    text: words[order.action],
    reason: order.reason,
    ...place(audit),
  };
}

function place(audit: AuditEntry | undefined): Pick<LogEntry, 'audit'> {
  return audit === undefined ? {} : { audit: { seq: audit.seq, hash: audit.hash } };
}
