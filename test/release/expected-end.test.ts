/** Corrected cases are held to the end that is right, and to nothing else of the recorded run. */
import { describe, expect, it } from 'vitest';
import { NO_RULES } from '../../src/compare/compare-rules.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import type { ExpectedEnd } from '../../src/recording/fixture-case.ts';
import type { Recording } from '../../src/recording/recording.ts';
import type { RunEnd } from '../../src/recording/trace.ts';
import { expectedEnds, judgeByExpected } from '../../src/release/expected-end.ts';

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

const refused = { message: 'refused', type: 'Refused' };
const whole: RunEnd = { status: 'failed', failure: { ...refused, details: [{ rule: 1 }], nonRetryable: true } };
const short: RunEnd = { status: 'failed', failure: refused };
const goesOn: RunEnd = { status: 'continued-as-new', handedOn: { workflowType: 'poll', input: 1 } };

function endsOf(expected: RunEnd, recorded: RunEnd) {
  const recording = { id: 'r', end: recorded } as Recording;
  return expectedEnds([{ recording, case: { expected } as Parameters<typeof expectedEnds>[0][number]['case'] }]);
}

describe('a case expects another end than the recorded one', () => {
  it.each<[what: string, expected: RunEnd, recorded: RunEnd, another: boolean]>([
    ['kept by an earlier release, which knew message and type of a failure', short, whole, false],
    ['kept by an earlier release, which did not know what is handed on', { status: 'continued-as-new' }, goesOn, false],
    ['the very same', whole, whole, false],
    ['other details', { status: 'failed', failure: { ...refused, details: [{ rule: 2 }] } }, whole, true],
    ['another type', { status: 'failed', failure: { ...refused, type: 'Late' } }, whole, true],
    ['another way to end', { status: 'completed', result: 1 }, whole, true],
  ])('%s', (_, expected, recorded, another) => {
    expect(endsOf(expected, recorded).size).toBe(Number(another));
  });
});

describe('a candidate is held to what was expected', () => {
  const judged = (right: RunEnd, candidateEnd: RunEnd) => {
    const result = { recording: { id: 'r' }, candidateEnd, divergence: null } as unknown as ReplayResult;
    return judgeByExpected(result, new Map([['r', right]]), NO_RULES).endDifferences.map(({ pointer }) => pointer);
  };

  it.each<[what: string, right: RunEnd, candidate: RunEnd, differs: readonly string[]]>([
    ['message and type, where no more was said', short, whole, []],
    [
      'details, where they were said',
      whole,
      { status: 'failed', failure: { ...refused, nonRetryable: true } },
      ['/failure/details'],
    ],
    [
      'what is handed on',
      goesOn,
      { status: 'continued-as-new', handedOn: { workflowType: 'poll', input: 2 } },
      ['/handedOn/input'],
    ],
  ])('%s', (_, right, candidate, differs) => {
    expect(judged(right, candidate)).toEqual(differs);
  });
});
