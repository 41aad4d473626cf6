import type { ReplayResult } from '../compare/outcome.ts';
import type { ReplaySource } from '../replay/replay-cohort.ts';

/**
 * Runs that are looked at again after they were replayed, with their histories: of those that are chosen the first so many by id, in
 * whatever order they come. They are kept until the end.
 */
export class KeptRuns<Kept> {
  readonly #most: number;
  readonly #choose: (source: ReplaySource, result: ReplayResult) => Kept | undefined;
  readonly #read = new Map<string, ReplaySource>();
  readonly #kept = new Map<string, Kept>();

  /** @param choose what is kept of a run; nothing where it is not looked at again */
  constructor(most: number, choose: (source: ReplaySource, result: ReplayResult) => Kept | undefined) {
    this.#most = most;
    this.#choose = choose;
  }

  /** Before it is replayed. */
  read(source: ReplaySource): void {
    this.#read.set(source.summary.id, source);
  }

  /** Its result, or that it has none. */
  done(id: string, result?: ReplayResult): void {
    const source = this.#read.get(id);
    this.#read.delete(id);
    const kept = source && result && this.#choose(source, result);
    if (kept === undefined) return;
    this.#kept.set(id, kept);
    if (this.#kept.size > this.#most) this.#kept.delete(lastOf(this.#kept.keys()));
  }

  /** By id, in the order of the ids. */
  get runs(): ReadonlyMap<string, Kept> {
    return new Map([...this.#kept].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

function lastOf(ids: Iterable<string>): string {
  let last = '';
  for (const id of ids) if (id > last) last = id;
  return last;
}
