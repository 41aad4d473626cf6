/**
 * Moving open runs from one version to another.
 *
 * Invariants
 * 1. A run is pinned to the target only when its history so far replays there exactly (`strict-replay.ts`), or when somebody
 *    said with a reason that it shall be moved unchecked.
 * 2. A run does not stand still while it is checked. What its old version decided until the pin took hold is checked
 *    afterwards; a run that does not match any more is pinned back.
 * 3. The pin comes first and its record second, so a record is never wrong. A crash in between leaves a run that is moved
 *    and not recorded: the same command finds it, checks it, and records it as found.
 * 4. Of several who move a run at once, one does, and it is recorded once (`move-one.ts`).
 */
import type { Client } from '@temporalio/client';
import type { Artifact } from '../artifact/artifact.ts';
import { listRuns, streamRuns } from '../fleet/list-runs.ts';
import type { HostingWait } from '../fleet/require-hosted.ts';
import { bounded } from '../recording/bounded.ts';
import type { Intervention, MoveGround } from '../registry/interventions.ts';
import type { Registry } from '../registry/registry.ts';
import { messageOf } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { buildIdOf, type DeploymentPlace } from '../temporal/worker-deployments.ts';
import { kept, type RunMove, RunMover, type RunRef, refOf } from './move-one.ts';
import { decisionsIn, fetchOpenHistory, hasEnded, lastBuildId, settledHistory } from './open-histories.ts';
import { type MovePlan, planMove } from './plan-move.ts';
import { type OpenRun, replayStrictly, type StrictVerdict } from './strict-replay.ts';

export interface MoveRunsOptions {
  readonly registry: Registry;
  readonly temporal: DeploymentPlace & { readonly client: Client };
  readonly from: VersionRef;
  readonly to: VersionRef;
  /** Only these, by workflow id. @default all open runs of `from` */
  readonly workflowIds?: readonly string[] | undefined;
  /** Says what would be done, and does nothing. @default false */
  readonly dryRun?: boolean;
  /** Moves without a check. What the target then does with a run that does not match, nobody knows. @default false */
  readonly unchecked?: boolean;
  readonly by: string;
  readonly reason: string;
  /** Names this move in the ledger: one for all its runs. */
  readonly action: string;
  /** Processes of the replay. @default one per processor */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long a worker of the target may take to become ready, where it sleeps. @default 30 s */
  readonly hosting?: HostingWait | undefined;
  /** Told how many runs the version has, before the first is looked at. */
  readonly onListed?: ((runs: number) => void) | undefined;
  /** @default the system's clock */
  readonly now?: () => Date;
}

/**
 * Moves the open runs of a version, each after its check. Pull the results to make it go on; stopping in between loses nothing.
 *
 * @throws MissionError `USAGE` for the same version, another mission, or a missing reason; `VERSION_UNKNOWN`;
 *   `VERSION_NOT_HOSTED` when no worker hosts the target and none becomes ready in time; `TEMPORAL_UNAVAILABLE`, `REGISTRY_*`.
 */
export async function* moveRuns(options: MoveRunsOptions): AsyncGenerator<RunMove> {
  const plan = await planMove(options);
  const mover = new Mover(options, plan);
  if (plan.ground !== undefined) {
    const { ground } = plan;
    yield* bounded(mover.openRuns(), CONCURRENCY, (run) => mover.move(run, ground));
    return;
  }
  const artifact = await options.registry.artifacts.get(plan.to.artifact);
  yield* mover.moveChecked(artifact);
}

const CONCURRENCY = 8;

class Mover {
  readonly #options: MoveRunsOptions;
  readonly #plan: MovePlan;
  readonly #runs: RunMover;
  /** Runs that were pinned and went on between their check and the pin. */
  readonly #recheck: OpenRun[] = [];
  readonly #found = new Set<string>();

  constructor(options: MoveRunsOptions, plan: MovePlan) {
    this.#options = options;
    this.#plan = plan;
    this.#runs = new RunMover(options, plan);
  }

  /** Every open run that is on the version, and those that were moved without being recorded. */
  async *openRuns(): AsyncGenerator<RunRef> {
    const { registry, temporal, from, to, workflowIds, onListed } = this.#options;
    const wanted = workflowIds === undefined ? undefined : new Set(workflowIds);
    const interventions = await registry.interventions.list({ mission: from.mission });
    this.#runs.see(interventions);
    const last = lastMoves(interventions);
    const isWanted = ({ workflowId }: RunRef) => wanted === undefined || wanted.has(workflowId);
    // Listed whole before the first is moved: the server's list changes meanwhile.
    const runs = await listRuns({ temporal, registry, version: from, state: 'open', limit: Number.POSITIVE_INFINITY });
    const chosen = runs.filter(isWanted);
    onListed?.(chosen.length);
    yield* chosen;
    const seen = new Set(runs.map(({ runId }) => runId));
    if (this.#plan.from.artifact === this.#plan.to.artifact) return;
    for await (const run of streamRuns({ temporal, registry, version: to, state: 'open' })) {
      const began = run.startedOn ?? run.version;
      const known = last.get(run.workflowId) ?? began;
      if (known !== formatVersionRef(from) || seen.has(run.runId) || !isWanted(run)) continue;
      this.#found.add(run.runId);
      yield run;
    }
  }

  async *moveChecked(target: Artifact): AsyncGenerator<RunMove> {
    const aside: RunMove[] = [];
    const verdicts = replayStrictly(target, this.#checkable(aside), this.#options);
    for await (const move of bounded(verdicts, CONCURRENCY, (verdict) => this.#act(verdict))) {
      yield* aside.splice(0);
      if (move !== undefined) yield move;
    }
    yield* aside.splice(0);
    for await (const verdict of replayStrictly(target, each(this.#recheck), this.#options)) {
      yield await this.#settle(verdict);
    }
  }

  /** Those with a decision to check; a run that no worker ever took on has none, and is moved at once. */
  async *#checkable(aside: RunMove[]): AsyncGenerator<OpenRun> {
    const read = bounded(this.openRuns(), CONCURRENCY, (run) => this.#read(run));
    for await (const run of read) {
      this.#options.signal?.throwIfAborted();
      if ('status' in run) aside.push(run);
      else if (decisionsIn(run.history) > 0) yield run;
      else aside.push(await this.move(run, 'replayed'));
    }
  }

  async #read(run: RunRef): Promise<OpenRun | RunMove> {
    try {
      const history = await fetchOpenHistory(this.#options.temporal.client, run);
      return { ...refOf(run), history };
    } catch (error) {
      return kept(run, `its history cannot be read: ${messageOf(error)}`);
    }
  }

  async #act(verdict: StrictVerdict): Promise<RunMove | undefined> {
    const { reason, history } = verdict;
    if (reason !== undefined) return this.#refused(verdict, reason);
    if (this.#options.dryRun === true) return this.move(verdict, 'replayed');
    const unpinned = await this.#runs.pin(verdict);
    if (unpinned !== undefined) return unpinned;
    const later = await settledHistory(this.#options.temporal.client, verdict);
    if (decisionsIn(later) === decisionsIn(history)) return this.#record(verdict, 'replayed');
    if (hasEnded(later) && lastBuildId(later) !== buildIdOf(this.#plan.to.artifact))
      return { ...refOf(verdict), status: 'ended' };
    this.#recheck.push({ ...verdict, history: later });
    return undefined;
  }

  #refused(run: RunRef, reason: string): RunMove {
    const { from, to } = this.#plan;
    if (!this.#found.has(run.runId)) return kept(run, reason);
    const [there, back] = [formatVersionRef(to), formatVersionRef(from)];
    return kept(
      run,
      `it was found on ${there} already, and does not fit there: ${reason}. Its last known version: ${back}`,
    );
  }

  /** A run that went on between check and pin. */
  #settle(verdict: StrictVerdict): Promise<RunMove> {
    const { reason } = verdict;
    return reason === undefined ? this.#record(verdict, 'replayed') : this.#runs.pinBack(verdict, reason);
  }

  /** Pins and records one run, without a check. */
  async move(run: RunRef, ground: MoveGround): Promise<RunMove> {
    this.#options.signal?.throwIfAborted();
    if (this.#options.dryRun === true) return { ...refOf(run), status: 'movable', ground };
    return (await this.#runs.pin(run)) ?? this.#record(run, ground);
  }

  #record(run: RunRef, checked: MoveGround): Promise<RunMove> {
    return this.#runs.record(run, this.#found.has(run.runId) ? 'found' : checked);
  }
}

/** Workflow id → the version of its last recorded move. */
function lastMoves(interventions: readonly Intervention[]): Map<string, string> {
  const moves = interventions.flatMap(({ workflowId, mission, to }) =>
    to === null ? [] : [[workflowId, formatVersionRef({ mission, number: to })] as const],
  );
  return new Map(moves);
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
