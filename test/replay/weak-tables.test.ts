/** Weak tables that runs share: what one put into them, and what it took out, is undone; nobody else reaches what they hold. */
import vm from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { defineWeakTables, type WeakTables } from '../../src/replay/weak-tables.ts';

let tables: WeakTables;
let map: WeakMap<object, number>;
let set: WeakSet<object>;
let context: vm.Context;
const [kept, added] = [{}, {}];

beforeEach(() => {
  context = vm.createContext();
  tables = defineWeakTables(context);
  map = tables.make('WeakMap', [[[kept, 1]]]) as WeakMap<object, number>;
  set = tables.make('WeakSet', [[kept]]) as WeakSet<object>;
  tables.begin();
});

const state = () => [map.get(kept), map.has(added), map.get(added), set.has(kept), set.has(added)];
const atFirst = [1, false, undefined, true, false];

function change(): void {
  map.set(kept, 2).set(kept, 3).set(added, 4);
  map.delete(kept);
  set.add(added).delete(kept);
}

describe('weak tables', () => {
  it('are what they were, and can be made again', () => {
    expect(tables.takeBack()).toBeUndefined();
    change();
    const changed = [undefined, true, 4, false, true];
    expect(state()).toEqual(changed);
    const makeAgain = tables.takeBack();
    expect(state()).toEqual(atFirst);
    makeAgain?.();
    expect(state()).toEqual(changed);
    tables.takeBack();
    expect(state()).toEqual(atFirst);
    expect(tables.takeBack()).toBeUndefined();
  });

  it('are of their classes, refuse what these refuse, and cannot be changed in another way', () => {
    context['tables'] = [map, set];
    const ask = (code: string): unknown => vm.runInContext(code, context);
    expect(ask('tables[0] instanceof WeakMap && tables[1] instanceof WeakSet')).toBe(true);
    expect(() => map.set(1 as unknown as object, 1)).toThrow('Invalid value used as weak map key');
    expect(ask('try { WeakMap.prototype.set.call(tables[0], {}, 1); } catch (error) { error.name; }')).toBe(
      'TypeError',
    );
    expect(ask('Reflect.set(tables[0], "get", () => 1) || Reflect.set(tables[0].get, "mark", 1)')).toBe(false);
    expect(
      ask('Array.prototype.push = () => { throw 1; }; Reflect.apply = () => 1; tables[0].get({})'),
    ).toBeUndefined();
    change();
    tables.takeBack();
    expect(state()).toEqual(atFirst);
  });
});
