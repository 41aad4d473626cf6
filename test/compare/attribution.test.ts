import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { attribute, describeCauses, groupCauses } from '../../src/compare/attribution.ts';

/** A world in which each recording changes once all components of one of its triggers are there. */
function world(triggers: Readonly<Record<string, readonly (readonly string[])[]>>) {
  const asked: string[] = [];
  return {
    asked,
    candidate: new Map(Object.keys(triggers).map((id) => [id, 'changed'])),
    replay: async (taken: readonly string[], recordings: readonly string[]) => {
      asked.push(`${[...taken].join('+')} on ${recordings.length}`);
      const has = (trigger: readonly string[]) => trigger.every((component) => taken.includes(component));
      return new Map(recordings.map((id) => [id, triggers[id]?.some(has) ? 'changed' : 'as before']));
    },
  };
}

describe('attribution', () => {
  it('names the one change that brings a difference about, and asks each change once', async () => {
    const { asked, ...rest } = world({ a: [['prompt p']], b: [['rule r']], c: [['prompt p']] });
    const causes = await attribute({ components: ['prompt p', 'rule r', 'code'], ...rest });
    expect(Object.fromEntries(causes)).toEqual({ a: [['prompt p']], b: [['rule r']], c: [['prompt p']] });
    expect(asked).toEqual(['prompt p on 3', 'rule r on 3', 'code on 3']);
  });

  it('names changes that only together bring it about', async () => {
    const { asked: _, ...rest } = world({ a: [['prompt p', 'code']], b: [['rule r']] });
    const causes = await attribute({ components: ['prompt p', 'rule r', 'code'], ...rest });
    expect(Object.fromEntries(causes)).toEqual({ a: [['prompt p', 'code']], b: [['rule r']] });
  });

  it('leaves out again what could not be spared before something else was gone', async () => {
    // The prompt leans on the old model: with the model gone (`model old` taken) it fails, unless it is taken, too.
    const works = (taken: readonly string[]) => !taken.includes('model old') || taken.includes('prompt p');
    const needed = ['code', 'rule r'];
    const causes = await attribute({
      components: ['prompt p', 'model old', 'rule r', 'code'],
      candidate: new Map([['a', 'changed']]),
      replay: async (taken) =>
        new Map([['a', works(taken) && needed.every((one) => taken.includes(one)) ? 'changed' : 'as before']]),
    });
    expect(causes.get('a')).toEqual([['rule r', 'code']]);
  });

  it('names all changes that suffice alone', async () => {
    const { asked: _, ...rest } = world({ a: [['prompt p'], ['rule r']] });
    const causes = await attribute({ components: ['prompt p', 'rule r'], ...rest });
    expect(causes.get('a')).toEqual([['prompt p'], ['rule r']]);
    expect(describeCauses(causes.get('a') ?? [])).toBe('prompt p or rule r, each alone');
  });

  it('needs no replay when one thing changed', async () => {
    const { asked, ...rest } = world({ a: [['prompt p']] });
    expect((await attribute({ components: ['prompt p'], ...rest })).get('a')).toEqual([['prompt p']]);
    expect(asked).toEqual([]);
  });

  it('says so when no hybrid does what the candidate did', async () => {
    const { asked: _, ...rest } = world({ a: [['something else']] });
    const causes = await attribute({ components: ['prompt p', 'rule r'], ...rest });
    expect(causes.get('a')).toEqual([]);
    expect(describeCauses([])).toMatch(/no single change/);
  });

  it('counts causes, the most frequent first, whatever the order of recordings', () => {
    const causes = new Map([
      ['r2', [['rule r']]],
      ['r1', [['prompt p']]],
      ['r3', [['prompt p']]],
    ]);
    const groups = [
      { causes: [['prompt p']], count: 2, example: 'r1' },
      { causes: [['rule r']], count: 1, example: 'r2' },
    ];
    expect(groupCauses(causes)).toEqual({ examined: 3, groups });
    expect(groupCauses(new Map([...causes].reverse()))).toEqual({ examined: 3, groups });
  });

  const names = ['a', 'b', 'c', 'd', 'e'];
  test.prop([fc.array(fc.subarray(names, { minLength: 1 }), { minLength: 1, maxLength: 4 })])(
    'finds a minimal cause in any monotone world',
    async (triggers) => {
      const { asked: _, ...rest } = world({ r: triggers });
      const sets = (await attribute({ components: names, ...rest })).get('r') ?? [];
      const enough = (taken: readonly string[]) =>
        triggers.some((trigger) => trigger.every((one) => taken.includes(one)));
      expect(sets.length).toBeGreaterThan(0);
      for (const set of sets) {
        expect(enough(set)).toBe(true);
        for (const one of set) expect(enough(set.filter((other) => other !== one))).toBe(false);
      }
    },
  );
});
