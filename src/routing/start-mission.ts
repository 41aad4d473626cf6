/** Starts runs: route → version → a pinned, stamped execution. */
import { randomUUID } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Artifact } from '../artifact/artifact.ts';
import { MEMO_STAMP, type RunStamp, SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { checkInput } from './input-check.ts';
import { placementOf } from './placement.ts';
import { type RouteDecision, resolveRoute } from './resolve-route.ts';
import { type RouteTable, routeTable } from './route-table.ts';
import { readStamp } from './run-stamp.ts';
import { startFailure } from './start-failure.ts';

export interface StartMissionOptions {
  readonly registry: Registry;
  readonly client: Client;
  readonly mission: string;
  readonly input: unknown;
  /** Starting the same id again returns the run that is there. @default the mission's name and a random id */
  readonly workflowId?: string;
  /** Runs of one key stay on one version while the weights allow. @default the workflow id */
  readonly businessKey?: string;
}

export interface StartedMission {
  readonly workflowId: string;
  readonly runId: string;
  /** `refund-eligibility@3` */
  readonly version: string;
  /** Why the route chose it. */
  readonly reason: string;
  /** False when a run with this workflow id was there before; version and reason are that run's. */
  readonly started: boolean;
}

/**
 * Starts a run of a mission on the version that its route chooses, pinned there for its life.
 *
 * @throws MissionError `NO_ACTIVE_VERSION` when nothing of the mission takes traffic, `MISSION_UNKNOWN`, `INPUT_INVALID`
 *   when the input does not fit or the workflow id belongs to another workflow, `VERSION_NOT_HOSTED` when no worker ever
 *   hosted the version, `TEMPORAL_UNAVAILABLE`.
 */
export async function startMission(options: StartMissionOptions): Promise<StartedMission> {
  const { registry, client, mission } = options;
  const workflowId = options.workflowId ?? `${mission}-${randomUUID()}`;
  const table = await activeTable(registry, mission);
  const request = { missionInput: options.input as Json, businessKey: options.businessKey ?? workflowId };
  const decision = resolveRoute(table, request);
  const { artifact: digest } = await registry.versions.get(mission, decision.version);
  const artifact = await artifactOf(registry, digest);
  const stamp = stampOf(mission, digest, decision);
  const input = checkInput(artifact.definition, options.input, stamp.version);
  try {
    const handle = await startPinned(client, workflowId, input, stamp);
    const { version, reason } = stamp;
    return { workflowId, runId: handle.firstExecutionRunId, version, reason, started: true };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return existingRun(client, workflowId, mission);
    throw startFailure(error, stamp, client.options.namespace);
  }
}

async function activeTable(registry: Registry, mission: string): Promise<RouteTable> {
  const table = routeTable(await registry.routes.history(mission));
  if (table !== undefined) return table;
  const latest = await registry.versions.latest(mission);
  if (latest === undefined) {
    throw new MissionError('MISSION_UNKNOWN', `The registry has no mission "${mission}".`, {
      remedy: `Publish it first: mission publish ${mission}.`,
      details: { mission },
    });
  }
  throw new MissionError('NO_ACTIVE_VERSION', `No version of ${mission} is active, so nothing can be started.`, {
    remedy: `Activate one: mission activate ${formatVersionRef(latest)}.`,
    details: { mission, latest: latest.number },
  });
}

function stampOf(mission: string, artifact: string, decision: RouteDecision): RunStamp {
  const version = formatVersionRef({ mission, number: decision.version });
  return { mission, version, artifact, reason: decision.reason, revision: decision.revision };
}

function startPinned(client: Client, workflowId: string, input: Json, stamp: RunStamp) {
  const { taskQueue, deployment } = placementOf(stamp.mission, stamp.artifact);
  return client.workflow.start(stamp.mission, {
    workflowId,
    taskQueue,
    args: [input],
    versioningOverride: { pinnedTo: deployment },
    memo: { [MEMO_STAMP]: stamp },
    searchAttributes: {
      [SEARCH_ATTRIBUTES.mission]: [stamp.mission],
      [SEARCH_ATTRIBUTES.version]: [stamp.version],
      [SEARCH_ATTRIBUTES.artifact]: [stamp.artifact],
    },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
  });
}

async function existingRun(client: Client, workflowId: string, mission: string): Promise<StartedMission> {
  const run = await client.workflow.getHandle(workflowId).describe();
  const stamp = readStamp(run.memo);
  if (stamp?.mission !== mission) {
    throw new MissionError(
      'INPUT_INVALID',
      `The workflow id "${workflowId}" belongs to ${stamp?.version ?? run.type}.`,
      {
        remedy: 'Nothing was started. Choose another workflow id, or leave it out.',
        details: { workflowId, mission },
      },
    );
  }
  return { workflowId, runId: run.runId, version: stamp.version, reason: stamp.reason, started: false };
}

/** Artifacts never change, and a router starts many runs of few: the last ones read are kept. */
const ARTIFACTS_KEPT = 20;
const artifacts = new WeakMap<Registry, Map<string, Artifact>>();

async function artifactOf(registry: Registry, digest: string): Promise<Artifact> {
  const kept = artifacts.get(registry) ?? new Map<string, Artifact>();
  artifacts.set(registry, kept);
  const artifact = kept.get(digest) ?? (await registry.artifacts.get(digest));
  kept.delete(digest);
  kept.set(digest, artifact);
  for (const oldest of kept.keys()) {
    if (kept.size <= ARTIFACTS_KEPT) break;
    kept.delete(oldest);
  }
  return artifact;
}
