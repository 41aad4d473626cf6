/**
 * Which characters of a bundle ran in which recordings, as V8 counted it. Pure.
 *
 * Invariants
 * 1. A character belongs to the innermost function that is known around it. Functions that never ran are told once, so it is asked for
 *    after the last recording only.
 * 2. What is in no function ran wherever the bundle was loaded.
 */
import type { CodeRange, WalkedFunction } from './code-coverage.ts';

export class WalkedCode {
  readonly #known = new Map<string, CodeRange>();
  readonly #walks = new Map<string, ReadonlyMap<string, readonly CodeRange[]>>();

  /** One recording. */
  add(id: string, functions: readonly WalkedFunction[]): void {
    const ran = new Map<string, readonly CodeRange[]>();
    for (const one of functions) {
      this.#known.set(keyOf(one), { start: one.start, end: one.end });
      if (one.isRun) ran.set(keyOf(one), one.skipped);
    }
    this.#walks.set(id, ran);
  }

  get recordings(): number {
    return this.#walks.size;
  }

  /** The recordings in which one of these characters ran. */
  ranIn(characters: readonly number[]): ReadonlySet<string> {
    const asked = characters.map((at) => ({ at, inside: this.#functionAt(at) }));
    return this.#those((ran) =>
      asked.some(({ at, inside }) => {
        if (inside === undefined) return true;
        const skipped = ran.get(keyOf(inside));
        return skipped !== undefined && !skipped.some((range) => holds(range, at));
      }),
    );
  }

  /** The recordings in which a function within these characters ran. */
  ranWithin({ start, end }: CodeRange): ReadonlySet<string> {
    const within = [...this.#known].filter(([, one]) => start <= one.start && one.end <= end).map(([key]) => key);
    return this.#those((ran) => within.some((key) => ran.has(key)));
  }

  #those(isOne: (ran: ReadonlyMap<string, readonly CodeRange[]>) => boolean): ReadonlySet<string> {
    return new Set([...this.#walks].filter(([, ran]) => isOne(ran)).map(([id]) => id));
  }

  #functionAt(at: number): CodeRange | undefined {
    let innermost: CodeRange | undefined;
    for (const one of this.#known.values()) {
      if (!holds(one, at)) continue;
      if (innermost === undefined || one.end - one.start < innermost.end - innermost.start) innermost = one;
    }
    return innermost;
  }
}

function keyOf({ start, end }: CodeRange): string {
  return `${start}-${end}`;
}

function holds({ start, end }: CodeRange, at: number): boolean {
  return start <= at && at < end;
}
