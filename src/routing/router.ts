/**
 * A router: answers from memory which version a new run gets, and follows the registry.
 *
 * It owns what is known and how old it is; which version follows from it is `resolve-route.ts`'s business, and starting
 * the run is its caller's.
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
import { formatDuration } from '../shared/duration.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';
import { type Freshness, type FreshnessLimits, freshnessOf } from './freshness.ts';
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

interface Entry {
  readonly mission: string;
  /** Absent until the first reading is through. */
  routed: RoutedMission | undefined;
  /** The epoch of the registry that it was read in. */
  epoch: number;
  confirmedAtMs: number;
  failure: Error | undefined;
  /** The newest revision that there was word of, and when the word came. */
  wanted: number;
  noticedAtMs: number;
  reading: Promise<void> | undefined;
}

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
  readonly #entries = new Map<string, Entry>();
  #unwatch: () => Promise<void> = async () => undefined;
  #unobserve: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #reach: 'answers' | 'silent' | 'expired' = 'answers';
  #answeredAtMs: number;
  #isClosed = false;

  constructor({ registry, staleMs = 60_000, pollMs = 2_000, onEvent, now }: RouterOptions) {
    this.#registry = registry;
    this.#pollMs = pollMs;
    this.#limits = { staleMs, silentMs: pollMs + ANSWER_MS };
    this.#emit = onEvent ?? (() => undefined);
    this.#now = now ?? (() => performance.now());
    this.#answeredAtMs = this.#now();
  }

  async open(missions: readonly string[]): Promise<void> {
    this.#unwatch = await this.#registry.routes.watch((change) => this.#onChange(change));
    this.#unobserve = observeRouter(this);
    await Promise.all(missions.map((mission) => this.#hold(mission)));
    this.#schedule();
  }

  async place(mission: string, request: RouteRequest): Promise<RoutedStart> {
    const entry = await this.#hold(mission);
    // A process that was frozen knows only old things, and the registry may well be there: it is asked first.
    if (this.#freshness(entry) === 'expired' && entry.failure === undefined) await this.refresh();
    const freshness = this.#freshness(entry);
    if (freshness === 'expired' || entry.routed === undefined) throw this.#tooOld(entry);
    const placed = placeRun(entry.routed, request);
    return freshness === 'stale' ? { ...placed, stale: { ageMs: this.#ageMs(entry) } } : placed;
  }

  missions(): RouterMission[] {
    return [...this.#entries.values()].flatMap((entry) =>
      entry.routed === undefined
        ? []
        : [
            {
              mission: entry.mission,
              revision: entry.routed.table.revision,
              freshness: this.#freshness(entry),
              ageMs: this.#ageMs(entry),
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
    for (const { reading } of this.#entries.values()) await reading?.catch(() => undefined);
  }

  /** The entry of a mission, read if it is new. A mission that cannot be read is not held. */
  async #hold(mission: string): Promise<Entry> {
    const entry = this.#entries.get(mission) ?? this.#newEntry(mission);
    if (entry.routed !== undefined) return entry;
    try {
      await this.#read(entry);
    } catch (error) {
      if (entry.routed === undefined) this.#entries.delete(mission);
      throw error;
    }
    return entry;
  }

  #newEntry(mission: string): Entry {
    const entry: Entry = {
      mission,
      routed: undefined,
      epoch: 0,
      confirmedAtMs: this.#now(),
      failure: undefined,
      wanted: 0,
      noticedAtMs: this.#now(),
      reading: undefined,
    };
    this.#entries.set(mission, entry);
    return entry;
  }

  #read(entry: Entry): Promise<void> {
    entry.reading ??= this.#readNewest(entry).finally(() => {
      entry.reading = undefined;
    });
    return entry.reading;
  }

  /** Reads again while word of a newer revision came meanwhile. */
  async #readNewest(entry: Entry): Promise<void> {
    for (let reads = 0; reads < READS_FOR_ONE_CHANGE; reads += 1) {
      const askedAtMs = this.#now();
      const { epoch, routed } = await within(ANSWER_MS, this.#readOnce(entry));
      this.#answered(askedAtMs);
      this.#confirm(entry, askedAtMs);
      this.#putInForce(entry, routed, epoch);
      if (routed.table.revision >= entry.wanted) return;
    }
  }

  /** What is held counts for nothing in another epoch. */
  async #readOnce({ mission, routed, epoch: known }: Entry): Promise<{ epoch: number; routed: RoutedMission }> {
    const epoch = await this.#registry.epochs.current();
    const held = epoch === known ? routed : undefined;
    return { epoch, routed: await readRoutedMission(this.#registry, mission, held) };
  }

  #putInForce(entry: Entry, routed: RoutedMission, epoch: number): void {
    const { mission, routed: before } = entry;
    const isRestored = before !== undefined && epoch !== entry.epoch;
    const { revision } = routed.table;
    entry.routed = routed;
    entry.epoch = epoch;
    if (isRestored) {
      entry.wanted = revision;
      this.#emit({ kind: 'restored', mission, revision, epoch });
    } else if (before !== undefined && before.table.revision < revision) {
      this.#emit({ kind: 'changed', mission, revision, afterMs: this.#now() - entry.noticedAtMs });
    }
  }

  /** Brings a held mission up to date; what goes wrong is told, and served stale until it is too old. */
  async #follow(entry: Entry): Promise<void> {
    try {
      await this.#read(entry);
    } catch (error) {
      this.#fail(entry, asError(error));
    }
  }

  #fail(entry: Entry, error: Error): void {
    const said = entry.failure?.message;
    const { mission } = entry;
    entry.failure = error;
    if (this.#isClosed || said === error.message) return;
    if (isMissionError(error, 'REGISTRY_WENT_BACK')) {
      const servedForMs = Math.max(this.#limits.staleMs - this.#ageMs(entry), 0);
      this.#emit({ kind: 'went-back', mission, error, servedForMs });
    } else this.#emit({ kind: 'unreadable', mission, error });
  }

  #onChange(change: RouteChange): void {
    if (this.#isClosed) return;
    if (change.kind === 'resync') {
      void this.refresh();
      return;
    }
    const entry = this.#entries.get(change.mission);
    if (entry === undefined) return;
    // Word of a revision that is behind us is that of a registry that was restored.
    if (change.revision < (entry.routed?.table.revision ?? 0)) void this.refresh();
    else void this.#want(entry, change.revision);
  }

  #want(entry: Entry, revision: number): Promise<void> {
    if (revision <= entry.wanted || revision <= (entry.routed?.table.revision ?? 0)) return Promise.resolve();
    entry.wanted = revision;
    entry.noticedAtMs = this.#now();
    return this.#follow(entry);
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
      this.#answered(askedAtMs);
      const shown = (mission: string): Shown => ({ epoch, revision: heads.get(mission) ?? 0, askedAtMs });
      await Promise.all([...this.#entries.values()].map((entry) => this.#compare(entry, shown(entry.mission))));
    } catch (error) {
      if (!this.#isClosed) this.#unanswered(asError(error));
    }
  }

  /** A failed reading is tried again even without a newer revision. */
  async #compare(entry: Entry, { epoch, revision, askedAtMs }: Shown): Promise<void> {
    if (entry.routed === undefined) return;
    const { table } = entry.routed;
    if (epoch !== entry.epoch) return this.#follow(entry);
    if (revision < table.revision) return this.#fail(entry, wentBack(table, revision));
    if (revision === table.revision) return this.#confirm(entry, askedAtMs);
    if (revision > entry.wanted) return this.#want(entry, revision);
    return this.#follow(entry);
  }

  #confirm(entry: Entry, askedAtMs: number): void {
    entry.confirmedAtMs = Math.max(entry.confirmedAtMs, askedAtMs);
    entry.failure = undefined;
  }

  #answered(askedAtMs: number): void {
    if (this.#reach !== 'answers') this.#emit({ kind: 'fresh', ageMs: this.#now() - this.#answeredAtMs });
    this.#reach = 'answers';
    this.#answeredAtMs = Math.max(this.#answeredAtMs, askedAtMs);
  }

  #unanswered(error: Error): void {
    for (const entry of this.#entries.values()) entry.failure = error;
    const ageMs = this.#now() - this.#answeredAtMs;
    const servedForMs = this.#limits.staleMs - ageMs;
    if (this.#reach === 'answers') {
      this.#reach = 'silent';
      this.#emit({ kind: 'stale', servedForMs: Math.max(servedForMs, 0), error });
    }
    if (this.#reach === 'silent' && servedForMs < 0) {
      this.#reach = 'expired';
      this.#emit({ kind: 'expired', ageMs });
    }
  }

  #ageMs({ confirmedAtMs }: Entry): number {
    return this.#now() - confirmedAtMs;
  }

  #freshness({ confirmedAtMs, failure }: Entry): Freshness {
    return freshnessOf({ confirmedAtMs, failed: failure !== undefined }, this.#now(), this.#limits);
  }

  #tooOld(entry: Entry): MissionError {
    if (isMissionError(entry.failure, 'REGISTRY_WENT_BACK')) return entry.failure;
    const ageMs = this.#ageMs(entry);
    return new MissionError(
      'REGISTRY_UNAVAILABLE',
      `The route of ${entry.mission} was last confirmed ${formatDuration(ageMs)} ago, and may be served for ${formatDuration(this.#limits.staleMs)} without the registry at ${this.#registry.place}.`,
      {
        remedy: 'Nothing was started. Bring the registry back; starts go on by themselves as soon as it answers.',
        details: {
          mission: entry.mission,
          revision: entry.routed?.table.revision ?? null,
          ageMs: Math.round(ageMs),
          staleMs: this.#limits.staleMs,
          place: this.#registry.place,
        },
        cause: entry.failure,
      },
    );
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
