/**
 * Which real runs get a shadow: found on the server after they have started, so that no start waits for it, fails by it or
 * knows of it. What a start stamped on its run says all that the choice needs; of a run that the server started (a schedule's, a
 * plain client's), the build that took it on and the time of its start do.
 */
import type { Client } from '@temporalio/client';
import { MEMO_STAMP, type RunStamp, shadowWorkflowId } from '../mission/wire.ts';
import type { Route } from '../registry/routes.ts';
import type { ShadowPlan } from '../registry/shadows.ts';
import type { Version } from '../registry/versions.ts';
import { activeVersion } from '../routing/active-version.ts';
import { runsOf } from '../routing/mission-query.ts';
import { resolveShadows } from '../routing/resolve-shadows.ts';
import { revisionAt } from '../routing/revision-at.ts';
import { readStamp } from '../routing/run-stamp.ts';
import { parseVersionRef } from '../shared/version-ref.ts';
import { type ListedRun, listRunsWith } from '../temporal/listed-runs.ts';
import { pinnedBuildId } from '../temporal/run-versioning.ts';
import { buildIdOf } from '../temporal/worker-deployments.ts';

/** What of a listed run the choice needs. */
export type StartedRun = Pick<ListedRun, 'workflowId' | 'runId' | 'startTime' | 'searchAttributes'> &
  Partial<Pick<ListedRun, 'memo' | 'unreadable'>>;

/** A mission and its worker deployment. */
export interface DeployedMission {
  readonly mission: string;
  readonly deployment: string;
}

/** Runs of a mission that started since then, whoever started them, if no other deployment took them on. */
export function startedRuns(
  client: Client,
  { mission, deployment }: DeployedMission,
  since: Date,
): AsyncIterable<StartedRun> {
  const own = `WorkflowType = '${mission}' AND (TemporalWorkerDeployment = '${deployment}' OR TemporalWorkerDeployment IS NULL)`;
  const query = `${runsOf([mission])} AND ${own} AND StartTime >= '${since.toISOString()}'`;
  return listRunsWith(client, { query, memo: (key) => key === MEMO_STAMP });
}

type Numbered = Pick<Version, 'number' | 'artifact'>;

/** Where a run went, and by which revision. */
interface Placed {
  readonly number: number;
  readonly artifact: string;
  readonly revision: number;
  readonly key: string | undefined;
}

/**
 * The shadows of one run, by the revision that routed it. A candidate that the current revision does not shadow with any more
 * is left out: switching off works at once. Pure.
 *
 * @param history - all revisions of the mission's route, the newest first
 * @returns `undefined` for a run of a revision that is newer than these, and for one that no worker took on yet and nothing stamped: ask
 *   again
 */
export function planShadows(
  mission: string,
  run: StartedRun,
  history: readonly Route[],
  versions: readonly Numbered[],
): readonly ShadowPlan[] | undefined {
  const stamp = readStamp(run.memo);
  const buildId = pinnedBuildId(run.searchAttributes);
  if (stamp === undefined && buildId === undefined) return undefined;
  const placed = stamp === undefined ? placeByBuild(run, buildId, history, versions) : placeByStamp(stamp, versions);
  if (placed === undefined) return [];
  const { workflowId, runId } = run;
  const { number: primaryVersion, artifact: primaryArtifact, revision } = placed;
  const route = history.find((one) => one.revision === revision);
  if (route === undefined) return undefined;
  const choices = resolveShadows(route, { businessKey: placed.key ?? workflowId, version: primaryVersion });
  const current = new Set(history[0]?.shadows.map(({ version }) => version));
  return choices.flatMap(({ version, shadowed, reason }) => {
    const artifact = versions.find(({ number }) => number === version)?.artifact;
    if (!shadowed || !current.has(version) || artifact === undefined) return [];
    return [
      {
        workflowId: shadowWorkflowId(workflowId, version),
        mission,
        version,
        artifact,
        primaryWorkflowId: workflowId,
        primaryRunId: runId,
        primaryVersion,
        primaryArtifact,
        revision,
        reason,
      },
    ];
  });
}

/** `undefined` for the stamp of another registry, whose runs may be on the same server. */
function placeByStamp(
  { version, artifact, revision, key }: RunStamp,
  versions: readonly Numbered[],
): Placed | undefined {
  const { number } = parseVersionRef(version);
  const isOwn = versions.some((one) => one.number === number && one.artifact === artifact);
  return isOwn ? { number, artifact, revision, key } : undefined;
}

/** Where several versions are its build, the run counts for the route's default of its time. */
function placeByBuild(
  { startTime }: StartedRun,
  buildId: string | undefined,
  history: readonly Route[],
  versions: readonly Numbered[],
): Placed | undefined {
  const revision = revisionAt(history, startTime.toISOString());
  const route = history.find((one) => one.revision === revision);
  if (route === undefined) return undefined;
  const onBuild = versions.filter(({ artifact }) => buildIdOf(artifact) === buildId);
  const active = onBuild.find(({ number }) => number === activeVersion(route)) ?? onBuild.at(-1);
  return active && { number: active.number, artifact: active.artifact, revision, key: undefined };
}
