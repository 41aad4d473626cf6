/** Which recordings are walked once more: of every way some, and the same ones whatever order they came in. */
import { expect, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import type { WalkedStep } from '../../src/recording/walked-way.ts';
import { WalkSample } from '../../src/release/walk-sample.ts';

const step = (name: string): WalkedStep => ({ kind: 'tool', name, status: 'completed', result: null });

function result(id: string, over: Partial<ReplayResult> = {}): ReplayResult {
  return { recording: { id }, outcome: 'matched', steps: [], ...over } as unknown as ReplayResult;
}

function sampleOf(runs: readonly (readonly [id: string, way: string])[]): readonly string[] {
  const sample = new WalkSample(3);
  for (const [id, way] of runs) sample.add(result(id), [step(way)]);
  expect(sample.count).toBe(runs.length);
  return sample.walks().map(({ id }) => id);
}

const RUNS = [
  ['a1', 'usual'],
  ['a2', 'usual'],
  ['a3', 'usual'],
  ['a4', 'usual'],
  ['z9', 'rare'],
] as const;

it('has some of every way, and does not depend on the order', () => {
  expect(sampleOf(RUNS)).toEqual(['a1', 'a2', 'z9']);
  expect(sampleOf(RUNS.toReversed())).toEqual(['a1', 'a2', 'z9']);
});

it('has some of what came out otherwise by the same way', () => {
  const sample = new WalkSample(2);
  for (const id of ['a1', 'a2', 'a3']) sample.add(result(id), [step('usual')]);
  sample.add(result('z9', { outcome: 'changed' }), [step('usual')]);
  expect(sample.walks().map(({ id }) => id)).toEqual(['a1', 'z9']);
});

it('leaves out code that failed, which may hang', () => {
  const sample = new WalkSample();
  sample.add(result('one', { outcome: 'failed' }), []);
  expect([sample.count, sample.walks()]).toEqual([0, []]);
});

it('keeps what was answered anew, so that nothing is asked twice', () => {
  const sample = new WalkSample();
  const answered = { kind: 'model', name: 'judge', status: 'completed', request: {}, evidence: 'live' } as const;
  const steps = [
    { ...answered, id: 'judge#1', result: { approve: true } },
    { ...answered, id: 'judge#2', result: null, failure: 'too long' },
    { ...answered, id: 'order#1', result: 1, evidence: 'exact' as const },
  ];
  sample.add(result('one', { outcome: 'changed', steps }), []);
  expect(sample.walks()).toEqual([
    {
      id: 'one',
      isMatched: false,
      given: new Map<string, unknown>([
        ['judge#1', { result: { approve: true } }],
        ['judge#2', { failure: { message: 'too long', type: '' } }],
      ]),
    },
  ]);
});
