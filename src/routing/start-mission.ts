/** Starts runs: route → version → a pinned, stamped execution. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { isShadowRun, MEMO_STAMP, type RunStamp } from '../mission/wire.ts';
import type { Registry } from '../registry/registry.ts';
import { formatDuration } from '../shared/duration.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { count, observeSeconds } from '../telemetry/metrics.ts';
import { runError } from '../temporal/run-error.ts';
import { type CallerAttributes, checkAttributes } from './caller-attributes.ts';
import { checkInput } from './input-check.ts';
import { placementOf } from './placement.ts';
import type { RouteRequest } from './resolve-route.ts';
import { placeRun, readRoutedMission } from './routed-mission.ts';
import type { RoutedStart, Router } from './router.ts';
import { decisionInStamp, readStamp } from './run-stamp.ts';
import { isNotHosted, startFailure } from './start-failure.ts';

/** Who knows the route: a router, which answers from memory, or the registry itself, which is asked for each start. */
export type StartBy = { readonly router: Pick<Router, 'place'> } | { readonly registry: Registry };

export type StartMissionOptions = StartBy & {
  readonly client: Client;
  readonly mission: string;
  readonly input: unknown;
  /** Starting the same id again returns the run that is there. @default the mission's name and a random id */
  readonly workflowId?: string;
  /** Runs of one key stay on one version while the weights allow. @default the workflow id */
  readonly businessKey?: string;
  /** Of the caller, for rules on `caller:/region`. They are kept nowhere. @default none */
  readonly attributes?: CallerAttributes;
};

export interface StartedMission {
  readonly workflowId: string;
  readonly runId: string;
  /** `refund-eligibility@3` */
  readonly version: string;
  /** Why the route chose it. */
  readonly reason: string;
  /** False when a run with this workflow id was there before; version and reason are that run's. */
  readonly started: boolean;
  /** Present when the registry did not confirm the route at that time: how old the route was. */
  readonly stale?: { readonly ageMs: number };
}

/**
 * Starts a run of a mission on the version that its route chooses, pinned there for its life.
 *
 * @throws MissionError `NO_ACTIVE_VERSION` when nothing of the mission takes traffic, `MISSION_UNKNOWN`, `INPUT_INVALID`
 *   when the input does not fit, an attribute is none, or the workflow id belongs to another workflow, `VERSION_NOT_HOSTED` when no worker ever
 *   hosted the version, `TEMPORAL_UNAVAILABLE`, `REGISTRY_UNAVAILABLE`.
 *
 * @example
 * ```ts
 * const registry = await openRegistry({ databaseUrl: process.env['DATABASE_URL'] });
 * const { client } = await connectTemporal();
 * const input = { orderId: 'o-17' };
 * const { version, reason } = await startMission({ registry, client, mission: 'refund-eligibility', input });
 * ```
 */
export async function startMission(options: StartMissionOptions): Promise<StartedMission> {
  const { mission } = options;
  const beganAt = performance.now();
  try {
    const run = await start(options);
    const reason = run.reason.startsWith('rule ') ? 'rule' : 'weight';
    if (run.started) count('mission_starts_total', { mission, version: run.version, reason });
    observeSeconds('mission_start_seconds', { mission }, (performance.now() - beganAt) / 1_000);
    return run;
  } catch (error) {
    count('mission_start_failures_total', { mission, code: isMissionError(error) ? error.code : 'INTERNAL' });
    throw error;
  }
}

async function start(options: StartMissionOptions): Promise<StartedMission> {
  const { client, mission } = options;
  const workflowId = options.workflowId ?? `${mission}-${randomUUID()}`;
  if (isShadowRun(workflowId)) throw belongsToShadows(workflowId, mission);
  try {
    return await startRouted(options, workflowId);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return existingRun(client, workflowId, mission);
    // What refuses a new run now does not concern one that was started before.
    const before = options.workflowId === undefined ? undefined : await findRefused(client, workflowId, mission, error);
    if (before !== undefined) return before;
    throw error;
  }
}

async function startRouted(options: StartMissionOptions, workflowId: string): Promise<StartedMission> {
  const { client, mission } = options;
  const request = {
    missionInput: options.input as Json,
    businessKey: options.businessKey ?? workflowId,
    attributes: checkAttributes(options.attributes ?? {}),
  };
  const routed = await place(options, mission, request);
  const stamp = stampOf(mission, routed, options.businessKey);
  const input = checkInput(routed.target.definition, options.input, stamp.version);
  try {
    const handle = await startOnceKnown(() => startPinned(client, workflowId, input, stamp, routed.target.deployment));
    const { version, reason } = stamp;
    const { stale } = routed;
    return { workflowId, runId: handle.firstExecutionRunId, version, reason, started: true, ...(stale && { stale }) };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw error;
    throw startFailure(error, stamp);
  }
}

async function place(by: StartBy, mission: string, request: RouteRequest): Promise<RoutedStart> {
  if ('router' in by) return by.router.place(mission, request);
  return placeRun(await readRoutedMission(by.registry, mission), request);
}

/** What was decided by an old route says so on the run's record. */
function stampOf(mission: string, { decision, target, stale }: RoutedStart, key: string | undefined): RunStamp {
  const version = formatVersionRef({ mission, number: decision.version });
  const aside = stale === undefined ? '' : ` (route confirmed ${formatDuration(stale.ageMs)} before)`;
  return {
    mission,
    version,
    artifact: target.artifact,
    ...decisionInStamp(decision),
    reason: `${decision.reason}${aside}`,
    ...(key !== undefined && { key }),
  };
}

/** How long the server may need to learn everywhere of a version that has a worker already, in steps of milliseconds. */
const LEARNING_MS = [100, 200, 400, 800];

/** A version that was just hosted is refused for a moment: parts of the server hear of it later than others. */
async function startOnceKnown<Handle>(start: () => Promise<Handle>): Promise<Handle> {
  for (const waitMs of LEARNING_MS) {
    try {
      return await start();
    } catch (error) {
      if (!isNotHosted(error)) throw error;
      await delay(waitMs);
    }
  }
  return start();
}

function startPinned(client: Client, workflowId: string, input: Json, stamp: RunStamp, deploymentName: string) {
  const { taskQueue, deployment } = placementOf(stamp.mission, stamp.artifact, deploymentName);
  return client.workflow.start(stamp.mission, {
    workflowId,
    taskQueue,
    args: [input],
    versioningOverride: { pinnedTo: deployment },
    memo: { [MEMO_STAMP]: stamp },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
  });
}

function belongsToShadows(workflowId: string, mission: string): MissionError {
  return new MissionError('INPUT_INVALID', `The workflow id "${workflowId}" begins as those of shadow runs do.`, {
    remedy: 'Nothing was started. Choose another workflow id, or leave it out.',
    details: { workflowId, mission },
  });
}

/** Codes of what is asked before the server is asked for a start, and of a pin that it refuses before it looks at the id. */
const REFUSED_FIRST = ['INPUT_INVALID', 'NO_ACTIVE_VERSION', 'REGISTRY_UNAVAILABLE', 'VERSION_NOT_HOSTED'] as const;

async function findRefused(
  client: Client,
  workflowId: string,
  mission: string,
  error: unknown,
): Promise<StartedMission | undefined> {
  if (!REFUSED_FIRST.some((code) => isMissionError(error, code))) return undefined;
  // Should the server not answer either, the first error tells more.
  return existingRun(client, workflowId, mission).catch(() => undefined);
}

async function existingRun(client: Client, workflowId: string, mission: string): Promise<StartedMission> {
  const run = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      throw runError(error, workflowId, 'a look at it');
    });
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
  const runId = run.raw.workflowExecutionInfo?.firstRunId || run.runId;
  return { workflowId, runId, version: stamp.version, reason: stamp.reason, started: false };
}
