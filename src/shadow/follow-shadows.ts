/**
 * Shadow traffic: finds the real runs that the route says are shadowed, starts a candidate beside each, tells it what the real
 * run is told, and counts how the two compare. Any number of processes may do it, beside their workers.
 *
 * Invariants
 * 1. Nothing here is in the way of a start, or known to whoever started: it looks at what the server has.
 * 2. A shadow has a workflow id and a row that follow from its real run, so it is started once and counted once, however many
 *    processes follow and wherever one of them died. The claim of a turn saves work; it does not make anything correct.
 * 3. What goes wrong with one shadow concerns no other.
 */
import type { Client } from '@temporalio/client';
import { isUndecipherable } from '../encryption/seal.ts';
import type { ShadowHost } from '../fleet/shadow-host.ts';
import { bounded } from '../recording/bounded.ts';
import type { Route } from '../registry/routes.ts';
import { END_OF_TIME } from '../registry/rows.ts';
import type { ShadowRun } from '../registry/shadows.ts';
import type { Version } from '../registry/versions.ts';
import { asError } from '../shared/errors.ts';
import { pause } from '../shared/pause.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { count } from '../telemetry/metrics.ts';
import { attendShadow } from './attend-shadow.ts';
import { planShadows, type StartedRun, startedRuns } from './plan-shadows.ts';
import { shadowAnswers } from './shadow-answers.ts';
import type { ShadowEvent } from './shadow-event.ts';
import type { ShadowRegistry } from './shadow-registry.ts';
import { startShadow } from './start-shadow.ts';

export interface FollowShadowsOptions {
  readonly client: Client;
  readonly registry: ShadowRegistry;
  /** Which server it is, so that a registry can serve several: its cluster id. The namespace is added. */
  readonly server: string;
  /** Who follows, for the registry. */
  readonly identity: string;
  /** The secret of `loadRedactionKey`. */
  readonly redactionKey: Uint8Array;
  /** Shadow these missions only. @default all of the registry */
  readonly missions?: readonly string[] | undefined;
  /** Between two turns, in milliseconds. @default 1 000 */
  readonly pollMs?: number | undefined;
  /** How long a step of a shadow waits for its real run to come to it, in milliseconds. @default a day */
  readonly waitMs?: number | undefined;
  /** How long after its real run a shadow may go on before it is ended, in milliseconds. @default 10 minutes */
  readonly lateMs?: number | undefined;
  /** How long a shadow is tried to start while no worker hosts it, in milliseconds. @default a minute */
  readonly startMs?: number | undefined;
  /** @default the system's clock */
  readonly clock?: (() => Date) | undefined;
  readonly onEvent?: ((event: ShadowEvent) => void) | undefined;
}

export interface ShadowFollower {
  /** For `startFleet({ shadows })`. */
  readonly host: ShadowHost;
  /** Takes a turn now, whoever has claimed it, and resolves when it is through. */
  turn(): Promise<void>;
  /** Lets what is under way come to its end. */
  stop(): Promise<void>;
}

const POLL_MS = 1_000;
const WAIT_MS = 86_400_000;
const LATE_MS = 600_000;
const START_MS = 60_000;
/** A process that died in a turn has its claim for so long. */
const CLAIM_MS = 30_000;
/** How far a turn goes back before the last one: more than visibility lags and clocks differ. */
const OVERLAP_MS = 60_000;
/** Runs that started longer ago get no shadow: the world has moved on. */
const BEHIND_MS = 600_000;
/** How often a turn goes back all of that: for runs that the server started, and that no worker had taken on at first. */
const LOOK_BACK_EVERY_MS = 15_000;
const DUE_AT_ONCE = 100;
const LOOKS_AT_ONCE = 8;
const LOOK_MS_FIRST = 500;
const LOOK_MS_MAX = 60_000;
const RETRY_MS = 10_000;
const EXPIRE_EVERY_MS = 600_000;
const SEEN_MAX = 50_000;

/** Starts to follow; it never throws. */
export function followShadows(options: FollowShadowsOptions): ShadowFollower {
  return new RunningFollower(options);
}

class RunningFollower implements ShadowFollower {
  readonly host: ShadowHost;
  readonly #options: FollowShadowsOptions;
  readonly #closing = new AbortController();
  readonly #clock: () => Date;
  readonly #routes = new Map<string, readonly Route[]>();
  readonly #seen = new Set<string>();
  readonly #loop: Promise<void>;
  #turning: Promise<void> = Promise.resolve();
  #expiredAtMs = 0;
  #lookedBackAtMs = 0;

  constructor(options: FollowShadowsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => new Date());
    this.host = shadowAnswers({ ...options, waitMs: options.waitMs ?? WAIT_MS });
    this.#loop = this.#live();
  }

  turn(): Promise<void> {
    return this.#oneByOne(() => this.#turn(END_OF_TIME));
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
    await this.#turning.catch(() => undefined);
  }

  /** Two turns of one process would do the same work. */
  #oneByOne(turn: () => Promise<void>): Promise<void> {
    const next = this.#turning.catch(() => undefined).then(turn);
    this.#turning = next;
    return next;
  }

  async #live(): Promise<void> {
    const { pollMs = POLL_MS } = this.#options;
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      try {
        await this.#oneByOne(() => this.#turn(this.#clock()));
        failures = 0;
        await pause(pollMs, this.#closing.signal);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        failures += 1;
        const retryInMs = Math.min(pollMs * 2 ** failures, LOOK_MS_MAX);
        this.#emit({ kind: 'waiting', error: asError(error), retryInMs });
        await pause(retryInMs, this.#closing.signal);
      }
    }
  }

  /** @param now - claims that end before are over */
  async #turn(now: Date): Promise<void> {
    const { registry, identity, pollMs = POLL_MS } = this.#options;
    const began = this.#clock();
    const claim = { by: identity, now, until: after(began, CLAIM_MS) };
    const claimed = await registry.collection.claimSweep(`shadow/${this.#scope()}`, claim);
    if (claimed === undefined) return;
    const sweptMs = claimed.sweptTo === null ? 0 : Date.parse(claimed.sweptTo) - OVERLAP_MS;
    await this.#discover(this.#since(began.getTime(), sweptMs));
    await this.#attendAll();
    await this.#expire(began);
    const next = after(this.#clock(), pollMs - 1);
    await registry.collection.finishSweep(`shadow/${this.#scope()}`, { sweptTo: began, next });
  }

  #since(nowMs: number, sweptMs: number): Date {
    const looksBack = nowMs - this.#lookedBackAtMs >= LOOK_BACK_EVERY_MS;
    if (looksBack) this.#lookedBackAtMs = nowMs;
    return new Date(looksBack ? nowMs - BEHIND_MS : Math.max(sweptMs, nowMs - BEHIND_MS));
  }

  async #discover(since: Date): Promise<void> {
    const { registry, missions } = this.#options;
    for (const [mission, revision] of await registry.routes.heads()) {
      if (missions !== undefined && !missions.includes(mission)) continue;
      const history = await this.#history(mission, revision);
      if ((history[0]?.shadows.length ?? 0) > 0) await this.#planAll(mission, history, since);
    }
  }

  async #planAll(mission: string, history: readonly Route[], since: Date): Promise<void> {
    const { registry, client } = this.#options;
    const versions = await registry.versions.list(mission);
    const deployment = await registry.deployments.nameOf(mission);
    for await (const run of startedRuns(client, { mission, deployment }, since)) {
      if (this.#closing.signal.aborted) return;
      if (this.#seen.has(run.runId)) continue;
      const plans = this.#plansFor(mission, run, history, versions);
      if (plans === undefined) continue;
      await registry.shadows.plan(this.#scope(), plans);
      if (this.#seen.size >= SEEN_MAX) this.#seen.clear();
      this.#seen.add(run.runId);
    }
  }

  /** None for a run that cannot be read here. */
  #plansFor(mission: string, run: StartedRun, history: readonly Route[], versions: readonly Version[]) {
    const { workflowId, unreadable } = run;
    if (unreadable === undefined) return planShadows(mission, run, history, versions);
    // A codec that failed for another reason may do it the next time.
    if (!isUndecipherable(unreadable)) throw unreadable;
    this.#emit({ kind: 'unread', mission, workflowId, error: unreadable });
    return [];
  }

  /** Read again when there is a newer revision. */
  async #history(mission: string, revision: number): Promise<readonly Route[]> {
    const known = this.#routes.get(mission);
    if (known?.[0]?.revision === revision) return known;
    const history = await this.#options.registry.routes.history(mission);
    this.#routes.set(mission, history);
    return history;
  }

  async #attendAll(): Promise<void> {
    const due = await this.#options.registry.shadows.due(this.#scope(), DUE_AT_ONCE);
    for await (const _ of bounded(each(due), LOOKS_AT_ONCE, (run) => this.#look(run)));
  }

  async #look(run: ShadowRun): Promise<void> {
    if (this.#closing.signal.aborted) return;
    try {
      await (run.status === 'planned' ? this.#start(run) : this.#attend(run));
    } catch (error) {
      this.#emit({ kind: 'failed', workflowId: run.workflowId, error: asError(error) });
      const status = run.status === 'planned' ? 'planned' : 'open';
      await this.#options.registry.shadows.lookAgain(run.workflowId, after(this.#clock(), RETRY_MS), status);
    }
  }

  async #start(run: ShadowRun): Promise<void> {
    const { client, registry, startMs = START_MS } = this.#options;
    const { workflowId, mission } = run;
    const start = await startShadow(client, run, await registry.deployments.nameOf(mission));
    if (start.kind === 'started') {
      await registry.shadows.lookAgain(workflowId, this.#nextLook(run), 'open');
      this.#emit({ kind: 'started', mission, workflowId });
      this.#count(run, 'started');
    } else if (start.kind === 'refused' && this.#clock().getTime() - Date.parse(run.plannedAt) < startMs) {
      await registry.shadows.lookAgain(workflowId, this.#nextLook(run), 'planned');
    } else if (await registry.shadows.abandon(workflowId, start.why)) {
      this.#emit({ kind: 'not-started', mission, workflowId, why: start.why });
      this.#count(run, 'not-started');
    }
  }

  async #attend(run: ShadowRun): Promise<void> {
    const { registry, lateMs = LATE_MS } = this.#options;
    const { workflowId, mission, version } = run;
    const finding = await attendShadow({ ...this.#options, lateMs, now: this.#clock() }, run);
    if (finding === undefined) {
      await registry.shadows.lookAgain(workflowId, this.#nextLook(run), 'open');
    } else if (await registry.shadows.end(workflowId, finding)) {
      this.#emit({ kind: 'counted', mission, version, workflowId, outcome: finding.outcome });
      this.#count(run, finding.outcome);
    }
  }

  /** The longer it goes on, the longer it can wait. */
  #nextLook({ plannedAt }: ShadowRun): Date {
    const now = this.#clock();
    const age = now.getTime() - Date.parse(plannedAt);
    return after(now, Math.min(Math.max(age / 10, LOOK_MS_FIRST), LOOK_MS_MAX));
  }

  /** Shadows are kept as long as the mission's recordings. */
  async #expire(now: Date): Promise<void> {
    if (now.getTime() - this.#expiredAtMs < EXPIRE_EVERY_MS) return;
    this.#expiredAtMs = now.getTime();
    const { registry, missions } = this.#options;
    for (const mission of missions ?? (await registry.versions.missions())) {
      const { keepMs } = (await registry.retention.policy(mission)).policy;
      if (keepMs !== null) await registry.shadows.expire(mission, after(now, -keepMs));
    }
  }

  #count({ mission, version }: ShadowRun, result: string): void {
    count('mission_shadow_runs_total', { mission, version: formatVersionRef({ mission, number: version }), result });
  }

  #scope(): string {
    return `${this.#options.server}/${this.#options.client.options.namespace}`;
  }

  #emit(event: ShadowEvent): void {
    this.#options.onEvent?.(event);
  }
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

function after(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}
