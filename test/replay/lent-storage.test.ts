/** What candidates get as `AsyncLocalStorage` does what Node's own does, and keeps its instance to itself. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LentStorage } from '../../src/replay/lent-storage.ts';

describe.each<readonly [string, typeof LentStorage]>([
  ["Node's own", AsyncLocalStorage as unknown as typeof LentStorage],
  ['the one that is lent', LentStorage],
])('%s', (_, Storage) => {
  it('holds a value for what is called, and for what follows from it', async () => {
    const storage = new Storage<unknown>();
    const seen = await storage.run(
      'one',
      async (...args: unknown[]) => {
        const before = storage.getStore();
        const inner = storage.run('two', () => storage.getStore());
        await turn();
        return [args, before, inner, storage.exit(() => storage.getStore()), storage.getStore()];
      },
      1,
      2,
    );
    expect(seen).toEqual([[1, 2], 'one', 'two', undefined, 'one']);
    expect(storage.getStore()).toBeUndefined();
  });

  it('goes on with a value that was entered, until it is disabled', async () => {
    const storage = new Storage<unknown>();
    await new AsyncLocalStorage().run('apart', async () => {
      await turn();
      storage.enterWith('entered');
      await turn();
      expect(storage.getStore()).toBe('entered');
      storage.disable();
      expect(storage.getStore()).toBeUndefined();
    });
  });

  it('binds methods as what they are', () => {
    const counter = {
      by: 2,
      times: Storage.bind(function (this: { by: number }, count: number) {
        return this.by * count;
      } as (...args: unknown[]) => number),
    };
    expect([counter.times(3), counter.times.length]).toEqual([6, 1]);
  });

  it('binds functions to the values of where they were made', () => {
    const storage = new Storage<unknown>();
    const { bound, within } = storage.run('there', () => ({
      bound: Storage.bind((...args: unknown[]) => [storage.getStore(), ...args]),
      within: Storage.snapshot(),
    }));
    expect(storage.run('here', () => bound(1))).toEqual(['there', 1]);
    expect(storage.run('here', () => within((...args: unknown[]) => [storage.getStore(), ...args], 2))).toEqual([
      'there',
      2,
    ]);
  });
});

it('has nothing that could be defined anew, and takes nothing that looks like one of its own', () => {
  const storage = new LentStorage();
  expect(Reflect.ownKeys(storage)).toEqual([]);
  const alike: LentStorage = Object.create(LentStorage.prototype, { kResourceStore: { value: '__proto__' } });
  expect(() => alike.enterWith(1)).toThrow(TypeError);
});
