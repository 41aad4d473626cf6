import { describe, expect, it } from 'vitest';
import { sparing } from '../../src/fleet/sparing.ts';

/** A question that takes so long, on a clock that only it and the test move. */
function stand(tookMs: number) {
  const state = { nowMs: 0, tookMs, asked: 0, fails: false };
  const ask = sparing(
    async (about: string) => {
      state.asked += 1;
      state.nowMs += state.tookMs;
      if (state.fails) throw new Error('not now');
      return `${about} ${state.asked}`;
    },
    () => state.nowMs,
  );
  return { state, ask };
}

describe('a question that is asked sparingly', () => {
  it('is asked again when twenty times its time has passed, and the last answer counts until then', async () => {
    const { state, ask } = stand(100);
    expect(await ask('a')).toBe('a 1');
    state.nowMs += 1_999;
    expect(await ask('a')).toBe('a 1');
    state.nowMs += 1;
    expect(await ask('a')).toBe('a 2');
  });

  it('is asked every half minute however long it takes', async () => {
    const { state, ask } = stand(60_000);
    await ask('a');
    state.nowMs += 30_000;
    expect(await ask('a')).toBe('a 2');
  });

  it('is asked each time when it takes no time, and about each thing by itself', async () => {
    const quick = stand(0).ask;
    expect([await quick('a'), await quick('a')]).toEqual(['a 1', 'a 2']);
    const slow = stand(100).ask;
    expect([await slow('a'), await slow('b'), await slow('a')]).toEqual(['a 1', 'b 2', 'a 1']);
  });

  it('is asked again at once when it failed', async () => {
    const { state, ask } = stand(100);
    state.fails = true;
    await expect(ask('a')).rejects.toThrow('not now');
    state.fails = false;
    expect(await ask('a')).toBe('a 2');
  });
});
