import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { attribute, describeCauses, groupCauses } from '../../src/compare/attribution.ts';
import type { CausedOutcome } from '../../src/compare/cause-sample.ts';

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

  it('counts causes by outcome, of each the most frequent first, whatever the order of recordings', () => {
    const causes = new Map([
      ['r2', [['rule r']]],
      ['r1', [['prompt p']]],
      ['r3', [['prompt p']]],
      ['r5', [['prompt p']]],
      ['r4', []],
    ]);
    const outcomes: readonly [string, CausedOutcome][] = [
      ['r5', 'diverged'],
      ['r2', 'changed'],
      ['r4', 'failed'],
      ['r1', 'changed'],
      ['r3', 'changed'],
    ];
    const runs = outcomes.map(([id, outcome]) => ({ id, outcome }));
    const groups = [
      { outcome: 'changed', causes: [['prompt p']], count: 2, example: 'r1' },
      { outcome: 'changed', causes: [['rule r']], count: 1, example: 'r2' },
      { outcome: 'failed', causes: [], count: 1, example: 'r4' },
      { outcome: 'diverged', causes: [['prompt p']], count: 1, example: 'r5' },
    ];
    expect(groupCauses(causes, runs)).toEqual({ examined: 5, groups });
    expect(groupCauses(new Map([...causes].reverse()), runs.toReversed())).toEqual({ examined: 5, groups });
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

describe('a component with parts', () => {
  const CODE = {
    fine: ['code: step a', 'code: step b', 'code: f.ts g'],
    coarse: ['code: w.ts', 'code: f.ts'],
  };
  const HOLDS: Readonly<Record<string, readonly string[]>> = {
    code: CODE.fine,
    'code: w.ts': ['code: step a', 'code: step b'],
    'code: f.ts': ['code: f.ts g'],
  };
  const partsOf = (component: string) => (component === 'code' ? [CODE.fine, CODE.coarse] : []);
  /** A world that changes by parts, also when they come in something larger. */
  const inside = (taken: readonly string[]) => new Set([...taken, ...taken.flatMap((one) => HOLDS[one] ?? [])]);
  const ask = (does: (taken: ReadonlySet<string>, id: string) => boolean) => {
    const asked: string[] = [];
    return {
      asked,
      replay: async (taken: readonly string[], ids: readonly string[]) => {
        asked.push(`${taken.join('+')} on ${ids.join()}`);
        return new Map(ids.map((id) => [id, does(inside(taken), id) ? 'changed' : 'as before']));
      },
    };
  };
  const changed = (...ids: string[]) => new Map(ids.map((id) => [id, 'changed']));

  it('is named by the part that does it, found by replay also when nothing else changed', async () => {
    const { asked, replay } = ask((taken) => taken.has('code: step b'));
    const causes = await attribute({ components: ['code'], candidate: changed('x'), replay, partsOf });
    expect(causes.get('x')).toEqual([['code: step b']]);
    expect(asked).toEqual(['code: step a on x', 'code: step b on x', 'code: f.ts g on x']);
  });

  it('is taken apart for those recordings only whose cause it is', async () => {
    const { asked, replay } = ask((taken, id) => (id === 'x' ? taken.has('prompt p') : taken.has('code: f.ts g')));
    const causes = await attribute({
      components: ['prompt p', 'code'],
      candidate: changed('x', 'y'),
      replay,
      partsOf,
    });
    expect(Object.fromEntries(causes)).toEqual({ x: [['prompt p']], y: [['code: f.ts g']] });
    expect(asked.filter((one) => one.startsWith('code: '))).toEqual(CODE.fine.map((part) => `${part} on y`));
  });

  it('shows parts that only together do it, with each other and with what is no code', async () => {
    const { replay } = ask((taken) => taken.has('code: step a') && (taken.has('code: f.ts g') || taken.has('rule r')));
    const causes = await attribute({
      components: ['rule r', 'code'],
      candidate: changed('x'),
      replay,
      partsOf,
    });
    expect(causes.get('x')).toEqual([['code: step a', 'code: f.ts g']]);
    const together = ask((taken) => taken.has('code: step a') && taken.has('rule r'));
    const both = await attribute({ components: ['rule r', 'code'], candidate: changed('x'), ...together, partsOf });
    expect(both.get('x')).toEqual([['rule r', 'code: step a']]);
  });

  it('stays what is larger where its parts do not do what it does', async () => {
    const modules = ask((taken) => taken.has('code: w.ts') || taken.has('code'));
    const ofModule = await attribute({ components: ['code'], candidate: changed('x'), ...modules, partsOf });
    expect(ofModule.get('x')).toEqual([['code: w.ts']]);
    const whole = ask((taken) => taken.has('code'));
    const ofAll = await attribute({ components: ['code'], candidate: changed('x'), ...whole, partsOf });
    expect(ofAll.get('x')).toEqual([['code']]);
  });
});
