/** Seeded pseudo-random numbers: the same seed gives the same sequence everywhere. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** One of the items, evenly. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** Whether something happens that happens with this probability. */
  chance(probability: number): boolean;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
}

/** Mulberry32, seeded with the FNV-1a hash of a text. */
export function randomFrom(seed: string): Random {
  let state = 2_166_136_261;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) as number), 16_777_619);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
    chance: (probability) => next() < probability,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
  };
}
