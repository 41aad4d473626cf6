/** Work on a source, so many at once: order of readiness, back pressure, and failures that wait for their turn. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { bounded } from '../../src/recording/bounded.ts';

async function* counting(to: number, onTaken: (item: number) => void = () => undefined): AsyncGenerator<number> {
  for (let item = 1; item <= to; item += 1) {
    onTaken(item);
    yield item;
  }
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}

describe('bounded work', () => {
  it('gives what is ready first, with no more than so many at once', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < 10 - 3 * (item % 3); turn += 1) await setImmediate();
      running -= 1;
      return item;
    };
    const results = await all(bounded(counting(12), 3, work));
    expect(results.toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(most).toBe(3);
  });

  it('reads the source no faster than results are taken', async () => {
    let taken = 0;
    const results = bounded(
      counting(100, () => {
        taken += 1;
      }),
      2,
      async (item) => item,
    );
    await results.next();
    expect(taken).toBe(2);
    await results.return(undefined);
    expect(taken).toBe(2);
  });

  it('tells a failure when its turn comes, also while the source is slow', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const slow = (async function* () {
      yield 1;
      for (let turn = 0; turn < 10; turn += 1) await setImmediate();
      yield 2;
    })();
    const work = async () => {
      throw new Error('No such item.');
    };
    try {
      await expect(all(bounded(slow, 2, work))).rejects.toThrow('No such item.');
      await setImmediate();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
