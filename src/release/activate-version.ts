/** Activation: all traffic to one version, on the evidence of a report. */

import { answersOf } from '../compare/render/next-steps.ts';
import type { Report } from '../compare/report.ts';
import { awaitHosted, type HostingStatus, type HostingWait, notHosted, whyNot } from '../fleet/require-hosted.ts';
import type { Registry } from '../registry/registry.ts';
import { type Route, WEIGHT_TOTAL } from '../registry/routes.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion, hasAllTraffic } from '../routing/active-version.ts';
import { shortDigest } from '../shared/digest.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { findEvidence } from './find-evidence.ts';
import { withUnhosted } from './forced-words.ts';
import { intendedDigestOf } from './intended-of.ts';

export interface ActivateOptions {
  readonly registry: Registry;
  readonly ref: VersionRef;
  /** Who. */
  readonly by: string;
  /** Lets a version through without evidence, and without a ready worker; the reason is recorded, and what was lacking. */
  readonly force?: { readonly reason: string } | undefined;
  /** How long a worker may take to become ready. @default 30 s, with force not at all */
  readonly hosting?: HostingWait | undefined;
}

/** What the activation rests on. */
export type ActivationGround =
  | { readonly kind: 'first-version' }
  /** The active version has the very same artifact: nothing changes for a run. */
  | { readonly kind: 'same-artifact' }
  | { readonly kind: 'report'; readonly digest: string }
  | { readonly kind: 'forced'; readonly reason: string };

export interface Activation {
  readonly version: Version;
  readonly route: Route;
  /** False when all traffic went to it before: nothing was stored. */
  readonly changed: boolean;
  /** Absent when nothing changed. */
  readonly ground?: ActivationGround;
  /** Why no worker was ready, when it was forced all the same: new runs wait until one is. */
  readonly unhosted?: string;
  /** Number of the version that was active before. */
  readonly previous: number | undefined;
}

/**
 * Gives a version all new runs; open runs stay where they are pinned.
 *
 * @throws MissionError `ACTIVATION_REFUSED` without a passing report for its exact artifact against that of the active
 *   version, `VERSION_NOT_HOSTED` when no worker becomes ready for it in time, `VERSION_UNKNOWN`, `MISSION_UNKNOWN`, `ROUTE_CONFLICT` when someone else changed the route meanwhile, `USAGE`
 *   when it is forced without a reason.
 */
export async function activateVersion(options: ActivateOptions): Promise<Activation> {
  const { registry, ref, by, force } = options;
  const version = await registry.versions.get(ref.mission, ref.number);
  const current = await registry.routes.current(ref.mission);
  const previous = current === undefined ? undefined : activeVersion(current);
  if (current !== undefined && hasAllTraffic(current, ref.number)) {
    return { version, route: current, changed: false, previous };
  }
  const ground = await groundOf(registry, version, previous, force);
  const command = `mission activate ${formatVersionRef(version)} --force --reason "…"`;
  const unhosted = await hostedOr({ registry, versions: [version], by, force, wait: options.hosting, command });
  const route = await registry.routes.set(current?.revision ?? 0, {
    mission: ref.mission,
    weights: [{ version: ref.number, weight: WEIGHT_TOTAL }],
    by,
    reason: withUnhosted(reasonOf(version, ground), unhosted, force?.reason),
    activation: {
      report: ground.kind === 'report' ? ground.digest : null,
      forced: ground.kind === 'forced' || unhosted !== undefined,
    },
  });
  return { version, route, changed: true, ground, previous, ...(unhosted !== undefined && { unhosted }) };
}

export interface HostedQuestion {
  readonly registry: Registry;
  /** All that get more traffic than before. */
  readonly versions: readonly Version[];
  readonly by: string;
  readonly force: { readonly reason: string } | undefined;
  readonly wait: HostingWait | undefined;
  /** What forces it, for the remedy. */
  readonly command: string;
}

const ASKED_BECAUSE = 'it is to get traffic, and no worker is ready for it';

/**
 * Waits until the versions have ready workers.
 *
 * @returns undefined when they have; why not, when it is forced all the same.
 * @throws MissionError `VERSION_NOT_HOSTED`.
 */
export async function hostedOr(question: HostedQuestion): Promise<string | undefined> {
  const { registry, versions, by, force, wait, command } = question;
  const waitMs = wait?.waitMs ?? (force === undefined ? undefined : 0);
  const status: HostingStatus = await awaitHosted(
    registry,
    versions,
    { by, reason: ASKED_BECAUSE },
    { ...wait, waitMs },
  );
  if (status.missing.length === 0) return undefined;
  if (force === undefined) throw notHosted(status, waitMs, command);
  return whyNot(status);
}

/**
 * On what ground a version may take traffic.
 *
 * @param previous - the version that is active now
 * @throws MissionError `ACTIVATION_REFUSED` when there is none, `USAGE` when it is forced without a reason.
 */
export async function groundOf(
  registry: Registry,
  version: Version,
  previous: number | undefined,
  force: ActivateOptions['force'],
): Promise<ActivationGround> {
  if (force !== undefined && force.reason.trim() === '') throw reasonMissing(version);
  if (previous === undefined) return { kind: 'first-version' };
  const baseline = await registry.versions.get(version.mission, previous);
  if (baseline.artifact === version.artifact) return { kind: 'same-artifact' };
  const question = {
    mission: version.mission,
    candidateArtifact: version.artifact,
    baselineArtifact: baseline.artifact,
    intended: intendedDigestOf(version),
  };
  const evidence = await findEvidence(registry, question);
  if (evidence !== undefined) return { kind: 'report', digest: evidence.digest };
  if (force !== undefined) return { kind: 'forced', reason: force.reason };
  throw await refusal(registry, version, baseline);
}

function reasonOf(version: Version, ground: ActivationGround): string {
  const name = formatVersionRef(version);
  switch (ground.kind) {
    case 'first-version':
      return `activate ${name}: nothing was active before`;
    case 'same-artifact':
      return `activate ${name}: the same artifact as the version before`;
    case 'report':
      return `activate ${name}: it passed its replay`;
    case 'forced':
      return `activate ${name}, forced: ${ground.reason}`;
  }
}

async function refusal(registry: Registry, version: Version, baseline: Version): Promise<MissionError> {
  const [candidate, active] = [formatVersionRef(version), formatVersionRef(baseline)];
  const [newest] = await registry.reports.list({
    mission: version.mission,
    candidateArtifact: version.artifact,
    baselineArtifact: baseline.artifact,
    limit: 1,
  });
  const stored = newest && ((await registry.reports.get(newest.digest)) as unknown as Report);
  const flags = stored === undefined ? '' : answersOf(stored);
  const why =
    newest === undefined
      ? `it was never replayed against ${active}, which is active`
      : `its latest replay against ${active}, which is active, ${outcomeWords(newest.verdict)}${newest.partial ? ' (it was stopped early)' : ''}`;
  const see = newest === undefined ? '' : ` See why: mission report ${shortDigest(newest.digest)}.`;
  return new MissionError('ACTIVATION_REFUSED', `${candidate} is not activated: ${why}. Traffic is unchanged.`, {
    remedy: `Replay it: mission replay ${candidate} --against ${active}${flags}.${see} In an emergency: mission activate ${candidate} --force --reason "…", which is recorded.`,
    details: {
      version: candidate,
      active,
      artifact: version.artifact,
      activeArtifact: baseline.artifact,
      report: newest?.digest ?? null,
      verdict: newest?.verdict ?? null,
    },
  });
}

function outcomeWords(verdict: 'passed' | 'failed' | 'inconclusive'): string {
  return {
    passed: 'passed, but on runs that were picked by hand',
    failed: 'failed',
    inconclusive: 'came to no verdict',
  }[verdict];
}

function reasonMissing(version: Version): MissionError {
  return new MissionError('USAGE', `Forcing ${formatVersionRef(version)} needs a reason.`, {
    remedy: 'Say why it cannot wait for a passing report: --force --reason "…". It goes into the audit trail.',
  });
}
