/**
 * A router: answers from memory which version a new run gets, and follows the registry.
 *
 * It owns what is known and how old it is; which version follows from it is `resolve-route.ts`'s business, and starting
 * the run is its caller's.
 *
 * Invariants
 * 1. A mission that is held costs no question to the registry.
 * 2. A revision is in force as a whole or not at all: table and targets change in one assignment, and never backwards.
 * 3. Word of a change, a connection that came back, and the poll all lead to the same reading, so a lost notification
 *    costs at most one poll.
 * 4. When the registry does not answer, what is known is served for `staleMs` at most, marked as stale; then nothing is.
 */
import type { Registry } from '../registry/registry.ts';
import type { RouteChange } from '../registry/routes.ts';
import { formatDuration } from '../shared/duration.ts';
import { MissionError } from '../shared/errors.ts';
import { type Freshness, type FreshnessLimits, freshnessOf } from './freshness.ts';
import type { RouteRequest } from './resolve-route.ts';
import { type PlacedRun, placeRun, type RoutedMission, readRoutedMission } from './routed-mission.ts';
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
   * @throws MissionError `REGISTRY_UNAVAILABLE` when what is known is older than `staleMs`; `MISSION_UNKNOWN`,
   *   `NO_ACTIVE_VERSION`.
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
  confirmedAtMs: number;
  failure: Error | undefined;
  /** The newest revision that there was word of, and when the word came. */
  wanted: number;
  noticedAtMs: number;
  reading: Promise<void> | undefined;
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
      const before = entry.routed;
      const routed = await within(ANSWER_MS, readRoutedMission(this.#registry, entry.mission, before));
      entry.routed = routed;
      this.#answered(askedAtMs);
      this.#confirm(entry, askedAtMs);
      const { revision } = routed.table;
      if (before !== undefined && before.table.revision < revision) {
        const afterMs = this.#now() - entry.noticedAtMs;
        this.#emit({ kind: 'changed', mission: entry.mission, revision, afterMs });
      }
      if (revision >= entry.wanted) return;
    }
  }

  /** Brings a held mission up to date; what goes wrong is told, and served stale until it is too old. */
  async #follow(entry: Entry): Promise<void> {
    try {
      await this.#read(entry);
    } catch (error) {
      const said = entry.failure?.message;
      entry.failure = asError(error);
      if (this.#isClosed || said === entry.failure.message) return;
      this.#emit({ kind: 'unreadable', mission: entry.mission, error: entry.failure });
    }
  }

  #onChange(change: RouteChange): void {
    if (this.#isClosed) return;
    if (change.kind === 'resync') {
      void this.refresh();
      return;
    }
    const entry = this.#entries.get(change.mission);
    if (entry !== undefined) void this.#want(entry, change.revision);
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
      const heads = await within(ANSWER_MS, this.#registry.routes.heads());
      this.#answered(askedAtMs);
      await Promise.all([...this.#entries.values()].map((entry) => this.#compare(entry, heads, askedAtMs)));
    } catch (error) {
      if (!this.#isClosed) this.#unanswered(asError(error));
    }
  }

  /** A failed reading is tried again even without a newer revision. */
  async #compare(entry: Entry, heads: ReadonlyMap<string, number>, askedAtMs: number): Promise<void> {
    if (entry.routed === undefined) return;
    const head = heads.get(entry.mission) ?? 0;
    if (head <= entry.routed.table.revision) return this.#confirm(entry, askedAtMs);
    if (head > entry.wanted) return this.#want(entry, head);
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
