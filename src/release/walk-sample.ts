/** Which recordings are replayed once more to count the code that they run: some of every way, whatever order they come in. */
import type { ReplayResult } from '../compare/outcome.ts';
import { pathOf, type WalkedStep } from '../recording/walked-way.ts';
import type { GivenAnswers } from '../replay/live-answers.ts';

/** Each is replayed once more, in one process. */
const WALKS_MAX = 100;

export interface SampledWalk {
  readonly id: string;
  readonly isMatched: boolean;
  /** What its steps were answered anew. */
  readonly given: GivenAnswers | undefined;
}

export class WalkSample {
  readonly #most: number;
  readonly #byPath = new Map<string, SampledWalk[]>();
  #count = 0;

  constructor(most = WALKS_MAX) {
    this.#most = most;
  }

  /** A recording and the candidate's way. Code that failed may hang, and is not run again. */
  add(result: ReplayResult, way: readonly WalkedStep[]): void {
    if (result.outcome === 'failed') return;
    this.#count += 1;
    // What came out otherwise by the same way is a way of its own: what changed must not be missing.
    const path = `${result.outcome} ${pathOf(way)}`;
    const walks = this.#byPath.get(path) ?? [];
    const last = walks.at(this.#most - 1);
    if (last !== undefined && last.id < result.recording.id) return;
    const walk = { id: result.recording.id, isMatched: result.outcome === 'matched', given: givenOf(result) };
    this.#byPath.set(path, firstById([...walks, walk], this.#most));
  }

  /** Those that could be walked. */
  get count(): number {
    return this.#count;
  }

  /** By id: of each way the first recording, then of each the second, as far as there is room. */
  walks(): readonly SampledWalk[] {
    const ways = [...this.#byPath].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, walks]) => walks);
    const longest = Math.max(0, ...ways.map((walks) => walks.length));
    const turns = Array.from({ length: longest }, (_, turn) => ways.flatMap((walks) => walks.slice(turn, turn + 1)));
    return firstById(turns.flat().slice(0, this.#most), this.#most);
  }
}

function firstById(walks: readonly SampledWalk[], most: number): SampledWalk[] {
  return walks.toSorted((one, other) => (one.id < other.id ? -1 : 1)).slice(0, most);
}

/**
 * Nothing is asked twice: live answers are taken from the replay that was counted. Of a result too large to be kept whole there are
 * none, and its walk ends where one would be needed.
 */
function givenOf(result: ReplayResult): GivenAnswers | undefined {
  if ('cut' in result) return undefined;
  const { steps } = result;
  const live = steps.filter(({ evidence, status }) => evidence === 'live' && status !== 'open');
  if (live.length === 0) return undefined;
  return new Map(
    live.map(({ id, result, failure }) => [
      id,
      failure === undefined ? { result } : { failure: { message: failure, type: '' } },
    ]),
  );
}
