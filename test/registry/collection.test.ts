import { expect, it } from 'vitest';
import { END_OF_TIME } from '../../src/registry/rows.ts';
import { describeOnBothEngines } from './engines.ts';
import { NOW } from './samples.ts';

const after = (ms: number) => new Date(NOW.getTime() + ms);

describeOnBothEngines('the sweep of one place', (bench) => {
  it('is claimed by one at a time, and taken over whatever was claimed by who comes at the end of time', async () => {
    const { collection } = await bench.open({ clock: () => NOW });
    const claim = (by: string, now: Date, until: Date) => collection.claimSweep('a place', { by, now, until });
    expect(await claim('one', NOW, after(60_000))).toEqual({ sweptTo: null });
    expect(await claim('two', after(1_000), after(61_000))).toBeUndefined();
    expect(await claim('two', END_OF_TIME, after(61_000))).toEqual({ sweptTo: null });
    expect(await claim('one', after(2_000), after(62_000))).toBeUndefined();
  });
});
