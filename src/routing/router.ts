/**
 * A router: answers from memory which version a new run gets, and follows the registry.
 *
 * It owns when the registry is asked and what is done with the answer. What is known of a mission, and how old it is, is
 * `held-route.ts`'s business; which version follows from it, `resolve-route.ts`'s; starting the run, its caller's.
 *
 * Invariants
 * 1. A mission that is held costs no question to the registry.
 * 2. A revision is in force as a whole or not at all: table and targets change in one assignment. Never backwards within an
 *    epoch of the registry: an earlier route than the one that is held confirms nothing, and is followed once a person has
 *    said that it is meant (`registry/epochs.ts`).
 * 3. Word of a change, a connection that came back, and the poll all lead to the same reading, so a lost notification
 *    costs at most one poll.
 * 4. When the registry does not answer, what is known is served for `staleMs` at most, marked as stale; then nothing is.
 */
import type { Registry } from '../registry/registry.ts';
import type { RouteChange } from '../registry/routes.ts';
import { asError, isMissionError } from '../shared/errors.ts';
import type { Freshness, FreshnessLimits } from './freshness.ts';
import { HeldRoute } from './held-route.ts';
import { RegistryReach } from './registry-reach.ts';
import type { RouteRequest } from './resolve-route.ts';
import { type PlacedRun, placeRun, type RoutedMission, readRoutedMission, wentBack } from './routed-mission.ts';
import type { RouterEvent } from './router-event.ts';
import { observeRouter } from './router-metrics.ts';
import { within } from './within.ts';

export interface RouterOptions {
  readonly registry: Registry;
  /** How long routes may be served that the registry no longer confirms, in milliseconds. @default 60 000 */
  readonly staleMs?: number;
  /** How often the registry is asked when no notification comes, in milliseconds. @default 2 000 */
  readonly pollMs?: number;
  /** Read at once, before the first start; others are read when they are first asked for. @default [] */
  readonly missions?: readonly string[];
  readonly onEvent?: (event: RouterEvent) => void;
  /** A clock that only goes forward, in milliseconds. @default `performance.now` */
  readonly now?: () => number;
}

/** Where one run goes, by a route that may be old. */
export interface RoutedStart extends PlacedRun {
  /** Present while the registry does not confirm the route: how old the last confirmation is. */
  readonly stale?: { readonly ageMs: number };
}

/** One mission as a router knows it, for health checks. */
export interface RouterMission {
  readonly mission: string;
  readonly revision: number;
  readonly freshness: Freshness;
  readonly ageMs: number;
}

export interface Router {
  /**
   * Which version a run gets, and why.
   *
   * @throws MissionError `REGISTRY_UNAVAILABLE` when what is known is older than `staleMs`, `REGISTRY_WENT_BACK` when it is that
   *   old because the registry shows an earlier route; `MISSION_UNKNOWN`, `NO_ACTIVE_VERSION`.
   */
  place(mission: string, request: RouteRequest): Promise<RoutedStart>;
  /** The missions that are held. */
  missions(): readonly RouterMission[];
  /** Asks the registry now instead of at the next poll. Never rejects: an event says what went wrong. */
  refresh(): Promise<void>;
  /** Stops following. The registry stays open. */
  close(): Promise<void>;
}

/**
 * Makes a router. Any number of them, in any number of processes, agree: a change reaches each within milliseconds.
 *
 * @throws MissionError `REGISTRY_UNAVAILABLE` when the registry cannot be watched, `MISSION_UNKNOWN` or
 *   `NO_ACTIVE_VERSION` for one of `missions`.
 */
export async function createRouter(options: RouterOptions): Promise<Router> {
  const router = new FollowingRouter(options);
  try {
    await router.open(options.missions ?? []);
    return router;
  } catch (error) {
    await router.close();
    throw error;
  }
}

/** How long one question to the registry may take, in milliseconds. */
const ANSWER_MS = 5_000;
const READS_FOR_ONE_CHANGE = 3;

/** What the registry showed of a mission at a poll. */
interface Shown {
  readonly epoch: number;
  /** 0 without a route. */
  readonly revision: number;
  readonly askedAtMs: number;
}

class FollowingRouter implements Router {
  readonly #registry: Registry;
  readonly #pollMs: number;
  readonly #limits: FreshnessLimits;
  readonly #emit: (event: RouterEvent) => void;
  readonly #now: () => number;
  readonly #held = new Map<string, HeldRoute>();
  readonly #reach: RegistryReach;
  #unwatch: () => Promise<void> = async () => undefined;
  #unobserve: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #isClosed = false;

  constructor({ registry, staleMs = 60_000, pollMs = 2_000, onEvent, now }: RouterOptions) {
    this.#registry = registry;
    this.#pollMs = pollMs;
    this.#limits = { staleMs, silentMs: pollMs + ANSWER_MS };
    this.#emit = onEvent ?? (() => undefined);
    this.#now = now ?? (() => performance.now());
    this.#reach = new RegistryReach({ staleMs, now: this.#now, emit: this.#emit });
  }

  async open(missions: readonly string[]): Promise<void> {
    this.#unwatch = await this.#registry.routes.watch((change) => this.#onChange(change));
    this.#unobserve = observeRouter(this);
    await Promise.all(missions.map((mission) => this.#hold(mission)));
    this.#schedule();
  }

  async place(mission: string, request: RouteRequest): Promise<RoutedStart> {
    const held = await this.#hold(mission);
    // A process that was frozen knows only old things, and the registry may well be there: it is asked first.
    if (held.freshness(this.#now(), this.#limits) === 'expired' && held.failure === undefined) await this.refresh();
    const freshness = held.freshness(this.#now(), this.#limits);
    if (freshness === 'expired' || held.routed === undefined)
      throw held.tooOld(this.#now(), this.#limits, this.#registry.place);
    const placed = placeRun(held.routed, request);
    return freshness === 'stale' ? { ...placed, stale: { ageMs: held.ageMs(this.#now()) } } : placed;
  }

  missions(): RouterMission[] {
    return [...this.#held.values()].flatMap((held) =>
      held.routed === undefined
        ? []
        : [
            {
              mission: held.mission,
              revision: held.routed.table.revision,
              freshness: held.freshness(this.#now(), this.#limits),
              ageMs: held.ageMs(this.#now()),
            },
          ],
    );
  }

  refresh(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
    return this.#polling;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unobserve();
    clearTimeout(this.#timer);
    await this.#unwatch();
    await this.#polling;
    for (const { reading } of this.#held.values()) await reading?.catch(() => undefined);
  }

  /** What is held of a mission, read if it is new. A mission that cannot be read is not held. */
  async #hold(mission: string): Promise<HeldRoute> {
    const held = this.#held.get(mission) ?? new HeldRoute(mission, this.#now());
    this.#held.set(mission, held);
    if (held.routed !== undefined) return held;
    try {
      await this.#read(held);
    } catch (error) {
      if (held.routed === undefined) this.#held.delete(mission);
      throw error;
    }
    return held;
  }

  #read(held: HeldRoute): Promise<void> {
    held.reading ??= this.#readNewest(held).finally(() => {
      held.reading = undefined;
    });
    return held.reading;
  }

  /** Reads again while word of a newer revision came meanwhile. */
  async #readNewest(held: HeldRoute): Promise<void> {
    for (let reads = 0; reads < READS_FOR_ONE_CHANGE; reads += 1) {
      const askedAtMs = this.#now();
      const { epoch, routed } = await within(ANSWER_MS, this.#readOnce(held));
      this.#reach.answered(askedAtMs);
      held.confirm(askedAtMs);
      this.#putInForce(held, routed, epoch);
      if (routed.table.revision >= held.wanted) return;
    }
  }

  /** What is held counts for nothing in another epoch. */
  async #readOnce({ mission, routed, epoch: known }: HeldRoute): Promise<{ epoch: number; routed: RoutedMission }> {
    const epoch = await this.#registry.epochs.current();
    const held = epoch === known ? routed : undefined;
    return { epoch, routed: await readRoutedMission(this.#registry, mission, held) };
  }

  #putInForce(held: HeldRoute, routed: RoutedMission, epoch: number): void {
    const { mission, routed: before } = held;
    const isRestored = before !== undefined && epoch !== held.epoch;
    const { revision } = routed.table;
    held.routed = routed;
    held.epoch = epoch;
    if (isRestored) {
      held.wanted = revision;
      this.#emit({ kind: 'restored', mission, revision, epoch });
    } else if (before !== undefined && before.table.revision < revision) {
      this.#emit({ kind: 'changed', mission, revision, afterMs: this.#now() - held.noticedAtMs });
    }
  }

  /** Brings a held mission up to date; what goes wrong is told, and served stale until it is too old. */
  async #follow(held: HeldRoute): Promise<void> {
    try {
      await this.#read(held);
    } catch (error) {
      this.#fail(held, asError(error));
    }
  }

  #fail(held: HeldRoute, error: Error): void {
    const said = held.failure?.message;
    const { mission } = held;
    held.failure = error;
    if (this.#isClosed || said === error.message) return;
    if (isMissionError(error, 'REGISTRY_WENT_BACK')) {
      const servedForMs = Math.max(this.#limits.staleMs - held.ageMs(this.#now()), 0);
      this.#emit({ kind: 'went-back', mission, error, servedForMs });
    } else this.#emit({ kind: 'unreadable', mission, error });
  }

  #onChange(change: RouteChange): void {
    if (this.#isClosed) return;
    if (change.kind === 'resync') {
      void this.refresh();
      return;
    }
    const held = this.#held.get(change.mission);
    if (held === undefined) return;
    // Word of a revision that is behind us is that of a registry that was restored.
    if (change.revision < (held.routed?.table.revision ?? 0)) void this.refresh();
    else void this.#want(held, change.revision);
  }

  #want(held: HeldRoute, revision: number): Promise<void> {
    if (revision <= held.wanted || revision <= (held.routed?.table.revision ?? 0)) return Promise.resolve();
    held.wanted = revision;
    held.noticedAtMs = this.#now();
    return this.#follow(held);
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.refresh().then(() => this.#schedule()), this.#pollMs);
  }

  async #poll(): Promise<void> {
    const askedAtMs = this.#now();
    try {
      const { routes, epochs } = this.#registry;
      const [heads, epoch] = await within(ANSWER_MS, Promise.all([routes.heads(), epochs.current()]));
      this.#reach.answered(askedAtMs);
      const shown = (mission: string): Shown => ({ epoch, revision: heads.get(mission) ?? 0, askedAtMs });
      await Promise.all([...this.#held.values()].map((held) => this.#compare(held, shown(held.mission))));
    } catch (error) {
      if (!this.#isClosed) this.#fallSilent(asError(error));
    }
  }

  /** A failed reading is tried again even without a newer revision. */
  async #compare(held: HeldRoute, { epoch, revision, askedAtMs }: Shown): Promise<void> {
    if (held.routed === undefined) return;
    const { table } = held.routed;
    if (epoch !== held.epoch) return this.#follow(held);
    if (revision < table.revision) return this.#fail(held, wentBack(table, revision));
    if (revision === table.revision) return held.confirm(askedAtMs);
    if (revision > held.wanted) return this.#want(held, revision);
    return this.#follow(held);
  }

  #fallSilent(error: Error): void {
    for (const held of this.#held.values()) held.failure = error;
    this.#reach.unanswered(error);
  }
}
