import type { ReplayResult } from '../compare/outcome.ts';

interface Held<Item> {
  readonly key: string;
  readonly item: Item;
}

/**
 * Chooses which recordings get a second opinion: those with the smallest digests, which is a fair sample that does not
 * depend on the order in which results arrive. Holds no more than it chose.
 */
export class SampledOpinions<Item> {
  readonly #size: number;
  #held: Held<Item>[] = [];

  constructor(size: number | 'all') {
    this.#size = size === 'all' ? Number.POSITIVE_INFINITY : size;
  }

  /**
   * Takes a result; gives back what is not in the sample (any more) and can be passed on. Whatever took a process with it would
   * take the one who is asked, and is not asked about.
   *
   * @param result - `undefined` of what was not replayed
   */
  offer(item: Item, result: ReplayResult | undefined): readonly Item[] {
    if (this.#size === 0 || result === undefined || result.failure?.isFatal) return [item];
    const { recording } = result;
    this.#held.push({ key: `${recording.digest} ${recording.id}`, item });
    if (this.#held.length <= this.#size) return [];
    this.#held.sort((left, right) => (left.key < right.key ? -1 : 1));
    return this.#held.splice(this.#size).map((held) => held.item);
  }

  /** The sample, to be asked about and passed on. */
  take(): readonly Item[] {
    const held = this.#held;
    this.#held = [];
    return held.map(({ item }) => item);
  }
}
