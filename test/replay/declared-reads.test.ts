/** Which steps a policy may declare to be reads, and by which names. */
import { describe, expect, it } from 'vitest';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { DeclaredReads, readNames } from '../../src/replay/declared-reads.ts';

const definition = { tools: {} } as MissionDefinition;

describe('a name among the reads of a policy', () => {
  it.each<[declared: string, kind: 'activity' | 'child' | 'signal' | 'tool' | 'model', name: string, isRead: boolean]>([
    ['price', 'activity', 'price', true],
    ['price', 'activity', 'priceAll', false],
    ['price', 'activity', 'Price', false],
    ['desk.quote', 'activity', 'desk.quote', true],
    ['audit', 'child', 'audit', true],
    ['get*', 'activity', 'getStock', true],
    ['get*', 'activity', 'get', true],
    ['get*', 'activity', 'forget', false],
    ['desk.*', 'activity', 'desk.quote', true],
    ['poke', 'signal', 'poke', false],
    ['cancel', 'signal', 'cancel', false],
    ['pay', 'tool', 'pay', false],
    ['judge', 'model', 'judge', false],
  ])('%s covers %s %s: %s', (declared, kind, name, isRead) => {
    expect(new DeclaredReads([declared]).has({ kind, name })).toBe(isRead);
  });

  it('covers no activity that is a step of the mission, though code asks for it by itself', () => {
    const step = { kind: 'activity', name: 'tool:pay' } as const;
    for (const name of ['tool:pay', 'tool:*']) {
      expect(new DeclaredReads([name], definition).has(step)).toBe(false);
      // Without a mission it is a type like any other.
      expect(new DeclaredReads([name]).has(step)).toBe(true);
    }
  });

  it.each([['price'], ['get*'], ['desk.quote'], ['carriers-listTools'], ['a b']])('may be %s', (name) => {
    expect(readNames.safeParse([name]).success).toBe(true);
  });

  it.each([[''], ['*'], ['*Price'], ['get*All'], ['get**'], ['x'.repeat(201)]])('may not be %j', (name) => {
    expect(readNames.safeParse([name]).success).toBe(false);
  });
});

describe('what is told of the use of reads', () => {
  it('is each name once, in the order of the policy, and nothing is looked at where none is declared', () => {
    const steps = [
      { kind: 'activity', name: 'b' },
      { kind: 'child', name: 'a' },
    ] as const;
    expect(new DeclaredReads(['a', 'c', 'b*', 'a']).usedBy(() => steps)).toEqual(['a', 'b*']);
    const unasked = () => {
      throw new Error('looked at');
    };
    expect(new DeclaredReads().usedBy(unasked)).toEqual([]);
  });
});
