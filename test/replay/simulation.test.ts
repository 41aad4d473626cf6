import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import type { ReplayCandidate, ReplayInput, ReplayOptions } from '../../src/replay/departure.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { lenient, strict } from './missions/lab.ts';
import { plainCandidate, recordScenarios, type TextEdit } from './simulated/record.ts';

/** Every scenario begins with another request, and is told the recorded answer. */
const BEGINNING: TextEdit = ["note('begin')", "note('start')"];

describe('after the first difference, a plain workflow', () => {
  let inputs: ReadonlyMap<string, ReplayInput>;
  const loaded: ReplayCandidate[] = [];

  beforeAll(async () => {
    inputs = await recordScenarios(inject('temporalAddress'));
  });

  afterEach(async () => {
    for (const { sandbox } of loaded.splice(0)) await sandbox.destroy();
  });

  async function replay(
    name: string,
    edits: readonly TextEdit[],
    options: ReplayOptions = lenient,
  ): Promise<ReplayResult> {
    const candidate = await plainCandidate(edits);
    loaded.push(candidate);
    return replayRecording(candidate, inputs.get(name) as ReplayInput, options);
  }

  it('is not there to see when nothing was changed', async () => {
    for (const name of inputs.keys()) {
      const { outcome, divergence } = await replay(name, [], strict);
      expect({ name, outcome, divergence }).toEqual({ name, outcome: 'matched', divergence: null });
    }
  });

  it.each([
    'timed',
    'parent',
    'cancelledOutside',
    'failing',
    'waiting',
    'working',
    'timedOut',
    'raced',
    'inOrder',
    'locals',
    'cancelsWork',
    'tally',
  ])('comes to the recorded end: %s', async (name) => {
    const result = await replay(name, [BEGINNING]);
    expect(result).toMatchObject({
      outcome: 'changed',
      divergence: { kind: 'request', step: 'note#1' },
      candidateEnd: inputs.get(name)?.end as never,
      endDifferences: [],
      effectDifferences: [{ pointer: '/0/request', kind: 'changed' }],
    });
    expect(result.evidence['stale']).toBeGreaterThanOrEqual(1);
  });

  it('stops at the first difference when the policy says so', async () => {
    expect(await replay('timed', [BEGINNING], strict)).toMatchObject({
      outcome: 'unanswered',
      unanswered: { step: 'note#1', kind: 'activity', remedy: expect.stringContaining('activity=recorded') },
      candidateEnd: null,
    });
  });

  it('sees a timer fire that the recorded run cancelled', async () => {
    expect(await replay('approval', [["word === 'yes'", "word === 'YES'"]])).toMatchObject({
      outcome: 'changed',
      candidateEnd: { status: 'completed', result: 'too late' },
    });
  });

  it('gets in a later link what an earlier one did not wait for', async () => {
    const result = await replay('relay', [['words.length >= 3 - left', 'left === 2 || words.length >= 3 - left']]);
    expect(result).toMatchObject({
      outcome: 'diverged',
      candidateEnd: { status: 'completed', result: ['a', 'b', 'c'] },
    });
    expect(result.steps.filter(({ kind }) => kind === 'end')).toHaveLength(3);
  });

  it('goes on over the links of its chain from a difference in the middle', async () => {
    const result = await replay(
      'relay',
      [['note(`relay ', "note(left === 1 ? 'middle' : `relay "]].map(([from, to]) => [from as string, to as string]),
    );
    expect(result).toMatchObject({
      outcome: 'changed',
      divergence: { kind: 'request', step: 'note#2' },
      effectDifferences: [{ pointer: '/1/request', kind: 'changed' }],
      candidateEnd: { status: 'completed', result: ['a', 'b', 'c'] },
      evidence: { stale: 1 },
    });
  });

  it('shows what was still open when the run was ended by force', async () => {
    const { steps } = await replay('working', [BEGINNING]);
    expect(steps).toMatchObject([
      { id: 'note#1', status: 'completed', evidence: 'stale' },
      { id: 'hang#1', status: 'open', evidence: 'exact' },
    ]);
  });

  it('shows what it cancelled itself', async () => {
    const { steps } = await replay('cancelsWork', [BEGINNING]);
    expect(steps.find(({ id }) => id === 'hang#1')).toMatchObject({ status: 'cancelled' });
  });

  it('ends before the force does, when it is done sooner', async () => {
    for (const name of ['waiting', 'timedOut']) {
      expect(await replay(name, [["await sleep('1 hour');\n  return 'slept'", "return 'slept'"]])).toMatchObject({
        outcome: 'changed',
        divergence: { kind: 'missing', step: 'timer#1' },
        candidateEnd: { status: 'completed', result: 'slept' },
      });
    }
  });

  it('is caught asking more than a run that was then ended by force', async () => {
    const edit: TextEdit = [
      "await note('begin');\n  await hang();",
      "await note('begin');\n  void note('more');\n  await hang();",
    ];
    expect(await replay('working', [edit], strict)).toMatchObject({ divergence: { step: 'note#2' } });
    const after: TextEdit = [
      "await note('begin');\n  await hang();",
      "await note('begin');\n  const work = hang();\n  void note('more');\n  await work;",
    ];
    expect(await replay('working', [after], strict)).toMatchObject({ divergence: { kind: 'extra', step: 'note#2' } });
  });

  it('that fails no more has another end', async () => {
    const { endDifferences, outcome } = await replay('failing', [
      ['throw ApplicationFailure.create', 'return String; throw ApplicationFailure.create'],
    ]);
    expect(outcome).toBe('changed');
    expect(endDifferences).toMatchObject([{ pointer: '', baseline: { status: 'failed', type: 'NoLuck' } }]);
  });

  it('is told of local activities only when recorded answers are allowed', async () => {
    const options = { ...lenient, answers: answerPolicy.parse({ activity: 'stop' }) };
    expect(
      await replay('locals', [["local.note('one')", "local.note('one') + (await note('extra'))"]], options),
    ).toMatchObject({
      outcome: 'unanswered',
    });
  });

  it('that waits for news which the recording does not hold is unanswered', async () => {
    expect(
      await replay('failing', [['throw ApplicationFailure', 'await condition(() => false); throw ApplicationFailure']]),
    ).toMatchObject({
      outcome: 'unanswered',
      unanswered: { kind: 'wait', reason: expect.stringContaining('news from outside') },
    });
  });

  it.each([
    ['never stops', 'for (;;) await sleep(1_000);', /more than 50 steps/],
    ['continues as new for ever', 'await continueAsNew();', /continued as new more than 100 times/],
  ])('that %s fails', async (_, code, message) => {
    const options = { ...lenient, limits: replayLimits.parse({ maxSteps: 50 }) };
    const { outcome, failure } = await replay(
      'failing',
      [["await note('begin');\n  throw ApplicationFailure", `${code} throw ApplicationFailure`]],
      options,
    );
    expect(outcome).toBe('failed');
    expect(failure).toEqual({ message: expect.stringMatching(message), isEndless: true });
  });

  it('whose code throws in the midst of it fails, and says in which function', async () => {
    const thrower = 'const price = () => { throw new TypeError("no price"); };';
    const { outcome, failure } = await replay(
      'failing',
      [
        [
          "await note('begin');\n  throw ApplicationFailure",
          `${thrower} await sleep(1_000); price(); throw ApplicationFailure`,
        ],
      ],
      lenient,
    );
    expect(outcome).toBe('failed');
    expect(failure).toEqual({ message: 'no price', thrownIn: 'price' });
  });

  it('that goes on beyond its time fails', async () => {
    const options = { ...lenient, limits: replayLimits.parse({ perRecordingMs: 1 }) };
    const { failure } = await replay(
      'failing',
      [['throw ApplicationFailure', 'for (;;) await sleep(1_000); throw ApplicationFailure']],
      options,
    );
    expect(failure).toEqual({ message: expect.stringContaining('perRecordingMs'), isEndless: true });
  });

  it('is asked by its own validators whether it takes an update', async () => {
    const result = await replay('tally', [['value > 9', 'value > 8']]);
    expect(result).toMatchObject({ outcome: 'unanswered', divergence: { kind: 'missing' } });
  });
});
