/** An outage of who is asked during a replay is nobody's answer: it is waited for, within bounds, and then the step has none. */
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { view, world } from './live-world.ts';

describe('a failure that may pass', () => {
  const limited = (nextRetryDelay?: number) =>
    ApplicationFailure.create({
      message: 'Too many requests: 812 of 800 tokens, try again in 1.8 s',
      type: 'MODEL_UNAVAILABLE',
      details: [{ model: 'm', status: 429 }],
      ...(nextRetryDelay !== undefined && { nextRetryDelay }),
    });

  /** A provider that answers after so many calls, and the pauses before each. */
  function failing(times: number, error: unknown, limits = {}) {
    const pauses: number[] = [];
    const pause = async (ms: number) => void pauses.push(ms);
    let left = times;
    const act = async () => {
      left -= 1;
      if (left >= 0) throw error;
      return 'yes';
    };
    return { pauses, ...world(act, limits, { pause }) };
  }

  it('is no answer after the last call: the step is refused, with what to do', async () => {
    const { live, calls, pauses } = failing(Infinity, limited());
    expect(await live.ask(view('model', 'judge'))).toEqual({
      refused: 'model "judge" gave no answer in 3 calls: MODEL_UNAVAILABLE, status 429',
      remedy: expect.stringContaining('when the provider answers'),
    });
    expect(calls).toHaveLength(3);
    expect(pauses).toEqual([500, 1_000]);
  });

  it('of a read is told in its own words, and how a failure that is the answer is thrown', async () => {
    const { live } = failing(Infinity, new Error('connection refused'));
    expect(await live.ask(view('tool', 'getOrder', {}, 'read'))).toEqual({
      refused: 'tool "getOrder" gave no answer in 3 calls: connection refused',
      remedy: expect.stringContaining('not retryable'),
    });
  });

  it('is waited for as long as the provider asks', async () => {
    const { live, pauses } = failing(2, limited(60_000));
    expect(await live.ask(view('model', 'judge'))).toEqual({ result: 'yes' });
    expect(pauses).toEqual([60_000, 60_000]);
  });

  it('is not waited for where the provider asks for longer than a replay can take', async () => {
    const { live, calls, pauses } = failing(1, limited(3_600_000));
    expect(await live.ask(view('model', 'judge'))).toMatchObject({
      refused: 'model "judge" gave no answer in 1 call: MODEL_UNAVAILABLE, status 429, to be asked again in 1 h',
    });
    expect(calls).toHaveLength(1);
    expect(pauses).toEqual([]);
  });

  it('is waited for ten minutes in all, for each question at a time', async () => {
    const { live, calls, pauses } = failing(Infinity, limited(120_000), { liveConcurrency: 1 });
    for (let a = 1; a <= 5; a += 1)
      expect(await live.ask(view('model', 'judge', { a }))).toMatchObject({ refused: expect.any(String) });
    expect(pauses).toHaveLength(5);
    // Two questions of three calls, one of two, and two that cannot wait any more.
    expect(calls).toHaveLength(10);
  });

  it('does not outlast the stop of the replay', async () => {
    const stop = new AbortController();
    const { live, calls } = world(
      async () => {
        setImmediate(() => stop.abort());
        throw limited(120_000);
      },
      {},
      { signal: stop.signal },
    );
    expect(await live.ask(view('model', 'judge'))).toEqual({ refused: 'the replay was stopped' });
    expect(calls).toHaveLength(1);
  });
});
