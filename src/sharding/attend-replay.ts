/** The coordinator's side of the lease: saying that it is there, and looking how far the shards are, while the registry may be away. */
import type { Replays, ShardState } from '../registry/replays.ts';
import { ERROR_CODES, isMissionError, MissionError } from '../shared/errors.ts';
import { type Repetition, repeatedly } from './repeatedly.ts';

/** Says again and again that somebody waits for the shards. What is not said in time runs out, and shows in the states. */
export function attendReplay(replays: Replays, replay: string, leaseMs: number): Repetition {
  return repeatedly(leaseMs / 6, 'later', () => replays.attend(replay, leaseMs));
}

export class ShardWatch {
  readonly #replays: Replays;
  readonly #replay: string;
  readonly #patienceMs: number;
  #seenAt = Date.now();

  /** @param patienceMs - for how long the registry may be away */
  constructor(replays: Replays, replay: string, patienceMs: number) {
    this.#replays = replays;
    this.#replay = replay;
    this.#patienceMs = patienceMs;
  }

  /**
   * How far the shards are; `undefined` while the registry cannot be asked.
   *
   * @throws MissionError `REPLAY_FAILED` when the replay was removed; `REGISTRY_*` when the registry is away for too long.
   */
  async look(): Promise<readonly ShardState[] | undefined> {
    try {
      const states = await this.#replays.states(this.#replay);
      if (states.length === 0) throw givenUp(this.#patienceMs);
      this.#seenAt = Date.now();
      return states;
    } catch (error) {
      const mayPass = isMissionError(error) && error.code !== 'REPLAY_FAILED' && ERROR_CODES[error.code].retryable;
      if (!mayPass || Date.now() - this.#seenAt > this.#patienceMs) throw error;
      return undefined;
    }
  }
}

function givenUp(leaseMs: number): MissionError {
  return new MissionError(
    'REPLAY_FAILED',
    `The replay was given up: for ${leaseMs / 1_000} s this process did not say that it waits for it.`,
    { remedy: 'Was the machine asleep, or the registry away? Replay again.' },
  );
}
