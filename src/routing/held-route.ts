/** What a router knows of one mission, and since when the registry has not confirmed it. */
import { formatDuration } from '../shared/duration.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';
import { type Freshness, type FreshnessLimits, freshnessOf } from './freshness.ts';
import type { RoutedMission } from './routed-mission.ts';

export class HeldRoute {
  readonly mission: string;
  /** Absent until the first reading is through. */
  routed: RoutedMission | undefined;
  /** The epoch of the registry that it was read in. */
  epoch = 0;
  /** Why it is not confirmed any more. */
  failure: Error | undefined;
  /** The newest revision that there was word of, and when the word came. */
  wanted = 0;
  noticedAtMs: number;
  /** The reading that is under way. */
  reading: Promise<void> | undefined;
  #confirmedAtMs: number;

  constructor(mission: string, nowMs: number) {
    this.mission = mission;
    this.noticedAtMs = nowMs;
    this.#confirmedAtMs = nowMs;
  }

  /** @param askedAtMs - when the registry was asked that says so: it was true then */
  confirm(askedAtMs: number): void {
    this.#confirmedAtMs = Math.max(this.#confirmedAtMs, askedAtMs);
    this.failure = undefined;
  }

  ageMs(nowMs: number): number {
    return nowMs - this.#confirmedAtMs;
  }

  freshness(nowMs: number, limits: FreshnessLimits): Freshness {
    return freshnessOf({ confirmedAtMs: this.#confirmedAtMs, failed: this.failure !== undefined }, nowMs, limits);
  }

  /**
   * Why nothing is started by it any more.
   *
   * @param place - of the registry
   */
  tooOld(nowMs: number, { staleMs }: FreshnessLimits, place: string): MissionError {
    const { mission, failure, routed } = this;
    if (isMissionError(failure, 'REGISTRY_WENT_BACK')) return failure;
    const ageMs = this.ageMs(nowMs);
    return new MissionError(
      'REGISTRY_UNAVAILABLE',
      `The route of ${mission} was last confirmed ${formatDuration(ageMs)} ago, and may be served for ${formatDuration(staleMs)} without the registry at ${place}.`,
      {
        remedy: 'Nothing was started. Bring the registry back; starts go on by themselves as soon as it answers.',
        details: { mission, revision: routed?.table.revision ?? null, ageMs: Math.round(ageMs), staleMs, place },
        cause: failure,
      },
    );
  }
}
