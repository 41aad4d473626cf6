/** Declared changes are let through where and as they were declared, and are missed where they did not come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEffects } from '../../src/compare/compare-effects.ts';
import { compareEnds } from '../../src/compare/compare-ends.ts';
import { parseIntendedChanges } from '../../src/compare/intended-change.ts';
import { createIntendedCounter } from '../../src/compare/intended-tally.ts';
import { declaredForInput, judgeIntended } from '../../src/compare/judge-intended.ts';
import type { Effect, ReplayResult } from '../../src/compare/outcome.ts';
import type { RunEnd } from '../../src/recording/trace.ts';
import type { Json } from '../../src/shared/json.ts';
import { sampleResult } from '../support/sample-report.ts';

const declared = parseIntendedChanges(
  [
    {
      name: 'sale-is-final',
      reason: 'the spring promotion',
      owner: 'ada',
      when: [{ pointer: '/onSale', oneOf: [true] }],
      was: [{ pointer: '/approve', oneOf: [true] }],
      becomes: [{ pointer: '/approve', oneOf: [false] }],
      mayChange: ['/reason'],
      writes: ['issueRefund'],
    },
  ],
  'intended.json',
);

const completed = (result: Json): RunEnd => ({ status: 'completed', result });
const refund: Effect = { step: 'issueRefund#1', tool: 'issueRefund', request: { id: 'o-1' } };
const letter: Effect = { step: 'letter#1', tool: 'letter', request: { id: 'o-1' } };

interface Way {
  readonly end: RunEnd | null;
  readonly effects?: readonly Effect[];
}

function resultOf(baseline: RunEnd, candidate: Way): ReplayResult {
  const effects = candidate.effects ?? [];
  const end = candidate.end;
  const endDifferences = end === null ? [] : compareEnds(baseline, end);
  const effectDifferences = end === null ? [] : compareEffects([refund], effects);
  const differs = endDifferences.length + effectDifferences.length > 0;
  return {
    ...sampleResult(0),
    outcome: end === null ? 'unanswered' : differs ? 'changed' : 'matched',
    baselineEnd: baseline,
    candidateEnd: end,
    endDifferences,
    baselineEffects: [refund],
    candidateEffects: effects,
    effectDifferences,
  };
}

const approved = completed({ approve: true, reason: 'in time', amount: 40 });
const denied = completed({ approve: false, reason: 'final sale', amount: 40 });

const judge = (input: Json, baseline: RunEnd, candidate: Way) =>
  judgeIntended(resultOf(baseline, candidate), declaredForInput(declared, input));

describe('an intended change in one run', () => {
  const sale = { onSale: true };
  it.each([
    ['comes as declared', sale, approved, { end: denied }, 'happened', true],
    ['does not come', sale, approved, { end: approved, effects: [refund] }, 'missing', false],
    [
      'comes with another field that nobody declared',
      sale,
      approved,
      { end: completed({ approve: false, reason: 'final sale', amount: 0 }) },
      'happened',
      false,
    ],
    ['comes with a write that nobody declared', sale, approved, { end: denied, effects: [letter] }, 'happened', false],
    ['comes to no end', sale, approved, { end: null }, 'unseen', false],
    ['comes where another input stands', { onSale: false }, approved, { end: denied }, undefined, false],
    ['is not declared for what was recorded', sale, denied, { end: approved, effects: [refund] }, undefined, false],
    ['ends in another way', sale, approved, { end: { status: 'cancelled' } }, 'missing', false],
  ] as const)('%s', (_, input, baseline, candidate: Way, state, asIntended) => {
    const judgement = judge(input, baseline, candidate);
    expect(judgement.states.get('sale-is-final')).toBe(state);
    expect(judgement.asIntended).toBe(asIntended);
  });

  it('that was so before is no change', () => {
    const [change] = declared;
    const always = [{ ...change, name: 'always', was: [] }] as typeof declared;
    const judgement = judgeIntended(resultOf(denied, { end: denied, effects: [refund] }), always);
    expect([...judgement.states.values()]).toEqual(['already']);
  });

  it('lets a place differ with what is below it, and the kind of end only by name', () => {
    const own = (mayChange: readonly string[]) =>
      parseIntendedChanges(
        [{ name: 'x', reason: 'r', owner: 'o', becomes: [{ pointer: '/done', oneOf: [true] }], mayChange }],
        'x',
      );
    const before = completed({ done: true, lines: [{ sum: 1 }] });
    const after = completed({ done: true, lines: [{ sum: 2 }] });
    const covered = (mayChange: readonly string[]) =>
      judgeIntended(resultOf(before, { end: after, effects: [refund] }), own(mayChange)).asIntended;
    expect(covered(['/lines'])).toBe(true);
    expect(covered(['/line'])).toBe(false);
    expect(covered([''])).toBe(false);
    expect(covered([])).toBe(false);
  });

  it('never lets a difference through that no declaration covers', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.integer(), fc.boolean(), (onSale, approve, amount, writes) => {
        const end = completed({ approve, reason: 'any', amount });
        const { asIntended } = judge({ onSale }, approved, { end, effects: writes ? [letter] : [] });
        expect(asIntended).toBe(onSale && !approve && amount === 40 && !writes);
      }),
    );
  });
});

describe('a declaration', () => {
  it.each([
    ['no list', {}],
    ['an empty list', []],
    ['no owner', [{ name: 'x', reason: 'r', becomes: [{ pointer: '/a', oneOf: [1] }] }]],
    ['no outcome', [{ name: 'x', reason: 'r', owner: 'o', becomes: [] }]],
    ['a place that is no pointer', [{ name: 'x', reason: 'r', owner: 'o', becomes: [{ pointer: 'a', oneOf: [1] }] }]],
    ['two of one name', [declared[0], declared[0]]],
    ['a member that is not known', [{ ...declared[0], tenant: 'x' }]],
  ])('of %s is refused, with its source', (_, content) => {
    expect(() => parseIntendedChanges(content, 'intended.json')).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining('intended.json') }),
    );
  });
});

it('counts by state, whatever the order of the recordings', () => {
  const judgements = [
    ['b', judge({ onSale: true }, approved, { end: denied })],
    ['a', judge({ onSale: true }, approved, { end: denied })],
    ['c', judge({ onSale: true }, approved, { end: null })],
    ['d', judge({ onSale: false }, approved, { end: denied })],
  ] as const;
  const report = (order: readonly (typeof judgements)[number][]) => {
    const counter = createIntendedCounter(declared);
    for (const [id, judgement] of order) counter.add(id, judgement);
    return counter.finish();
  };
  expect(report(judgements)).toEqual(report(judgements.toReversed()));
  expect(report(judgements)).toMatchObject({
    asIntended: 2,
    changes: [{ runs: 3, states: { happened: 2, already: 0, missing: 0, unseen: 1 }, example: 'a' }],
  });
});
