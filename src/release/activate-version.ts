/** Activation: all traffic to one version, on the evidence of a report. */
import type { Registry } from '../registry/registry.ts';
import { type Route, WEIGHT_TOTAL } from '../registry/routes.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion, hasAllTraffic } from '../routing/active-version.ts';
import { MissionError } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { findEvidence } from './find-evidence.ts';

export interface ActivateOptions {
  readonly registry: Registry;
  readonly ref: VersionRef;
  /** Who. */
  readonly by: string;
  /** Lets a version through without evidence; the reason is recorded. */
  readonly force?: { readonly reason: string } | undefined;
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
  /** Number of the version that was active before. */
  readonly previous: number | undefined;
}

/**
 * Gives a version all new runs; open runs stay where they are pinned.
 *
 * @throws MissionError `ACTIVATION_REFUSED` without a passing report for its exact artifact against that of the active
 *   version, `VERSION_UNKNOWN`, `MISSION_UNKNOWN`, `ROUTE_CONFLICT` when someone else changed the route meanwhile, `USAGE`
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
  const route = await registry.routes.set(current?.revision ?? 0, {
    mission: ref.mission,
    weights: [{ version: ref.number, weight: WEIGHT_TOTAL }],
    by,
    reason: reasonOf(version, ground),
    activation: { report: ground.kind === 'report' ? ground.digest : null, forced: ground.kind === 'forced' },
  });
  return { version, route, changed: true, ground, previous };
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
  const why =
    newest === undefined
      ? `it was never replayed against ${active}, which is active`
      : `its latest replay against ${active}, which is active, ${outcomeWords(newest.verdict)}${newest.partial ? ' (it was stopped early)' : ''}`;
  const see = newest === undefined ? '' : ` See why: mission report ${newest.digest.slice(7, 19)}.`;
  return new MissionError('ACTIVATION_REFUSED', `${candidate} is not activated: ${why}. Traffic is unchanged.`, {
    remedy: `Replay it: mission replay ${candidate} --against ${active}.${see} In an emergency: mission activate ${candidate} --force --reason "…", which is recorded.`,
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
