/**
 * What a run is told that continues as new and wants to be routed anew (`mission/upgrade.ts`).
 *
 * The server can begin a next link on the version that the run is on, or on the deployment's current version, which follows
 * the route's default. So a run goes on as the default version, or stays: a version that the route chooses by a smaller weight
 * or by a rule cannot be reached, and then it stays where it is, which the stamp says.
 */
import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { RouteAnswer, RouteQuestion, RunStamp } from '../mission/wire.ts';
import type { Registry } from '../registry/registry.ts';
import { activeVersion } from '../routing/active-version.ts';
import { placementOf } from '../routing/placement.ts';
import { impliedAttributes } from '../routing/route-rule.ts';
import { placeRun, readRoutedMission } from '../routing/routed-mission.ts';
import { decisionInStamp, readStamp } from '../routing/run-stamp.ts';
import { formatVersionRef, parseVersionRef } from '../shared/version-ref.ts';
import { unpinRun } from '../temporal/run-versioning.ts';
import {
  buildIdOf,
  type DeploymentPlace,
  describeDeployment,
  hostedBuildIds,
  listPollers,
  setCurrentVersion,
} from '../temporal/worker-deployments.ts';
import { versionOfRun } from './run-version.ts';

export interface RouteActivityOptions {
  readonly registry: Registry;
  readonly temporal: DeploymentPlace & { readonly client: Client };
  readonly mission: string;
  /** Of the worker that the run is on. */
  readonly artifact: string;
}

export type RouteActivity = (question: RouteQuestion) => Promise<RouteAnswer>;

/** The activity; it acts for the run that calls it. */
export function createRouteActivity(options: RouteActivityOptions): RouteActivity {
  return async ({ input }) => {
    const run = activityInfo().workflowExecution;
    if (run === undefined) throw new Error('Only a run can ask where it goes.');
    const { memo } = await options.temporal.client.workflow.getHandle(run.workflowId, run.runId).describe();
    const before = readStamp(memo);
    const { mission, registry } = options;
    const routed = await readRoutedMission(registry, mission);
    const firstRule = before?.callerRule ?? before?.rule;
    const chose = routed.table.rules.find(({ name }) => name === firstRule);
    const request = {
      missionInput: input,
      businessKey: before?.key ?? run.workflowId,
      // The caller is not asked again: of it is known what the rule that chose the run at first asked for.
      attributes: chose && impliedAttributes(chose),
    };
    const { decision, target } = placeRun(routed, request);
    const stamp: RunStamp = {
      mission,
      version: formatVersionRef({ mission, number: decision.version }),
      artifact: target.artifact,
      ...decisionInStamp(decision),
      reason: `${decision.reason}, as it continued${before === undefined ? '' : ` from ${before.version}`}`,
      ...(before?.key !== undefined && { key: before.key }),
      ...(firstRule !== undefined && firstRule !== decision.rule && { callerRule: firstRule }),
    };
    if (target.artifact === options.artifact) return { stamp, upgrade: false };
    if (await canBegin(options, target.artifact)) {
      await unpinRun(options.temporal, run);
      return { stamp, upgrade: true };
    }
    const staying = await stayed(options, before, stamp, run.workflowId);
    return { stamp: { ...staying, ...(firstRule !== undefined && { callerRule: firstRule }) }, upgrade: false };
  };
}

/** Whether the server begins the next link on this artifact: it is hosted, and the current version of the deployment. */
async function canBegin({ registry, temporal, mission }: RouteActivityOptions, artifact: string): Promise<boolean> {
  const name = await registry.deployments.nameOf(mission);
  const { taskQueue, deployment } = placementOf(mission, artifact, name);
  const [route, versions, pollers, known] = await Promise.all([
    registry.routes.current(mission),
    registry.versions.list(mission),
    listPollers(temporal, taskQueue),
    describeDeployment(temporal, name),
  ]);
  const isHosted = hostedBuildIds(pollers, name, new Date()).includes(deployment.buildId);
  const active = route === undefined ? undefined : activeVersion(route);
  const isDefault = versions.some((version) => version.number === active && version.artifact === artifact);
  if (!isHosted || !isDefault) return false;
  return known?.currentBuildId === deployment.buildId || setCurrentVersion(temporal, deployment);
}

/** The stamp of a link that stays on the artifact that the run is on, whichever version it began as. */
async function stayed(
  { registry, mission, artifact }: RouteActivityOptions,
  before: RunStamp | undefined,
  routed: RunStamp,
  workflowId: string,
): Promise<RunStamp> {
  const [versions, interventions] = await Promise.all([
    registry.versions.list(mission),
    registry.interventions.list({ mission, workflowIds: [workflowId] }),
  ]);
  const startedOn = before === undefined ? undefined : parseVersionRef(before.version).number;
  const buildId = buildIdOf(artifact);
  const number = versionOfRun({ mission, startedOn, buildId, interventions }, versions);
  const reason = `stayed as it continued: the route chose ${routed.version}, which is not its default or has no worker`;
  // What the route decided is not where it is.
  const { rule: _rule, bucket: _bucket, probability: _probability, ...rest } = routed;
  return {
    ...rest,
    artifact,
    reason,
    ...(number !== undefined && { version: formatVersionRef({ mission, number }) }),
  };
}
