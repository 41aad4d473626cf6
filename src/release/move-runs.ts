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
 */
import type { Client } from '@temporalio/client';
import type { Artifact } from '../artifact/artifact.ts';
import { listRuns, streamRuns } from '../fleet/list-runs.ts';
import type { HostingWait } from '../fleet/require-hosted.ts';
import { bounded } from '../recording/bounded.ts';
import type { Intervention, MoveGround } from '../registry/interventions.ts';
import type { Registry } from '../registry/registry.ts';
import type { Version } from '../registry/versions.ts';
import { messageOf } from '../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../shared/version-ref.ts';
import { pinRun } from '../temporal/run-versioning.ts';
import { buildIdOf, type DeploymentPlace, deploymentVersionOf } from '../temporal/worker-deployments.ts';
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

/** What became of one open run. */
export type RunMove = { readonly workflowId: string; readonly runId: string } & (
  | { readonly status: 'moved'; readonly ground: MoveGround }
  /** In a dry run. */
  | { readonly status: 'movable'; readonly ground: MoveGround }
  /** It stays where it is. */
  | { readonly status: 'kept'; readonly reason: string }
  | { readonly status: 'ended' }
);

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

type RunRef = Pick<OpenRun, 'workflowId' | 'runId'>;

class Mover {
  readonly #options: MoveRunsOptions;
  readonly #plan: MovePlan;
  /** Runs that were pinned and went on between their check and the pin. */
  readonly #recheck: OpenRun[] = [];
  readonly #found = new Set<string>();

  constructor(options: MoveRunsOptions, plan: MovePlan) {
    this.#options = options;
    this.#plan = plan;
  }

  /** Every open run that is on the version, and those that were moved without being recorded. */
  async *openRuns(): AsyncGenerator<RunRef> {
    const { registry, temporal, from, to, workflowIds, onListed } = this.#options;
    const wanted = workflowIds === undefined ? undefined : new Set(workflowIds);
    const last = lastMoves(await registry.interventions.list({ mission: from.mission }));
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
    const pinned = await this.#pin(verdict, this.#plan.to);
    if (pinned !== 'pinned') return this.#unpinned(verdict, pinned);
    const later = await settledHistory(this.#options.temporal.client, verdict);
    if (decisionsIn(later) === decisionsIn(history)) return this.#record(verdict, 'replayed');
    if (hasEnded(later) && lastBuildId(later) !== this.#targetBuildId) return { ...refOf(verdict), status: 'ended' };
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
  async #settle(verdict: StrictVerdict): Promise<RunMove> {
    const { reason } = verdict;
    if (reason === undefined) return this.#record(verdict, 'replayed');
    const back = await this.#pin(verdict, this.#plan.from);
    if (back === 'ended') return kept(verdict, `it ended on the target before it could be pinned back: ${reason}`);
    return kept(verdict, `it went on while it was checked, and was pinned back: ${reason}`);
  }

  /** Pins and records one run, without a check. */
  async move(run: RunRef, ground: MoveGround): Promise<RunMove> {
    this.#options.signal?.throwIfAborted();
    if (this.#options.dryRun === true) return { ...refOf(run), status: 'movable', ground };
    const pinned = await this.#pin(run, this.#plan.to);
    return pinned === 'pinned' ? this.#record(run, ground) : this.#unpinned(run, pinned);
  }

  #unpinned(run: RunRef, why: 'ended' | 'not-hosted'): RunMove {
    if (why === 'ended') return { ...refOf(run), status: 'ended' };
    return kept(run, `the server knows no worker of ${formatVersionRef(this.#plan.to)} on its task queue`);
  }

  get #targetBuildId(): string {
    return buildIdOf(this.#plan.to.artifact);
  }

  #pin(run: RunRef, version: Version): ReturnType<typeof pinRun> {
    const target = deploymentVersionOf(this.#plan.deployment, version.artifact);
    return pinRun(this.#options.temporal, refOf(run), target, this.#options.by);
  }

  async #record(run: RunRef, checked: MoveGround): Promise<RunMove> {
    const { registry, action, by, reason, from, to } = this.#options;
    const ground = this.#found.has(run.runId) ? 'found' : checked;
    const { mission } = from;
    const move = { action, kind: 'move' as const, mission, from: from.number, to: to.number, ground, by, reason };
    await registry.interventions.put({ ...move, ...refOf(run) });
    return { ...refOf(run), status: 'moved', ground };
  }
}

function kept(run: RunRef, reason: string): RunMove {
  return { ...refOf(run), status: 'kept', reason };
}

function refOf({ workflowId, runId }: RunRef): RunRef {
  return { workflowId, runId };
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
