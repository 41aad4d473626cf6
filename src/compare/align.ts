/**
 * Which item of one sequence stands for which item of another.
 *
 * Invariants:
 * 1. `pairs` ascends in both sequences; every index of both sequences is in exactly one of the four lists.
 * 2. Deterministic: of several shortest ways, the one that keeps earlier baseline items is taken.
 * 3. Linear where the sequences agree: only what stands between the first and the last difference is searched.
 */

export interface Alignment {
  /** [baseline, candidate]: the same item, possibly changed, in the same order. */
  readonly pairs: readonly (readonly [number, number])[];
  /** [baseline, candidate]: the same item in another place. */
  readonly moved: readonly (readonly [number, number])[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

export interface AlignInput {
  readonly baselineLength: number;
  readonly candidateLength: number;
  readonly equal: (baseline: number, candidate: number) => boolean;
  /** Whether two items that are not equal may be one item that changed. */
  readonly canPair: (baseline: number, candidate: number) => boolean;
  /** Asked once with the number of cells that have to be searched. */
  readonly maySpend: (cells: number) => boolean;
}

/** Longest common subsequence, then moves among the rest, then changes within each gap. `undefined`: too large. */
export function alignByContent(input: AlignInput): Alignment | undefined {
  const { baselineLength, candidateLength, equal } = input;
  const shorter = Math.min(baselineLength, candidateLength);
  let head = 0;
  while (head < shorter && equal(head, head)) head += 1;
  let tail = 0;
  while (tail < shorter - head && equal(baselineLength - 1 - tail, candidateLength - 1 - tail)) tail += 1;

  const rows = baselineLength - head - tail;
  const columns = candidateLength - head - tail;
  if (rows * columns > 0 && !input.maySpend(rows * columns)) return undefined;
  const cells = equalCells(rows, columns, (row, column) => equal(head + row, head + column));
  const anchors = longestCommon(cells, rows, columns).map(([row, column]) => [head + row, head + column] as const);
  const isEqual = (b: number, c: number) => cells[(b - head) * columns + (c - head)] === 1;

  const pairs = [
    ...Array.from({ length: head }, (_, index) => [index, index] as const),
    ...anchors,
    ...Array.from({ length: tail }, (_, i) => [baselineLength - tail + i, candidateLength - tail + i] as const),
  ];
  return settleRest(pairs, input, isEqual);
}

/** By identity: the longest run of common items that kept their order are pairs, the other common ones have moved. */
export function alignByKey(baseline: readonly string[], candidate: readonly string[]): Alignment {
  const place = new Map(candidate.map((key, index) => [key, index]));
  const common = baseline.flatMap((key, index) => {
    const found = place.get(key);
    return found === undefined ? [] : [[index, found] as const];
  });
  const kept = new Set(longestAscending(common.map(([, to]) => to)));
  const known = new Set(baseline);
  return {
    pairs: common.filter((_, index) => kept.has(index)),
    moved: common.filter((_, index) => !kept.has(index)),
    removed: baseline.flatMap((key, index) => (place.has(key) ? [] : [index])),
    added: candidate.flatMap((key, index) => (known.has(key) ? [] : [index])),
  };
}

/** As many disjoint equal pairs as there can be, whatever the order (Kuhn's augmenting paths). */
export function matchUnordered(rows: number, columns: number, equal: (b: number, c: number) => boolean): Alignment {
  const rowOf = Array.from({ length: columns }, () => -1);
  const cells = equalCells(rows, columns, equal);
  const claim = (row: number, tried: Set<number>): boolean => {
    for (let column = 0; column < columns; column += 1) {
      if (cells[row * columns + column] !== 1 || tried.has(column)) continue;
      tried.add(column);
      const holder = rowOf[column] ?? -1;
      if (holder === -1 || claim(holder, tried)) {
        rowOf[column] = row;
        return true;
      }
    }
    return false;
  };
  const removed = Array.from({ length: rows }, (_, row) => row).filter((row) => !claim(row, new Set()));
  const added = rowOf.flatMap((row, column) => (row === -1 ? [column] : []));
  return { pairs: [], moved: [], removed, added };
}

function equalCells(rows: number, columns: number, equal: (row: number, column: number) => boolean): Uint8Array {
  const cells = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) cells[row * columns + column] = equal(row, column) ? 1 : 0;
  }
  return cells;
}

function longestCommon(cells: Uint8Array, rows: number, columns: number): [number, number][] {
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        cells[row * columns + column] === 1
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const anchors: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    if (cells[row * columns + column] === 1) anchors.push([row++, column++]);
    else if (at(row, column + 1) >= at(row + 1, column)) column += 1;
    else row += 1;
  }
  return anchors;
}

/** Moves and changes among the items that have no partner yet. */
function settleRest(
  anchors: readonly (readonly [number, number])[],
  input: AlignInput,
  isEqual: (b: number, c: number) => boolean,
): Alignment {
  const usedBaseline = new Set(anchors.map(([b]) => b));
  const usedCandidate = new Set(anchors.map(([, c]) => c));
  const moved: [number, number][] = [];
  const free = unused(input.candidateLength, usedCandidate);
  for (const b of free.length === 0 ? [] : unused(input.baselineLength, usedBaseline)) {
    const place = free.findIndex((c) => isEqual(b, c));
    if (place === -1) continue;
    const c = free.splice(place, 1)[0] as number;
    moved.push([b, c]);
    usedBaseline.add(b);
    usedCandidate.add(c);
  }
  const pairs: (readonly [number, number])[] = [];
  let from: readonly [number, number] = [-1, -1];
  for (const anchor of [...anchors, [input.baselineLength, input.candidateLength] as const]) {
    const changed = pairGap(from, anchor, input, usedBaseline, usedCandidate);
    pairs.push(...changed);
    if (anchor[0] < input.baselineLength) pairs.push(anchor);
    from = anchor;
  }
  for (const [b, c] of pairs) {
    usedBaseline.add(b);
    usedCandidate.add(c);
  }
  return {
    pairs,
    moved,
    removed: unused(input.baselineLength, usedBaseline),
    added: unused(input.candidateLength, usedCandidate),
  };
}

/** Pairs the items between two anchors in order, as far as both sides have one that may pair. */
function pairGap(
  from: readonly [number, number],
  to: readonly [number, number],
  input: AlignInput,
  usedBaseline: ReadonlySet<number>,
  usedCandidate: ReadonlySet<number>,
): [number, number][] {
  const free = range(from[1] + 1, to[1]).filter((c) => !usedCandidate.has(c));
  const pairs: [number, number][] = [];
  let next = 0;
  for (const b of range(from[0] + 1, to[0]).filter((index) => !usedBaseline.has(index))) {
    const found = free.findIndex((c, index) => index >= next && input.canPair(b, c));
    if (found === -1) continue;
    pairs.push([b, free[found] as number]);
    next = found + 1;
  }
  return pairs;
}

function unused(length: number, used: ReadonlySet<number>): number[] {
  return range(0, length).filter((index) => !used.has(index));
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

/** Positions of a longest strictly ascending subsequence (patience sorting, n log n). */
function longestAscending(values: readonly number[]): number[] {
  const tops: number[] = [];
  const before: number[] = [];
  values.forEach((value, index) => {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tops[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (tops[low - 1] as number) : -1;
    tops[low] = index;
  });
  const chosen: number[] = [];
  for (let index = tops.at(-1) ?? -1; index !== -1; index = before[index] ?? -1) chosen.push(index);
  return chosen.reverse();
}
