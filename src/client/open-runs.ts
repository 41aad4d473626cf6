/** What a program does to many open runs of a mission at once: moving and stopping them, on the record. */
import { randomUUID } from 'node:crypto';
import type { RunSummary } from '../fleet/list-runs.ts';
import type { Registry } from '../registry/registry.ts';
import type { RunMove } from '../release/move-one.ts';
import { type MoveRunsOptions, moveRuns } from '../release/move-runs.ts';
import { findStoppable, type StoppedRun, type StopRunsOptions, stopRuns } from '../release/stop-runs.ts';
import { MissionError } from '../shared/errors.ts';

export interface OpenRunsAccess {
  readonly temporal: MoveRunsOptions['temporal'];
  readonly registry: Registry;
}

export interface MoveOptions
  extends Pick<
    MoveRunsOptions,
    'by' | 'reason' | 'workflowIds' | 'dryRun' | 'unchecked' | 'workers' | 'signal' | 'hosting'
  > {
  /** Number of the version that the runs are on. */
  readonly from: number;
  /** Number of the version that they go on with. */
  readonly to: number;
}

/** Whose open runs: all of a version, by its number, or those that are named. */
export type WhichRuns = { readonly version: number } | { readonly workflowIds: readonly string[] };

export type CancelOptions = WhichRuns &
  Pick<StopRunsOptions, 'by' | 'reason' | 'signal'> & {
    /** End at once, without any clean-up. @default false: ask to end */
    readonly terminate?: boolean;
  };

/** Moves as results are pulled. */
export function moveOpenRuns(
  { temporal, registry }: OpenRunsAccess,
  mission: string,
  { from, to, ...options }: MoveOptions,
): AsyncGenerator<RunMove> {
  const versions = { from: { mission, number: from }, to: { mission, number: to } };
  return moveRuns({ ...options, ...versions, temporal, registry, action: randomUUID() });
}

export async function cancelRuns(
  access: OpenRunsAccess,
  mission: string,
  options: CancelOptions,
): Promise<readonly StoppedRun[]> {
  const which =
    'version' in options ? { version: { mission, number: options.version } } : { workflowIds: options.workflowIds };
  const { by, reason, signal, terminate = false } = options;
  const runs = await findStoppable(access, which);
  const foreign = runs.find((run) => run.mission !== mission);
  if (foreign !== undefined) throw notOf(mission, foreign);
  const stopping = stopRuns({
    ...access,
    runs,
    how: terminate ? 'terminate' : 'cancel',
    by,
    reason,
    action: randomUUID(),
    signal,
  });
  const stopped: StoppedRun[] = [];
  for await (const one of stopping) stopped.push(one);
  return stopped;
}

function notOf(mission: string, { workflowId, mission: other }: RunSummary): MissionError {
  return new MissionError('RUN_UNKNOWN', `The run "${workflowId}" is of ${other}, not of ${mission}.`, {
    remedy: 'Nothing was stopped. Check the workflow ids.',
    details: { workflowId, mission: other },
  });
}
