/** What a replay may ask of the world: models, and reads that are declared so; never a write. */
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { currentScope } from '../../src/activity/scope.ts';
import { createLiveMeter } from '../../src/release/live-meter.ts';
import { type Act, view, world } from './live-world.ts';

const echo: Act = async (request) => ({ echo: request });

describe('asking again', () => {
  it('asks models, and reads that are declared replayable', async () => {
    const { live, calls } = world(echo);
    expect(await live.ask(view('model', 'judge', { a: 1 }))).toEqual({ result: { echo: { a: 1 } } });
    expect(await live.ask(view('tool', 'getOrder', { id: 7 }, 'read'))).toEqual({ result: { echo: { id: 7 } } });
    expect(calls).toEqual(['model', 'tool:getOrder']);
  });

  it.each([
    ['a write', view('tool', 'issueRefund', {}, 'write')],
    ['a write that is declared replayable', view('tool', 'liar', {}, 'write')],
    ['a write whose command says that it reads', view('tool', 'issueRefund', {}, 'read')],
    ['a write that is declared replayable and whose command says that it reads', view('tool', 'liar', {}, 'read')],
    ['a read whose command says that it writes', view('tool', 'getOrder', {}, 'write')],
    ['a command that says nothing of its effect', view('tool', 'getOrder')],
    ['a read that is not declared replayable', view('tool', 'getPolicy', {}, 'read')],
    ['a tool that the candidate does not declare', view('tool', 'constructor', {}, 'read')],
    ['a plain activity', view('activity', 'charge')],
    ['a question to a person', view('decision', 'large-refund')],
  ])('never asks %s', async (_, command) => {
    const { live, calls } = world(echo);
    expect(await live.ask(command)).toEqual({ refused: expect.any(String) });
    expect(calls).toEqual([]);
  });

  it('asks the same question once, however often and however at once it comes', async () => {
    const { live, calls } = world(echo);
    const same = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: 1, b: 2 },
    ];
    await Promise.all(same.map((request) => live.ask(view('model', 'judge', request))));
    expect(calls).toHaveLength(1);
  });

  it('stops at the budget', async () => {
    const { live, calls } = world(echo, { liveCalls: 2 });
    const answers = await Promise.all([1, 2, 3].map((a) => live.ask(view('model', 'judge', { a }))));
    expect(answers[2]).toMatchObject({ refused: expect.stringContaining('budget of 2') });
    expect(calls).toHaveLength(2);
  });

  it('asks no more at a time than the limit', async () => {
    let running = 0;
    let most = 0;
    const { live } = world(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    await Promise.all(Array.from({ length: 8 }, (_, a) => live.ask(view('model', 'judge', { a }))));
    expect(most).toBe(2);
  });

  it('tries a failure again that may pass, and tells one that does not', async () => {
    let attempts = 0;
    const flaky = world(async () => {
      attempts = currentScope(undefined).attempt;
      if (attempts < 2)
        throw ApplicationFailure.create({ message: 'busy', type: 'MODEL_UNAVAILABLE', nextRetryDelay: 1 });
      return 'yes';
    });
    expect(await flaky.live.ask(view('model', 'judge'))).toEqual({ result: 'yes' });
    expect(attempts).toBe(2);
    const broken = world(() =>
      Promise.reject(ApplicationFailure.nonRetryable('no such model', 'MODEL_REQUEST_REJECTED')),
    );
    expect(await broken.live.ask(view('model', 'judge'))).toEqual({
      failure: { message: 'no such model', type: 'MODEL_REQUEST_REJECTED' },
    });
    expect(broken.calls).toHaveLength(1);
  });

  it('hands its stop to the activity and asks nothing afterwards', async () => {
    const stop = new AbortController();
    const { live, calls } = world(
      () =>
        new Promise((_, reject) => {
          currentScope(undefined).signal.addEventListener('abort', () => reject(new Error('stopped')));
          stop.abort();
        }),
      {},
      { signal: stop.signal },
    );
    expect(await live.ask(view('model', 'judge', { a: 1 }))).toEqual({ refused: 'the replay was stopped' });
    expect(await live.ask(view('model', 'judge', { a: 2 }))).toEqual({ refused: 'the replay was stopped' });
    expect(calls).toHaveLength(1);
  });
});

describe('a budget', () => {
  const priced = { 'm/large': { inputPerMillion: 1_000_000, outputPerMillion: 0 } };
  const questions = Array.from({ length: 20 }, (_, index) => view('model', 'judge', { model: 'm/large', index }));
  const answered = (given: readonly object[]) => given.filter((one) => !('refused' in one)).length;

  function asked(act: Act, limits: object) {
    const meter = createLiveMeter({ limits: { liveCalls: 100, ...limits }, prices: priced });
    const { live, calls } = world(act, { liveConcurrency: 8 }, { meter });
    return { meter, calls, all: Promise.all(questions.map((question) => live.ask(question))) };
  }

  it.each([
    ['tokens', { liveTokens: 1_000 }],
    ['money', { liveCost: 1_000 }],
  ])(
    'of %s is exceeded by one call at most once its price is known, however many are asked at a time',
    async (_, limits) => {
      const { live, calls } = world(
        async () => ({ usage: { inputTokens: 300, outputTokens: 0 } }),
        { liveConcurrency: 8 },
        { meter: createLiveMeter({ limits: { liveCalls: 100, ...limits }, prices: priced }) },
      );
      const [first, ...others] = questions;
      if (first !== undefined) await live.ask(first);
      expect(answered(await Promise.all(others.map((question) => live.ask(question))))).toBe(3);
      expect(calls).toHaveLength(4);
    },
  );

  it('counts what failed calls used', async () => {
    const { meter, all } = asked(
      async () => {
        throw ApplicationFailure.create({
          type: 'MODEL_OUTPUT_INVALID',
          nonRetryable: true,
          details: [{ usage: { inputTokens: 400, outputTokens: 100 } }],
        });
      },
      { liveTokens: 600 },
    );
    await all;
    const { calls, inputTokens, outputTokens } = meter.use();
    expect({ inputTokens, outputTokens }).toEqual({ inputTokens: 400 * calls, outputTokens: 100 * calls });
    expect(calls).toBeGreaterThan(0);
  });
});
