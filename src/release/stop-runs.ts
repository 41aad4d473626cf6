/**
 * Stopping open runs for good: asking them to end (they may clean up first), or ending them at once.
 *
 * What is done to a run is recorded before it is done, so nothing is done in silence. Doing it again does the rest: a run that
 * was asked before, and that the server says was asked, is left alone.
 */
import type { Client } from '@temporalio/client';
import { describeRun, listRuns, type RunSummary } from '../fleet/list-runs.ts';
import { bounded } from '../recording/bounded.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError } from '../shared/errors.ts';
import { parseVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { grpcStatusOf } from '../temporal/grpc-status.ts';
import type { DeploymentPlace } from '../temporal/worker-deployments.ts';

export interface StopRunsOptions {
  readonly registry: Registry;
  readonly temporal: DeploymentPlace & { readonly client: Client };
  /** As {@link findStoppable} gave them. */
  readonly runs: readonly RunSummary[];
  /** `cancel` asks, `terminate` ends at once, without any clean-up. */
  readonly how: 'cancel' | 'terminate';
  readonly by: string;
  readonly reason: string;
  /** Names this in the ledger of interventions: one for all its runs. */
  readonly action: string;
  readonly signal?: AbortSignal | undefined;
}

export interface StoppedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly version: string;
  /** `asked`: to cancel itself. `asked-before`: nothing was done now. `ended`: it was over. */
  readonly status: 'asked' | 'asked-before' | 'terminated' | 'ended';
}

const CONCURRENCY = 8;

/**
 * The open runs that are meant: all of a version, or those named by workflow id.
 *
 * @throws MissionError `RUN_UNKNOWN` when a named run is not there, `TEMPORAL_UNAVAILABLE`.
 */
export async function findStoppable(
  { registry, temporal }: Pick<StopRunsOptions, 'registry' | 'temporal'>,
  which: { readonly version: VersionRef } | { readonly workflowIds: readonly string[] },
): Promise<readonly RunSummary[]> {
  if ('version' in which) {
    const { version } = which;
    await registry.versions.get(version.mission, version.number);
    return listRuns({ temporal, registry, version, state: 'open', limit: Number.POSITIVE_INFINITY });
  }
  const runs = await Promise.all(
    which.workflowIds.map((workflowId) => describeRun({ registry, temporal }, workflowId)),
  );
  const foreign = runs.find(({ version }) => version === '');
  if (foreign !== undefined) throw notOurs(foreign);
  return runs.filter(({ status }) => status === 'running');
}

function notOurs({ workflowId, mission }: RunSummary): MissionError {
  return new MissionError(
    'RUN_UNKNOWN',
    `"${workflowId}" of type ${mission} is no run of a version in this registry.`,
    {
      remedy: 'Nothing was stopped. Stop workflows of others with: temporal workflow cancel.',
      details: { workflowId, type: mission },
    },
  );
}

/**
 * Stops runs. Pull the results to make it go on.
 *
 * @throws MissionError `USAGE` without a reason, `TEMPORAL_UNAVAILABLE`, `REGISTRY_*`.
 */
export async function* stopRuns(options: StopRunsOptions): AsyncGenerator<StoppedRun> {
  const { registry, runs, how, reason, signal } = options;
  if (reason.trim() === '') {
    throw new MissionError('USAGE', 'Stopping runs needs a reason.', {
      remedy: 'Say why: --reason "…". It is recorded.',
    });
  }
  const workflowIds = runs.map(({ workflowId }) => workflowId);
  const before = new Set(
    (await registry.interventions.list({ workflowIds })).flatMap(({ kind, runId }) =>
      kind === 'cancel' ? [runId] : [],
    ),
  );
  const source = (async function* () {
    for (const run of runs) {
      signal?.throwIfAborted();
      yield run;
    }
  })();
  yield* bounded(source, CONCURRENCY, async (run) => {
    if (how === 'cancel' && before.has(run.runId) && (await wasAsked(options, run)))
      return stopped(run, 'asked-before');
    return stopOne(options, run);
  });
}

/** Whether the request reached the server: whoever recorded it may have ended before he sent it. */
async function wasAsked({ temporal }: StopRunsOptions, { workflowId, runId }: RunSummary): Promise<boolean> {
  const { raw } = await temporal.client.workflow.getHandle(workflowId, runId).describe();
  return raw.workflowExtendedInfo?.cancelRequested === true;
}

async function stopOne({ registry, temporal, how, by, reason, action }: StopRunsOptions, run: RunSummary) {
  const { workflowId, runId, mission, version } = run;
  const from = version === '' ? null : parseVersionRef(version).number;
  const intervention = { action, kind: how, mission, workflowId, runId, from, to: null, ground: null, by, reason };
  await registry.interventions.put(intervention);
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  try {
    if (how === 'cancel') await handle.cancel();
    else await handle.terminate(`${by}: ${reason}`);
    return stopped(run, how === 'cancel' ? 'asked' : 'terminated');
  } catch (error) {
    if (error instanceof Error && (error.name === 'WorkflowNotFoundError' || grpcStatusOf(error) === 'NOT_FOUND')) {
      return stopped(run, 'ended');
    }
    throw error;
  }
}

function stopped({ workflowId, runId, version }: RunSummary, status: StoppedRun['status']): StoppedRun {
  return { workflowId, runId, version, status };
}
