/**
 * Which real runs get a shadow: found on the server after they have started, so that no start waits for it, fails by it or
 * knows of it. What a start stamped on its run says all that the choice needs.
 */
import type { Client } from '@temporalio/client';
import { NO_SHADOWS, SEARCH_ATTRIBUTES, shadowWorkflowId } from '../mission/wire.ts';
import type { Route } from '../registry/routes.ts';
import type { ShadowPlan } from '../registry/shadows.ts';
import type { Version } from '../registry/versions.ts';
import { resolveShadows } from '../routing/resolve-shadows.ts';
import { readStamp } from '../routing/run-stamp.ts';
import { parseVersionRef } from '../shared/version-ref.ts';

/** A run as the server lists it. */
export interface ListedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
}

/** Runs of a mission that started since then; children are part of the run that started them. */
export function startedRuns(client: Client, mission: string, since: Date): AsyncIterable<ListedRun> {
  const query = `${SEARCH_ATTRIBUTES.mission} = '${mission}' AND StartTime >= '${since.toISOString()}' AND ParentWorkflowId IS NULL AND ${NO_SHADOWS}`;
  return client.workflow.list({ query, pageSize: 200 });
}

/**
 * The shadows of one run, by the revision that routed it. A candidate that the current revision does not shadow with any more
 * is left out: switching off works at once. Pure.
 *
 * @param history - all revisions of the mission's route, the newest first
 * @returns `undefined` for a run of a revision that is newer than these: ask again
 */
export function planShadows(
  { workflowId, runId, memo }: ListedRun,
  history: readonly Route[],
  versions: readonly Pick<Version, 'number' | 'artifact'>[],
): readonly ShadowPlan[] | undefined {
  const stamp = readStamp(memo);
  if (stamp === undefined) return [];
  const route = history.find(({ revision }) => revision === stamp.revision);
  if (route === undefined) return undefined;
  const primaryVersion = parseVersionRef(stamp.version).number;
  const choices = resolveShadows(route, { businessKey: stamp.key ?? workflowId, version: primaryVersion });
  const current = new Set(history[0]?.shadows.map(({ version }) => version));
  return choices.flatMap(({ version, shadowed, reason }) => {
    const artifact = versions.find(({ number }) => number === version)?.artifact;
    if (!shadowed || !current.has(version) || artifact === undefined) return [];
    return [
      {
        workflowId: shadowWorkflowId(workflowId, version),
        mission: stamp.mission,
        version,
        artifact,
        primaryWorkflowId: workflowId,
        primaryRunId: runId,
        primaryVersion,
        primaryArtifact: stamp.artifact,
        revision: stamp.revision,
        reason,
      },
    ];
  });
}
