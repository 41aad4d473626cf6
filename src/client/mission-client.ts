/** The client library: what a program starts runs with, and follows them by. */
import type { Client, Connection } from '@temporalio/client';
import { type ListRunsOptions, listRuns, type RunSummary } from '../fleet/list-runs.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import { listSchedules, type MissionSchedule } from '../release/mission-schedules.ts';
import type { RunMove } from '../release/move-one.ts';
import type { StoppedRun } from '../release/stop-runs.ts';
import type { CallerAttributes } from '../routing/caller-attributes.ts';
import { createRouter, type Router } from '../routing/router.ts';
import type { RouterEvent } from '../routing/router-event.ts';
import { type StartedMission, startMission } from '../routing/start-mission.ts';
import { type ConnectOptions, connectTemporal } from '../temporal/connection.ts';
import { type InputOf, type MissionRun, type MissionShape, missionRun } from './mission-run.ts';
import { type ScheduleHandle, scheduleHandle } from './mission-schedule.ts';
import { type CancelOptions, cancelRuns, type MoveOptions, moveOpenRuns } from './open-runs.ts';

/** A connection that is there already; whoever made it closes it. A `TemporalConnection` is one. */
export interface TemporalAccess {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
}

export interface MissionClientOptions {
  /** A registry that is open already; whoever opened it closes it. */
  readonly registry?: Registry;
  /** PostgreSQL URL of the registry, when none is given. @default the environment's `DATABASE_URL`, or else the embedded registry of the current folder */
  readonly databaseUrl?: string | undefined;
  /** A connection, or how to connect. @default as Temporal's own environment configuration says, else `localhost:7233` */
  readonly temporal?: TemporalAccess | ConnectOptions;
  /** How long starts go on by the last known route when the registry cannot be reached, in milliseconds. @default 60 000 */
  readonly staleMs?: number;
  /** For logs and alarms: route changes, and a registry that cannot be reached. */
  readonly onEvent?: (event: RouterEvent) => void;
}

export interface StartOptions {
  /** Starting the same id again returns the run that is there: so a start is safe to repeat. @default the mission's name and a random id */
  readonly workflowId?: string;
  /** Runs of one key stay on one version while the weights allow. @default the workflow id */
  readonly businessKey?: string;
  /** Of the caller, for rules of the route on `caller:/region`. They are kept nowhere. @default none */
  readonly attributes?: CallerAttributes;
}

/** A run that was just started, or was there already: then `started` is false, and version and reason are that run's. */
export type StartedRun<Shape extends MissionShape = MissionShape> = MissionRun<Shape> & StartedMission;

/** One mission, typed by its definition. */
export interface MissionHandle<Shape extends MissionShape = MissionShape> {
  readonly name: string;
  /**
   * Starts a run on the version that the route chooses, pinned there for its life.
   *
   * @throws MissionError `INPUT_INVALID`, `MISSION_UNKNOWN`, `NO_ACTIVE_VERSION`, `VERSION_NOT_HOSTED`,
   *   `TEMPORAL_UNAVAILABLE`, `REGISTRY_UNAVAILABLE` when the route is too old to go by.
   */
  readonly start: (input: InputOf<Shape>, options?: StartOptions) => Promise<StartedRun<Shape>>;
  /** A run that was started before. Nothing is asked of the server yet. */
  readonly run: (workflowId: string) => MissionRun<Shape>;
  /** Its runs, the newest first. The server's list is a second or so behind. */
  readonly list: (
    options?: Omit<ListRunsOptions, 'temporal' | 'registry' | 'mission' | 'now'>,
  ) => Promise<readonly RunSummary[]>;
  /**
   * Moves open runs to another version, each once its history replays there. Pull the results to make it go on; repeating
   * it does the rest.
   *
   * @throws MissionError `USAGE` for the same version or a missing reason; `VERSION_UNKNOWN`; `VERSION_NOT_HOSTED` when no
   *   worker hosts the target; `TEMPORAL_UNAVAILABLE`, `REGISTRY_*`.
   */
  readonly move: (options: MoveOptions) => AsyncGenerator<RunMove>;
  /**
   * Stops open runs on the record: asks them to end, or ends them at once. Repeating it does the rest.
   *
   * @throws MissionError `USAGE` without a reason, `RUN_UNKNOWN` when a named run is not there or is of another mission,
   *   `VERSION_UNKNOWN`, `TEMPORAL_UNAVAILABLE`, `REGISTRY_*`.
   */
  readonly cancel: (options: CancelOptions) => Promise<readonly StoppedRun[]>;
  /** A schedule, by its id, whether or not it is there yet. Nothing is asked of the server yet. */
  readonly schedule: (id: string) => ScheduleHandle<Shape>;
  /** Its schedules. The server's list is a second or so behind. */
  readonly schedules: () => Promise<readonly MissionSchedule[]>;
}

export interface MissionClient {
  /** By name, with the types of a definition that need not be loaded: `client.mission<typeof refund>('refund-eligibility')`. */
  mission<Shape extends MissionShape = MissionShape>(name: Shape['name']): MissionHandle<Shape>;
  /** By its definition. */
  mission<Shape extends MissionShape>(mission: Shape): MissionHandle<Shape>;
  /** What it knows of routes, for health checks. */
  readonly router: Router;
  /** Closes what it opened itself. Runs go on. */
  close(): Promise<void>;
}

/**
 * Connects to registry and Temporal, and keeps routes in memory: a start costs one call to Temporal and none to the registry.
 *
 * @throws MissionError `REGISTRY_*`, `CONFIG_INVALID`, `TEMPORAL_UNAVAILABLE` when one of the two cannot be used.
 *
 * @example
 * ```ts
 * import { createMissionClient } from 'mission-runtime';
 *
 * const client = await createMissionClient({
 *   databaseUrl: 'postgres://missions@db.internal/missions',
 *   temporal: { address: 'temporal.internal:7233' },
 * });
 * const refunds = client.mission('refund-eligibility');
 * const run = await refunds.start({ orderId: 'o-17' }, { workflowId: 'refund-o-17', businessKey: 'customer-4' });
 * console.log(`${run.workflowId} runs on ${run.version}: ${run.reason}`);
 * console.log(await run.result());
 * await client.close();
 * ```
 */
export async function createMissionClient(options: MissionClientOptions = {}): Promise<MissionClient> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  const keep = <One extends { close(): Promise<void> }>(one: One): One => {
    opened.push(one);
    return one;
  };
  try {
    const { temporal: given, staleMs, onEvent } = options;
    const databaseUrl = options.databaseUrl ?? process.env['DATABASE_URL'];
    const registry = options.registry ?? keep(await openRegistry({ databaseUrl }));
    const temporal = isAccess(given) ? given : keep(await connectTemporal(given));
    const router = keep(
      await createRouter({ registry, ...(staleMs !== undefined && { staleMs }), ...(onEvent && { onEvent }) }),
    );
    return {
      mission: <Shape extends MissionShape>(mission: string | Shape) =>
        missionHandle<Shape>(typeof mission === 'string' ? mission : mission.name, { temporal, registry, router }),
      router,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function isAccess(temporal: TemporalAccess | ConnectOptions | undefined): temporal is TemporalAccess {
  return temporal !== undefined && 'client' in temporal;
}

interface Opened {
  readonly temporal: TemporalAccess;
  readonly registry: Registry;
  readonly router: Router;
}

function missionHandle<Shape extends MissionShape>(
  name: string,
  { temporal, registry, router }: Opened,
): MissionHandle<Shape> {
  const { client } = temporal;
  return {
    name,
    start: async (input, options = {}) => {
      const started = await startMission({ router, client, mission: name, input, ...options });
      return { ...missionRun<Shape>({ client, registry }, started.workflowId, started.runId), ...started };
    },
    run: (workflowId) => missionRun<Shape>({ client, registry }, workflowId, undefined),
    list: (options = {}) => listRuns({ ...options, temporal, registry, mission: name }),
    move: (options) => moveOpenRuns({ temporal, registry }, name, options),
    cancel: (options) => cancelRuns({ temporal, registry }, name, options),
    schedule: (id) => scheduleHandle({ temporal, registry }, name, id),
    schedules: () => listSchedules({ temporal }, name),
  };
}
