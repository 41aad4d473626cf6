/** Runs with their versions, and what a run waits for when no worker hosts its version. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import { placementOf, taskQueueOf } from '../routing/placement.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { type DeploymentPlace, hostedBuildIds, listPollers } from '../temporal/worker-deployments.ts';

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
  /** `refund-eligibility@3` */
  readonly version: string;
  readonly artifact: string;
  readonly status: RunStatus;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  /** `waiting for a worker of refund-eligibility@2`: the run is open, and no worker can take it on. */
  readonly waiting?: string;
}

export interface ListRunsOptions {
  readonly temporal: DeploymentPlace & { readonly client: Client };
  readonly mission?: string;
  readonly version?: VersionRef;
  /** Open runs only, or ended ones only. @default both */
  readonly state?: 'open' | 'ended';
  /** Newest first; the rest is left out. @default 100 */
  readonly limit?: number;
  /** @default the system's clock */
  readonly now?: () => Date;
}

/** Lists runs that were started on a version. The server's list is a second or so behind. */
export async function listRuns(options: ListRunsOptions): Promise<RunSummary[]> {
  const { temporal, limit = 100, now = () => new Date() } = options;
  const hosted = new HostedVersions(temporal, now());
  const runs: RunSummary[] = [];
  for await (const info of temporal.client.workflow.list({
    query: queryFor(options),
    pageSize: Math.min(limit, 200),
  })) {
    runs.push(await withWaiting(summaryOf(info), hosted));
    if (runs.length === limit) break;
  }
  return runs;
}

/** The visibility query of a list. Pure. */
function queryFor({ mission, version, state }: Omit<ListRunsOptions, 'temporal'>): string {
  const name = version?.mission ?? mission;
  return [
    name === undefined ? `${SEARCH_ATTRIBUTES.mission} IS NOT NULL` : `${SEARCH_ATTRIBUTES.mission} = '${name}'`,
    ...(version === undefined ? [] : [`${SEARCH_ATTRIBUTES.version} = '${formatVersionRef(version)}'`]),
    ...(state === undefined ? [] : [`ExecutionStatus ${state === 'open' ? '=' : '!='} 'Running'`]),
  ].join(' AND ');
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

function summaryOf(info: WorkflowExecutionInfo): RunSummary {
  const attribute = (name: string) => String(info.searchAttributes[name]?.[0] ?? '');
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    mission: attribute(SEARCH_ATTRIBUTES.mission),
    version: attribute(SEARCH_ATTRIBUTES.version),
    artifact: attribute(SEARCH_ATTRIBUTES.artifact),
    status: STATUS[info.status.name] ?? 'unknown',
    startedAt: info.startTime,
    ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime }),
  };
}

async function withWaiting(run: RunSummary, hosted: HostedVersions): Promise<RunSummary> {
  if (run.status !== 'running' || (await hosted.has(run.mission, run.artifact))) return run;
  return { ...run, waiting: `waiting for a worker of ${run.version}` };
}

/** Which versions have a living worker; the server is asked once for each mission. */
class HostedVersions {
  readonly #place: DeploymentPlace;
  readonly #now: Date;
  readonly #builds = new Map<string, Promise<readonly string[]>>();

  constructor(place: DeploymentPlace, now: Date) {
    this.#place = place;
    this.#now = now;
  }

  async has(mission: string, artifact: string): Promise<boolean> {
    let builds = this.#builds.get(mission);
    if (builds === undefined) {
      builds = this.#ask(mission);
      this.#builds.set(mission, builds);
    }
    return (await builds).includes(placementOf(mission, artifact).deployment.buildId);
  }

  async #ask(mission: string): Promise<readonly string[]> {
    return hostedBuildIds(await listPollers(this.#place, taskQueueOf(mission)), mission, this.#now);
  }
}
