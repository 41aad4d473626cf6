/** Corrected cases are held to the end that is right, and to nothing else of the recorded run. */
import { describe, expect, it } from 'vitest';
import { NO_RULES } from '../../src/compare/compare-rules.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import type { ExpectedEnd } from '../../src/recording/fixture-case.ts';
import type { RunEnd } from '../../src/recording/trace.ts';
import { judgeByExpected } from '../../src/release/expected-end.ts';

const done: RunEnd = { status: 'completed', result: { approve: true } };
const failed = (type: string, message = 'no such order'): RunEnd => ({ status: 'failed', failure: { type, message } });

/** A replay that came to this end, and to another one than the recorded run. */
function replayed(candidateEnd: RunEnd | null): ReplayResult {
  const recording = { id: 'order/1', workflowId: 'order', runId: '1', workflowType: 'order', redacted: false };
  return {
    recording: { ...recording, startedAt: '', endedAt: '', links: 1, events: 3, digest: `sha256:${'0'.repeat(64)}` },
    outcome: 'changed',
    baselineEnd: { status: 'completed', result: null },
    candidateEnd,
    endDifferences: [{ pointer: '', kind: 'changed', baseline: null, candidate: true }],
    baselineEffects: [],
    candidateEffects: [],
    effectDifferences: [{ pointer: '/0', kind: 'removed', baseline: { tool: 'refund' } }],
    divergence: null,
    steps: [],
    determinism: { deterministic: true },
    evidence: {},
    durationMs: 1,
  };
}

const judge = (result: ReplayResult, wanted: ExpectedEnd) =>
  judgeByExpected(result, new Map([[result.recording.id, wanted]]), NO_RULES);

describe('a corrected case', () => {
  it.each<[string, ExpectedEnd, RunEnd, ReplayResult['outcome']]>([
    ['the result that is right', done, done, 'matched'],
    ['another result', done, { status: 'completed', result: { approve: false } }, 'changed'],
    ['a failure, where a result is right', done, failed('OrderUnknown'), 'changed'],
    ['a result, where a failure is right', { status: 'failed', failure: { type: 'OrderUnknown' } }, done, 'changed'],
    [
      'a failure of the right type, whatever it says',
      { status: 'failed', failure: { type: 'OrderUnknown' } },
      failed('OrderUnknown'),
      'matched',
    ],
    [
      'a failure of another type',
      { status: 'failed', failure: { type: 'OrderUnknown' } },
      failed('TypeError'),
      'changed',
    ],
    ['a failure that says something else than the right one', failed('A', 'that'), failed('A', 'this'), 'changed'],
    ['another kind of end', { status: 'failed', failure: { type: 'A' } }, { status: 'cancelled' }, 'changed'],
  ])('that comes to %s', (_, wanted, candidateEnd, outcome) => {
    const judged = judge(replayed(candidateEnd), wanted);
    expect(judged).toMatchObject({ outcome, effectDifferences: [] });
    expect(judged.endDifferences.length > 0).toBe(outcome === 'changed');
    expect(judged.baselineEnd.status).toBe(wanted.status);
  });

  it('that comes to no end is what the replay says of it', () => {
    const result = replayed(null);
    expect(judge(result, done)).toBe(result);
  });
});
