/** Waiting for one of several promises, and for the wish to stop. */
import { describe, expect, it } from 'vitest';
import { stoppingBy } from '../../src/replay/stopping.ts';

const never = new Promise<string>(() => undefined);

describe('stopping', () => {
  it.each<[string, () => AbortSignal | undefined]>([
    ['nobody may stop it', () => undefined],
    ['nobody did stop it', () => new AbortController().signal],
    ['it is stopped already: what is done counts', () => AbortSignal.abort()],
  ])('gives what is done first, where %s', async (_, signalOf) => {
    const stopping = stoppingBy(signalOf());
    expect(await stopping.orStop(never, Promise.resolve('one'), Promise.resolve('two'))).toBe('one');
    await expect(stopping.orStop(never, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('gives nothing when it is stopped before, or meanwhile, to all who wait', async () => {
    const controller = new AbortController();
    const stopping = stoppingBy(controller.signal);
    const waits = [stopping.orStop(never), stopping.orStop(never, never)];
    expect(stopping.isStopped).toBe(false);
    controller.abort();
    expect(await Promise.all(waits)).toEqual([undefined, undefined]);
    expect(stopping.isStopped).toBe(true);
    expect(await stopping.orStop(never)).toBeUndefined();
  });
});
