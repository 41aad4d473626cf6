import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { type AnswerPolicy, answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import type { ReplayCandidate, ReplayInput, ReplayOptions } from '../../src/replay/departure.ts';
import type { LiveAnswer, LiveAnswers } from '../../src/replay/live-answers.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import type { Json } from '../../src/shared/json.ts';
import { CLERK, CLERK_MISSION, CLERK_WORKFLOW, clerk } from './missions/clerk.ts';
import { answerQuestions, buildMission, candidateOf, type Edit, recordMission, strict } from './missions/lab.ts';

const OTHER_PROMPT: Edit = [CLERK_MISSION, 'Read {{text}}', 'Please read {{text}}'];
const OTHER_KEY: Edit = [CLERK_WORKFLOW, "step.tool('find', { key: plan })", "step.tool('find', { key: plan + '!' })"];
const OTHER_WRITE: Edit = [CLERK_WORKFLOW, '{ text: found.value }', "{ text: found.value + '!' }"];

function withAnswers(answers: Partial<AnswerPolicy>, more: Partial<ReplayOptions> = {}): ReplayOptions {
  return { ...strict, answers: answerPolicy.parse(answers), ...more };
}

/** Answers models with what `say` makes of the last message, and remembers who was asked. */
function liveAnswers(say: (request: Json) => LiveAnswer | Promise<LiveAnswer>) {
  const asked: string[] = [];
  const live: LiveAnswers = {
    ask: async ({ step, request }) => {
      asked.push(step);
      return say(request);
    },
  };
  return { live, asked };
}

const modelSays = (text: string): LiveAnswer => ({
  result: { text, usage: { inputTokens: 1, outputTokens: 1 }, model: 'live', finishReason: 'stop' },
});

describe('after the first difference, a mission', () => {
  let recording: ReplayInput;
  const loaded: ReplayCandidate[] = [];

  beforeAll(async () => {
    const artifact = await buildMission(CLERK, clerk);
    // The first question runs out of time; only the second is answered.
    const drive = answerQuestions('yes', ({ name }) => name === 'fine');
    const recorded = await recordMission(inject('temporalAddress'), artifact, [{ input: { text: 'letter' }, drive }]);
    recording = recorded[0] as ReplayInput;
  });

  afterEach(async () => {
    for (const { sandbox } of loaded.splice(0)) await sandbox.destroy();
  });

  async function replay(edits: readonly Edit[], options: ReplayOptions): Promise<ReplayResult> {
    const candidate = await candidateOf(await buildMission(CLERK, clerk, edits));
    loaded.push(candidate);
    return replayRecording(candidate, recording, options);
  }

  it('was recorded with a question that ran out of time, an answered one, an agent and a write', async () => {
    expect(recording.end).toMatchObject({
      status: 'completed',
      result: { done: expect.stringMatching(/^no timeout yes reviewer id of value of answer to /) },
    });
    expect(await replay([], strict)).toMatchObject({ outcome: 'matched' });
  });

  it('is answered exactly where it asks exactly, people and agents included', async () => {
    const result = await replay([OTHER_PROMPT], withAnswers({ model: 'recorded' }));
    expect(result).toMatchObject({
      outcome: 'diverged',
      divergence: { kind: 'request', step: 'read#1' },
      candidateEnd: recording.end as never,
      evidence: { stale: 1 },
    });
    const kinds = result.steps.filter(({ evidence }) => evidence === 'exact').map(({ id }) => id);
    expect(kinds).toEqual(
      expect.arrayContaining(['plan#1/turn-1', 'find#1', 'plan#1/turn-2', 'soon#1', 'fine#1', 'find#2', 'save#1']),
    );
  });

  it('is answered by the person who was asked before the difference, at the time at which they answered', async () => {
    const result = await replay([OTHER_KEY], withAnswers({ read: 'recorded' }));
    expect(result).toMatchObject({ divergence: { step: 'find#2' }, candidateEnd: recording.end as never });
  });

  it('is not answered by a person who was asked something else, unless the policy allows it', async () => {
    const edits: Edit[] = [[CLERK_MISSION, 'Is it fine?', 'Is it good?']];
    expect(await replay(edits, strict)).toMatchObject({
      outcome: 'unanswered',
      unanswered: { step: 'fine#1', kind: 'decision', reason: expect.stringContaining('something else') },
    });
    expect(await replay(edits, withAnswers({ decision: 'recorded' }))).toMatchObject({
      outcome: 'diverged',
      candidateEnd: recording.end as never,
    });
  });

  it('is not answered with what is no option any more', async () => {
    const edits: Edit[] = [
      [
        CLERK_MISSION,
        "question: 'Is it fine?', options: ['yes', 'no']",
        "question: 'Is it fine?', options: ['good', 'bad']",
      ],
    ];
    expect(await replay(edits, withAnswers({ decision: 'recorded' }))).toMatchObject({
      outcome: 'unanswered',
      unanswered: { step: 'fine#1', reason: 'the recorded answer "yes" is no option any more' },
    });
  });

  it('is not answered by a person whom nobody asked', async () => {
    const edits: Edit[] = [
      [
        CLERK_WORKFLOW,
        "step.decide('fine', plan)",
        "step.decide('fine', plan).then(() => step.decide('fine', 'again'))",
      ],
    ];
    expect(await replay(edits, withAnswers({ decision: 'recorded' }))).toMatchObject({
      outcome: 'unanswered',
      unanswered: { step: 'fine#2', reason: expect.stringContaining('asked nobody') },
    });
  });

  it('gets the recorded decision under another step id, too', async () => {
    const edits: Edit[] = [[CLERK_WORKFLOW, "step.decide('fine', plan)", "step.decide('fine', plan, { id: 'final' })"]];
    expect(await replay(edits, strict)).toMatchObject({ outcome: 'diverged', candidateEnd: recording.end as never });
  });

  it('gets a simulated receipt for a write, which is compared and never executed', async () => {
    const { live, asked } = liveAnswers(() => modelSays('never'));
    const result = await replay(
      [OTHER_WRITE],
      withAnswers({ write: 'simulator', model: 'live', read: 'live' }, { live }),
    );
    expect(result).toMatchObject({
      outcome: 'changed',
      effectDifferences: [{ pointer: '/0/request/text', kind: 'changed' }],
      candidateEnd: { status: 'completed', result: { done: 'no timeout yes reviewer simulated' } },
      evidence: { simulated: 1 },
    });
    expect(asked).toEqual([]);
  });

  it('is not asked live for a write that it declares as a read', async () => {
    const { live, asked } = liveAnswers(() => ({ result: { id: 'executed' } }));
    const edits: Edit[] = [OTHER_WRITE, [CLERK_MISSION, "effect: 'write'", "effect: 'read', replayable: true"]];
    expect(await replay(edits, withAnswers({ read: 'live' }, { live }))).toMatchObject({ outcome: 'unanswered' });
    expect(asked).toEqual([]);
  });

  it('asks models and replayable reads again when the policy says live', async () => {
    const { live, asked } = liveAnswers((request) => {
      const { messages, key } = request as { messages?: { content: string }[]; key?: string };
      return messages ? modelSays(`live ${messages.at(-1)?.content}`) : { result: { value: `live ${key}` } };
    });
    const options = withAnswers({ model: 'live', read: 'live', decision: 'recorded', write: 'simulator' }, { live });
    const result = await replay([OTHER_PROMPT], options);
    expect(asked).toEqual(['read#1', 'plan#1/turn-1', 'find#1']);
    expect(result).toMatchObject({ outcome: 'changed', evidence: { live: 3, simulated: 1 } });
    expect(result.steps.find(({ id }) => id === 'find#1')?.result).toEqual({
      value: 'live live Plan live Please read letter',
    });
  });

  it('is unanswered when asking again is refused', async () => {
    const { live } = liveAnswers(() => ({ refused: 'the budget of 0 live calls is spent' }));
    expect(await replay([OTHER_PROMPT], withAnswers({ model: 'live' }, { live }))).toMatchObject({
      outcome: 'unanswered',
      unanswered: { step: 'read#1', reason: 'the budget of 0 live calls is spent' },
      evidence: { none: 1 },
    });
  });

  it('fails as a run does when the live answer is a failure', async () => {
    const { live } = liveAnswers(() => ({ failure: { message: 'no such model', type: 'MODEL_REQUEST_REJECTED' } }));
    expect(await replay([OTHER_PROMPT], withAnswers({ model: 'live' }, { live }))).toMatchObject({
      outcome: 'changed',
      candidateEnd: { status: 'failed', failure: { message: 'no such model' } },
    });
  });

  it('has its own time only: waiting for a live answer does not count', async () => {
    let nowMs = 0;
    const { live } = liveAnswers(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      nowMs += 1;
      return modelSays('slow');
    });
    const options = withAnswers({ model: 'live' }, { live, limits: replayLimits.parse({ perRecordingMs: 1_000 }) });
    const { outcome } = await replay([OTHER_PROMPT], options);
    expect(nowMs).toBeGreaterThan(0);
    expect(outcome).not.toBe('failed');
  });

  it('is asked several questions of one moment at once', async () => {
    let [open, most] = [0, 0];
    const { live } = liveAnswers(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 50));
      open -= 1;
      return modelSays('both');
    });
    const edits: Edit[] = [
      [
        CLERK_WORKFLOW,
        "await step.model('read', { text });",
        "(await Promise.all([step.model('read', { text: '1' }), step.model('read', { text: '2' })])).join();",
      ],
    ];
    await replay(edits, withAnswers({ model: 'live' }, { live }));
    expect(most).toBe(2);
  });
});
