/** Which runs are recorded when not all are: the same ones in every process, and never without those that tell most. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isSampled, wayOf } from '../../src/recording/sampling.ts';
import type { RunEnd, Trace, TraceStep } from '../../src/recording/trace.ts';
import { RECORD_ALL, type RecordingPolicy } from '../../src/registry/recording-policy.ts';

const completed: RunEnd = { status: 'completed', result: {} };
const failed: RunEnd = { status: 'failed', failure: { message: 'm', type: 'T' } };
const policy = (over: Partial<RecordingPolicy>): RecordingPolicy => ({ ...RECORD_ALL, allFailures: false, ...over });
const never = () => Promise.reject(new Error('not to be asked'));

describe('the share', () => {
  test.prop([fc.uuid(), fc.nat(10_000), fc.nat(10_000)])(
    'decides by the run alone; a larger one keeps what a smaller one kept',
    async (runId, one, other) => {
      const [small, large] = one < other ? [one, other] : [other, one];
      const run = { runId, end: completed };
      const inSmall = await isSampled(run, policy({ rate: small }), never);
      expect(await isSampled(run, policy({ rate: small }), never)).toBe(inSmall);
      if (inSmall) expect(await isSampled(run, policy({ rate: large }), never)).toBe(true);
    },
  );

  it('takes that part of the runs, all of them and none', async () => {
    const runs = Array.from({ length: 4_000 }, (_, index) => ({ runId: `run-${index}`, end: completed }));
    const taken = async (rate: number) => {
      const all = await Promise.all(runs.map((run) => isSampled(run, policy({ rate }), never)));
      return all.filter(Boolean).length;
    };
    expect(await taken(10_000)).toBe(4_000);
    expect(await taken(0)).toBe(0);
    // 1,000 expected, standard deviation 27: the ids are fixed, so this never changes.
    expect(Math.abs((await taken(2_500)) - 1_000)).toBeLessThan(110);
  });
});

describe('beside the share', () => {
  it.each<[string, RunEnd, Partial<RecordingPolicy>, number, boolean]>([
    ['a failure, when all failures are wanted', failed, { allFailures: true }, 9, true],
    ['a termination, when all failures are wanted', { status: 'terminated' }, { allFailures: true }, 9, true],
    ['a failure, when they are not', failed, {}, 9, false],
    ['a way that few went', completed, { rareBelow: 10 }, 9, true],
    ['a way that enough went', completed, { rareBelow: 10 }, 10, false],
    ['a completed run, when all failures are wanted', completed, { allFailures: true }, 0, false],
  ])('%s', async (_, end, over, went, taken) => {
    expect(await isSampled({ runId: 'a', end }, policy({ rate: 0, ...over }), async () => went)).toBe(taken);
  });
});

describe('the way of a run', () => {
  const step = (over: Partial<TraceStep>): TraceStep =>
    ({ kind: 'tool', name: 'getOrder', status: 'completed', ...over }) as TraceStep;
  const trace = (...steps: TraceStep[]) => ({ steps }) as unknown as Trace;
  const output = { properties: { route: { type: 'string', enum: ['a', 'b'] }, note: { type: 'string' } } };
  const way = (result: object, ...steps: TraceStep[]) =>
    wayOf({ end: { status: 'completed', result: result as never }, trace: trace(...steps) }, output as never);

  it.each<[string, string, string, boolean]>([
    ['how often a step was taken', way({}, step({})), way({}, step({}), step({})), true],
    ['texts that are free', way({ note: 'x' }), way({ note: 'y' }), true],
    ['amounts', way({ amount: 1 }), way({ amount: 2 }), true],
    ['which steps were taken', way({}, step({})), way({}, step({ name: 'pay' })), false],
    ['a step that failed', way({}, step({})), way({}, step({ status: 'failed' })), false],
    [
      'how a rule went',
      way({}, step({ kind: 'rule', result: true })),
      way({}, step({ kind: 'rule', result: false })),
      false,
    ],
    ['a text of which the schema lists the values', way({ route: 'a' }), way({ route: 'b' }), false],
    ['a yes or no, wherever it stands', way({ in: { ok: true } }), way({ in: { ok: false } }), false],
    ['how it ended', way({}), wayOf({ end: failed, trace: trace() }, undefined), false],
  ])('%s', (_, one, other, same) => {
    expect(one === other).toBe(same);
  });
});
