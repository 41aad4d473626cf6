/**
 * Weak tables of modules that runs share. Nobody can look through one, so each notes what is put into it; and what it holds is out of the reach of code,
 * which would be handed the table by a method of all tables that it replaced.
 */
import vm from 'node:vm';

export interface WeakTables {
  /**
   * @param name of a class
   * @param given to its constructor
   * @returns a table with the methods of that class
   */
  make(name: 'WeakMap' | 'WeakSet', given: readonly unknown[]): object;
  /** From here on it is noted what is put into them. @returns values that were put into them before */
  begin(): readonly unknown[];
  /** They become what they were. @returns what makes them again, if they were changed */
  takeBack(): (() => void) | undefined;
}

const TABLES = new vm.Script(`(() => {
  const { create, freeze } = Object;
  const { apply, setPrototypeOf } = Reflect;
  const classes = { WeakMap, WeakSet };
  const { get, set, has: isKey, delete: drop } = WeakMap.prototype;
  const { add, has: isMember, delete: remove } = WeakSet.prototype;
  const bare = (list) => {
    setPrototypeOf(list, null);
    return list;
  };
  const { deref } = WeakRef.prototype;
  const Reference = WeakRef;
  const before = [];
  let notes;

  const ofMaps = {
    stateOf: (held, key) => ({ ways: ofMaps, held, key, had: apply(isKey, held, [key]), value: apply(get, held, [key]) }),
    put: (held, key, value) => apply(set, held, [key, value]),
    drop: (held, key) => apply(drop, held, [key]),
  };
  const ofSets = {
    stateOf: (held, key) => ({ ways: ofSets, held, key, had: apply(isMember, held, [key]), value: undefined }),
    put: (held, key) => apply(add, held, [key]),
    drop: (held, key) => apply(remove, held, [key]),
  };
  // A key that came in is held by whoever has it.
  const note = (state) => {
    if (notes === undefined) return;
    notes[notes.length] = state.had ? state : { ways: state.ways, held: state.held, reference: new Reference(state.key), had: false };
  };
  const keyOf = ({ key, reference }) => (reference === undefined ? key : apply(deref, reference, []));
  const become = ({ ways, held, key, had, value }) => {
    if (had) ways.put(held, key, value);
    else ways.drop(held, key);
  };
  const changing = (ways, held) => ({
    has: (key) => ways.stateOf(held, key).had,
    delete: (key) => {
      const was = ways.stateOf(held, key);
      if (was.had) note(was);
      return ways.drop(held, key);
    },
    put: (key, value) => {
      const was = ways.stateOf(held, key);
      ways.put(held, key, value);
      if (notes === undefined) before[before.length] = value;
      else note(was);
    },
  });
  const makers = {
    WeakMap: (table, given) => {
      const held = new classes.WeakMap(...given);
      const { put, ...rest } = changing(ofMaps, held);
      return { ...rest, get: (key) => apply(get, held, [key]), set: (key, value) => (put(key, value), table) };
    },
    WeakSet: (table, given) => {
      const { put, ...rest } = changing(ofSets, new classes.WeakSet(...given));
      return { ...rest, add: (key) => (put(key), table) };
    },
  };
  return {
    make: (name, given) => {
      const table = create(classes[name].prototype);
      const methods = makers[name](table, given);
      for (const key of Object.keys(methods)) Object.defineProperty(table, key, { value: freeze(methods[key]) });
      return freeze(table);
    },
    begin: () => {
      notes = bare([]);
      return before;
    },
    takeBack: () => {
      if (notes.length === 0) return undefined;
      const undone = notes;
      const again = bare([]);
      notes = bare([]);
      for (let at = undone.length - 1; at >= 0; at -= 1) {
        const { ways, held, had, value } = undone[at];
        const key = keyOf(undone[at]);
        if (key === undefined) continue;
        again[again.length] = ways.stateOf(held, key);
        become({ ways, held, key, had, value });
      }
      return () => {
        for (let at = again.length - 1; at >= 0; at -= 1) {
          const { ways, held, key } = again[at];
          note(ways.stateOf(held, key));
          become(again[at]);
        }
      };
    },
  };
})()`);

/** For a context in which nothing has run yet. */
export function defineWeakTables(context: vm.Context): WeakTables {
  return TABLES.runInContext(context) as WeakTables;
}
