/**
 * What a move does to one run, on the server and in the ledger, where somebody else may do the same at once.
 *
 * Invariants
 * 1. Who pins or records a run holds it from the look at it on (`interventions.holding`). So nobody else of ours pins it between
 *    that look and the pin, or the record.
 * 2. A run is pinned only if nobody recorded a move of it since this command listed it, and if the server has it where this
 *    command expects it. So who pins a run first keeps it, and nothing on record is undone.
 * 3. A move is recorded only if the run is still on its target. So the last record says where the run was pinned to last.
 */
import type { Intervention, Interventions, MoveGround } from '../registry/interventions.ts';
import type { Version } from '../registry/versions.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { runError } from '../temporal/run-error.ts';
import { currentBuildId, pinRun } from '../temporal/run-versioning.ts';
import { buildIdOf, deploymentVersionOf } from '../temporal/worker-deployments.ts';
import type { MoveRunsOptions } from './move-runs.ts';
import type { MovePlan } from './plan-move.ts';

export type RunRef = { readonly workflowId: string; readonly runId: string };

/** What became of one open run. */
export type RunMove = RunRef &
  (
    | { readonly status: 'moved'; readonly ground: MoveGround }
    /** In a dry run. */
    | { readonly status: 'movable'; readonly ground: MoveGround }
    /** It is on the target, and somebody else, who moved it at the same time, has recorded it. */
    | { readonly status: 'moved-before'; readonly by: string }
    /** Somebody else has taken it to another version meanwhile. It was left there. */
    | { readonly status: 'elsewhere'; readonly reason: string }
    /** It stays where it is. */
    | { readonly status: 'kept'; readonly reason: string }
    | { readonly status: 'ended' }
  );

/** How a run stands, while it is held: its last recorded move, and where the server has it. */
interface Standing {
  readonly last: Intervention | undefined;
  readonly buildId: string | undefined;
}

/** A server that hangs holds nobody up for longer: the run is held meanwhile, and with it a connection of few. */
const SERVER_MS = 8_000;

export class RunMover {
  readonly #options: MoveRunsOptions;
  readonly #plan: MovePlan;
  /** Run id → the action of its last recorded move, as it was when runs were listed. */
  readonly #seen = new Map<string, string>();

  constructor(options: MoveRunsOptions, plan: MovePlan) {
    this.#options = options;
    this.#plan = plan;
  }

  /** Tells what the ledger says before runs are listed, oldest first. */
  see(interventions: readonly Intervention[]): void {
    for (const { kind, runId, action } of interventions) if (kind === 'move') this.#seen.set(runId, action);
  }

  /** Pins it to the target. `undefined` when that is done. */
  pin(run: RunRef): Promise<RunMove | undefined> {
    const { from, to } = this.#plan;
    return this.#holding<RunMove | undefined>(run, [from, to], async ({ last, buildId }) => {
      if (last?.to === to.number && buildId === buildIdOf(to.artifact)) return movedBefore(run, last);
      const pinned = await this.#pinTo(run, to);
      if (pinned === 'pinned') return undefined;
      if (pinned === 'ended') return { ...refOf(run), status: 'ended' };
      return kept(run, `the server knows no worker of ${formatVersionRef(this.#options.to)} on its task queue`);
    });
  }

  /** Pins it back to where it was, as it does not fit on the target. */
  async pinBack(run: RunRef, reason: string): Promise<RunMove> {
    const { from, to } = this.#plan;
    const done = await this.#holding<RunMove>(run, [to], async () => {
      const pinned = await this.#pinTo(run, from);
      if (pinned === 'ended') return kept(run, `it ended on the target before it could be pinned back: ${reason}`);
      return kept(run, `it went on while it was checked, and was pinned back: ${reason}`);
    });
    if (done.status !== 'moved-before') return done;
    return kept(
      run,
      `it went on while it was checked, and ${done.by} moved it meanwhile, where it does not fit: ${reason}`,
    );
  }

  /** Records that it was pinned to the target. */
  record(run: RunRef, ground: MoveGround): Promise<RunMove> {
    const { action, by, reason, from, to } = this.#options;
    return this.#holding<RunMove>(run, [this.#plan.to], async (_, interventions) => {
      const move = { action, kind: 'move' as const, mission: from.mission, from: from.number, to: to.number, ground };
      await interventions.put({ ...move, ...refOf(run), by, reason });
      return { ...refOf(run), status: 'moved', ground };
    });
  }

  /** Holds the run, and does `work` if it is on one of `places` and nobody recorded a move of it. */
  #holding<Done extends RunMove | undefined>(
    run: RunRef,
    places: readonly Version[],
    work: (standing: Standing, interventions: Interventions) => Promise<Done>,
  ): Promise<Done | RunMove> {
    const { registry, temporal, from } = this.#options;
    return registry.interventions.holding(run, async (interventions) => {
      const all = await interventions.list({ mission: from.mission, workflowIds: [run.workflowId] });
      const last = all.findLast(({ kind, runId }) => kind === 'move' && runId === run.runId);
      const buildId = await this.#asked(run, () => currentBuildId(temporal.client, refOf(run)));
      return this.#taken(run, places, { last, buildId }) ?? work({ last, buildId }, interventions);
    });
  }

  #taken(run: RunRef, places: readonly Version[], { last, buildId }: Standing): RunMove | undefined {
    const { to } = this.#plan;
    if (last !== undefined && last.action !== this.#seen.get(run.runId)) {
      if (last.to === to.number && buildId === buildIdOf(to.artifact)) return movedBefore(run, last);
      return { ...refOf(run), status: 'elsewhere', reason: `${last.by} moved it to @${last.to} meanwhile` };
    }
    if (buildId === undefined || places.some(({ artifact }) => buildIdOf(artifact) === buildId)) return undefined;
    const record =
      last === undefined ? 'no move of it is on record' : `its last move on record is to @${last.to}, by ${last.by}`;
    return { ...refOf(run), status: 'elsewhere', reason: `it is on build ${buildId} by now; ${record}` };
  }

  #pinTo(run: RunRef, version: Version): ReturnType<typeof pinRun> {
    const { temporal, by } = this.#options;
    const target = deploymentVersionOf(this.#plan.deployment, version.artifact);
    return this.#asked(run, () => pinRun(temporal, refOf(run), target, by));
  }

  /** Asks the server while the run is held; what it throws must not look like a fault of the registry. */
  async #asked<T>({ workflowId }: RunRef, ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#options.temporal.connection.withDeadline(Date.now() + SERVER_MS, ask);
    } catch (error) {
      throw runError(error, workflowId, 'its move');
    }
  }
}

function movedBefore(run: RunRef, { by }: Intervention): RunMove {
  return { ...refOf(run), status: 'moved-before', by };
}

export function kept(run: RunRef, reason: string): RunMove {
  return { ...refOf(run), status: 'kept', reason };
}

export function refOf({ workflowId, runId }: RunRef): RunRef {
  return { workflowId, runId };
}
