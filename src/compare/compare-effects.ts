/** Comparing what two runs do to the world: their writes, in order. Step ids do not count; kinds, tools and requests do. */
import type { Json } from '../shared/json.ts';
import { alignByContent } from './align.ts';
import { type CompareRules, NO_RULES } from './compare-rules.ts';
import { DIFF_LIMITS, diffJson } from './diff-json.ts';
import type { Difference } from './difference.ts';
import type { Effect } from './outcome.ts';

/**
 * The differences of two lists of writes. A dropped write is one `removed` at `/<n>` of the baseline's list, an
 * additional one is `added`, a reordered one `moved`, and another request of the same tool points into the request:
 * `/0/request/amount`.
 *
 * @param rulesOf the compare rules of a tool's input schema; what is no tool has none.
 */
export function compareEffects(
  baseline: readonly Effect[],
  candidate: readonly Effect[],
  rulesOf: (effect: Effect) => CompareRules = () => NO_RULES,
): Difference[] {
  const before = (index: number) => baseline[index] as Effect;
  const after = (index: number) => candidate[index] as Effect;
  const sameTool = (b: number, c: number) => before(b).tool === after(c).tool && before(b).kind === after(c).kind;
  const requestDifferences = (b: number, c: number) =>
    diffJson(before(b).request, after(c).request, rulesOf(before(b)));
  const alignment = alignByContent({
    baselineLength: baseline.length,
    candidateLength: candidate.length,
    equal: (b, c) => sameTool(b, c) && requestDifferences(b, c).length === 0,
    canPair: sameTool,
    maySpend: (cells) => cells <= DIFF_LIMITS.maxCells,
  });
  if (alignment === undefined) {
    const [from, to] = [baseline.map(effectAsJson), candidate.map(effectAsJson)];
    return [{ pointer: '', kind: 'changed', baseline: from, candidate: to, coarse: true }];
  }
  const found: [number, Difference][] = [
    ...alignment.added.map((c): [number, Difference] => [c, addedAt(c, after(c))]),
    ...alignment.moved.map(([b, c]): [number, Difference] => [c, movedTo(b, c, after(c))]),
    ...alignment.pairs.flatMap(([b, c]) =>
      requestDifferences(b, c).map((one): [number, Difference] => [c, inRequest(one, b, c)]),
    ),
  ];
  return [
    ...alignment.removed.map((b) => removedAt(b, before(b))),
    ...found.sort(([a], [b]) => a - b).map(([, difference]) => difference),
  ];
}

function removedAt(index: number, effect: Effect): Difference {
  return { pointer: `/${index}`, kind: 'removed', baseline: effectAsJson(effect) };
}

function addedAt(index: number, effect: Effect): Difference {
  return { pointer: `/${index}`, kind: 'added', candidate: effectAsJson(effect) };
}

function movedTo(from: number, to: number, effect: Effect): Difference {
  return { pointer: `/${to}`, kind: 'moved', from: `/${from}`, candidate: effectAsJson(effect) };
}

function inRequest(difference: Difference, baseline: number, candidate: number): Difference {
  const index = difference.kind === 'removed' ? baseline : candidate;
  const { from } = difference;
  return {
    ...difference,
    pointer: `/${index}/request${difference.pointer}`,
    ...(from !== undefined && { from: `/${baseline}/request${from}` }),
  };
}

function effectAsJson(effect: Effect): Json {
  const { step, kind, tool, request } = effect;
  return { step, ...(kind !== undefined && { kind }), tool, request };
}
