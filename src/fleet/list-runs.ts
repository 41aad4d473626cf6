/** Runs with their versions, and what a run waits for when no worker hosts its version. */
import type { Client } from '@temporalio/client';
import { MEMO_STAMP } from '../mission/wire.ts';
import type { Intervention } from '../registry/interventions.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { runsOf } from '../routing/mission-query.ts';
import { missionOfTaskQueue, taskQueueOf } from '../routing/placement.ts';
import { readStamp } from '../routing/run-stamp.ts';
import { withRemedy } from '../shared/errors.ts';
import { formatVersionRef, parseVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { type ListedRun, listRunsWith } from '../temporal/listed-runs.ts';
import { runError } from '../temporal/run-error.ts';
import { DEPLOYMENT_VERSION_ATTRIBUTE, deploymentVersionText, pinnedBuildId } from '../temporal/run-versioning.ts';
import {
  buildIdOf,
  type DeploymentPlace,
  deploymentVersionOf,
  hostedBuildIds,
  listPollers,
} from '../temporal/worker-deployments.ts';
import { versionOfRun } from './run-version.ts';

export type RunStatus =
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'terminated'
  | 'timed-out'
  | 'continued-as-new'
  | 'unknown';

export interface RunSummary {
  readonly workflowId: string;
  readonly runId: string;
  readonly mission: string;
  /** The version that it is on, or ended on: `refund-eligibility@3`. Empty when the registry does not know it. */
  readonly version: string;
  /** Where it began, when that is another version: it was moved. */
  readonly startedOn?: string;
  readonly artifact: string;
  readonly status: RunStatus;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  /** `waiting for a worker of refund-eligibility@2`: the run is open, and no worker can take it on. */
  readonly waiting?: string;
  /** Why what its start stamped on it cannot be read here, and what to do. The version is what the server knows. */
  readonly unreadable?: string;
}

export interface ListRunsOptions {
  readonly temporal: DeploymentPlace & { readonly client: Client };
  /** What the build ids of the server are, and which runs were moved. */
  readonly registry: RunLedger;
  readonly mission?: string;
  /** On this version now, or ended on it. */
  readonly version?: VersionRef;
  /** Open runs only, or ended ones only. @default both */
  readonly state?: 'open' | 'ended';
  /** Newest first; the rest is left out. @default 100 */
  readonly limit?: number;
  /** @default the system's clock */
  readonly now?: () => Date;
}

/** What of a registry tells on which version a run is. */
export interface RunLedger {
  readonly versions: Pick<Registry['versions'], 'list'>;
  readonly interventions: Pick<Registry['interventions'], 'list'>;
  readonly deployments: Registry['deployments'];
}

/**
 * Lists runs of missions. The server's list is a second or so behind.
 *
 * @throws MissionError `ENCRYPTION_KEY_MISSING` when runs of a version are wanted, and one cannot be read that may be on it;
 *   `TEMPORAL_UNAVAILABLE`, `REGISTRY_*`.
 */
export async function listRuns(options: ListRunsOptions): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for await (const run of streamRuns(options)) {
    runs.push(run);
    if (runs.length === (options.limit ?? 100)) break;
  }
  return runs;
}

/** The same, run by run, without a limit. */
export async function* streamRuns(options: Omit<ListRunsOptions, 'limit'>): AsyncGenerator<RunSummary> {
  const { temporal, registry, version, now = () => new Date() } = options;
  const hosted = new HostedVersions(temporal, registry.deployments, now());
  const ledgers = new Ledgers(registry);
  const query = await queryFor(options, ledgers);
  const wanted = version === undefined ? undefined : formatVersionRef(version);
  for await (const info of listRunsWith(temporal.client, { query, memo: (key) => key === MEMO_STAMP })) {
    // Which version it began on would be guessed, and what follows from it may be that it is stopped.
    if (wanted !== undefined && info.unreadable !== undefined) throw info.unreadable;
    const run = summaryOf(info, await ledgers.of(missionOf(info)));
    if (wanted === undefined || run.version === wanted) yield await withWaiting(run, hosted);
  }
}

/**
 * One run, as it is now.
 *
 * @throws MissionError `RUN_UNKNOWN`, `TEMPORAL_UNAVAILABLE`.
 */
export async function describeRun(
  { temporal, registry }: { readonly temporal: { readonly client: Client }; readonly registry: RunLedger },
  workflowId: string,
): Promise<RunSummary> {
  try {
    const info = await temporal.client.workflow.getHandle(workflowId).describe();
    return summaryOf(info, await new Ledgers(registry).of(missionOf(info)));
  } catch (error) {
    throw runError(error, workflowId, 'a look at it');
  }
}

async function queryFor(
  { mission, version, state }: Pick<ListRunsOptions, 'mission' | 'version' | 'state'>,
  ledgers: Ledgers,
): Promise<string> {
  const name = version?.mission ?? mission;
  return [
    runsOf(name === undefined ? undefined : [name]),
    ...(version === undefined ? [] : [await onVersion(version, ledgers)]),
    ...(state === undefined ? [] : [`ExecutionStatus ${state === 'open' ? '=' : '!='} 'Running'`]),
  ].join(' AND ');
}

/** All that are on its build, and those that no worker took on yet: which of them are on it, stamp and ledger tell. */
async function onVersion(version: VersionRef, ledgers: Ledgers): Promise<string> {
  const untaken = `${DEPLOYMENT_VERSION_ATTRIBUTE} IS NULL`;
  const { versions, deployment } = await ledgers.of(version.mission);
  const artifact = versions.find(({ number }) => number === version.number)?.artifact;
  if (artifact === undefined) return untaken;
  const build = deploymentVersionText(deploymentVersionOf(deployment, artifact));
  return `(${DEPLOYMENT_VERSION_ATTRIBUTE} = '${build}' OR ${untaken})`;
}

const STATUS: Readonly<Record<string, RunStatus>> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
  CONTINUED_AS_NEW: 'continued-as-new',
};

/** What lists and descriptions have in common. */
type RunInfo = Omit<ListedRun, 'memo'> & { readonly memo?: Readonly<Record<string, unknown>> | undefined };

function missionOf(info: RunInfo): string {
  return missionOfTaskQueue(info.taskQueue) ?? info.type;
}

function summaryOf(info: RunInfo, { versions, interventions }: Ledger): RunSummary {
  const mission = missionOf(info);
  const stamped = readStamp(info.memo)?.version;
  const number = versionOfRun(
    {
      mission,
      startedOn: stamped === undefined ? undefined : parseVersionRef(stamped).number,
      buildId: pinnedBuildId(info.searchAttributes),
      interventions: interventions.get(info.workflowId) ?? [],
    },
    versions,
  );
  const version = number === undefined ? '' : formatVersionRef({ mission, number });
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    mission,
    version,
    ...(stamped !== undefined && stamped !== version && { startedOn: stamped }),
    artifact: versions.find((one) => one.number === number)?.artifact ?? '',
    status: STATUS[info.status.name] ?? 'unknown',
    startedAt: info.startTime,
    ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime }),
    ...(info.unreadable !== undefined && { unreadable: withRemedy(info.unreadable) }),
  };
}

async function withWaiting(run: RunSummary, hosted: HostedVersions): Promise<RunSummary> {
  if (run.status !== 'running' || (await hosted.has(run.mission, run.artifact))) return run;
  return { ...run, waiting: `waiting for a worker${run.version === '' ? '' : ` of ${run.version}`}` };
}

interface Ledger {
  /** The name of the mission's worker deployment. */
  readonly deployment: string;
  readonly versions: readonly Version[];
  /** By workflow id, oldest first. */
  readonly interventions: ReadonlyMap<string, readonly Intervention[]>;
}

/** Versions and interventions, read once for each mission. */
class Ledgers {
  readonly #registry: RunLedger;
  readonly #ledgers = new Map<string, Promise<Ledger>>();

  constructor(registry: RunLedger) {
    this.#registry = registry;
  }

  of(mission: string): Promise<Ledger> {
    let ledger = this.#ledgers.get(mission);
    if (ledger === undefined) {
      ledger = this.#read(mission);
      this.#ledgers.set(mission, ledger);
    }
    return ledger;
  }

  async #read(mission: string): Promise<Ledger> {
    const [deployment, versions, all] = await Promise.all([
      this.#registry.deployments.nameOf(mission),
      this.#registry.versions.list(mission),
      this.#registry.interventions.list({ mission }),
    ]);
    const interventions = new Map<string, Intervention[]>();
    for (const one of all) interventions.set(one.workflowId, [...(interventions.get(one.workflowId) ?? []), one]);
    return { deployment, versions, interventions };
  }
}

/** Which versions have a living worker; the server is asked once for each mission. */
class HostedVersions {
  readonly #place: DeploymentPlace;
  readonly #deployments: Registry['deployments'];
  readonly #now: Date;
  readonly #builds = new Map<string, Promise<readonly string[]>>();

  constructor(place: DeploymentPlace, deployments: Registry['deployments'], now: Date) {
    this.#place = place;
    this.#deployments = deployments;
    this.#now = now;
  }

  async has(mission: string, artifact: string): Promise<boolean> {
    let builds = this.#builds.get(mission);
    if (builds === undefined) {
      builds = this.#ask(mission);
      this.#builds.set(mission, builds);
    }
    return (await builds).includes(buildIdOf(artifact));
  }

  async #ask(mission: string): Promise<readonly string[]> {
    const deployment = await this.#deployments.nameOf(mission);
    return hostedBuildIds(await listPollers(this.#place, taskQueueOf(mission)), deployment, this.#now);
  }
}
