import type { ReplayEvent } from './thread-protocol.ts';

interface Held {
  readonly key: string;
  readonly event: ReplayEvent;
  readonly content: Uint8Array;
}

/**
 * Chooses which recordings get a second opinion: those with the smallest digests, which is a fair sample that does not
 * depend on the order in which results arrive. Holds no more than it chose.
 */
export class SampledOpinions {
  readonly #size: number;
  #held: Held[] = [];

  constructor(size: number | 'all') {
    this.#size = size === 'all' ? Number.POSITIVE_INFINITY : size;
  }

  /** Takes a result; gives back what is not in the sample (any more) and can be passed on. */
  offer(event: ReplayEvent, content: Uint8Array): readonly ReplayEvent[] {
    if (this.#size === 0 || event.kind === 'excluded') return [event];
    const { digest, id } = event.result.recording;
    this.#held.push({ key: `${digest} ${id}`, event, content });
    if (this.#held.length <= this.#size) return [];
    this.#held.sort((left, right) => (left.key < right.key ? -1 : 1));
    return this.#held.splice(this.#size).map((held) => held.event);
  }

  /** The sample, to be asked about and passed on. */
  take(): readonly Held[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}
