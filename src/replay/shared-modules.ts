/**
 * The modules of a bundle that runs share: the SDK's own, and what is loaded before any run. The SDK has closed what they export; here follows what
 * lies behind that.
 *
 * 1. Functions are closed, and what they and classes hold is remembered.
 * 2. Prototypes stay open, as instances are given members that these have: what a prototype has becomes accessors, which put what is assigned on the
 *    instance itself, and notice what is assigned to the prototype. So nobody need compare their members after each run.
 * 3. What tables and bytes hold is remembered.
 * 4. Who changes any of these spoils the context, though it is taken back: a module may have noted elsewhere that it was done.
 * 5. What a module keeps to itself nobody sees. In the SDK's that is how scopes sleep, which is told anew after each run.
 */
import vm from 'node:vm';
import type { ContextMemory } from './context-memory.ts';

/** Called once by the bundle, when it begins to load. */
const HANDOVER = '__missionModules';

/** Where a bundle gets the modules that are loaded already; the SDK's bundler writes it so. What it is set to stays the same. */
const MODULE_CACHE = /(__webpack_module_cache__\s*=\s*)(?=globalThis\.__webpack_module_cache__)/g;

/** Of the bundler's own. A bundle whose names were shortened has none. */
export interface ModuleTable {
  /** `require`, with what it uses. */
  readonly load: object;
  /** What makes each module, by its id. */
  readonly factories: Readonly<Record<string, unknown>>;
}

/** The bundle's text, to be loaded where {@link awaitModules} waits for it. */
export function handingOverModules(code: string): string {
  return code.replace(MODULE_CACHE, `$1${HANDOVER}(__webpack_require__, __webpack_modules__) ?? `);
}

const AWAIT = new vm.Script(`(() => {
  let table;
  Object.defineProperty(globalThis, '${HANDOVER}', {
    value: (load, factories) => {
      delete globalThis.${HANDOVER};
      table = { load, factories };
    },
    configurable: true,
  });
  return () => {
    delete globalThis.${HANDOVER};
    return table;
  };
})()`);

/** @returns to be called when the bundle is loaded */
export function awaitModules(context: vm.Context): () => ModuleTable | undefined {
  return AWAIT.runInContext(context) as () => ModuleTable | undefined;
}

const REMEMBER = new vm.Script(`((memory, { load, factories }) => {
  const { getOwnPropertyDescriptors, getPrototypeOf, defineProperty, freeze, preventExtensions, hasOwn, prototype: ofObjects } = Object;
  const { ownKeys, apply } = Reflect;
  const bytes = getPrototypeOf(Uint8Array.prototype);
  const lengthOf = Object.getOwnPropertyDescriptor(bytes, 'length').get;
  const { forEach: eachInMap, set: putInMap, clear: clearMap } = Map.prototype;
  const { forEach: eachInSet, add: putInSet, clear: clearSet } = Set.prototype;
  const cache = globalThis.__webpack_module_cache__;

  const found = new Set();
  const prototypes = new Set();
  // What is of the outside is closed there.
  const isOutside = (value) => {
    let last = value;
    for (let one = value; one !== null; one = getPrototypeOf(one)) last = one;
    return last !== ofObjects && hasOwn(last, '__lookupGetter__');
  };
  const find = (value) => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (isObject && value !== globalThis && !isOutside(value)) found.add(value);
  };
  const findPrototype = (value) => {
    find(value);
    prototypes.add(value);
  };
  const findParts = (value) => {
    findPrototype(getPrototypeOf(value));
    const members = getOwnPropertyDescriptors(value);
    for (const key of ownKeys(members)) {
      const member = members[key];
      if (key === 'prototype' && typeof value === 'function') findPrototype(member.value);
      for (const part of [member.value, member.get, member.set]) find(part);
      // Modules give what they export by getters, which the SDK has asked, too.
      if (member.get !== undefined && typeof value === 'object' && !prototypes.has(value) && !hasOwn(value, 'constructor')) find(value[key]);
    }
    if (value instanceof Map) value.forEach((held, key) => [held, key].forEach(find));
    if (value instanceof Set) value.forEach(find);
  };

  // Every function has a prototype, and few are classes.
  const isOfPlainFunction = (prototype) => {
    const { constructor } = prototype;
    if (typeof constructor !== 'function' || constructor.prototype !== prototype) return false;
    return ownKeys(prototype).length === 1 && !Function.prototype.toString.call(constructor).startsWith('class');
  };

  const assigned = Object.setPrototypeOf([], null);
  const makeAccessor = (object, key, { value: was, enumerable }) => {
    let value = was;
    defineProperty(object, key, {
      get: () => value,
      set(given) {
        if (this !== object) {
          defineProperty(this, key, { value: given, writable: true, enumerable: true, configurable: true });
          return;
        }
        value = given;
        assigned[assigned.length] = () => { value = was; };
      },
      enumerable,
      configurable: false,
    });
  };
  const guard = (object) => {
    const members = getOwnPropertyDescriptors(object);
    for (const key of ownKeys(members)) {
      const member = members[key];
      if (member.writable && member.configurable) makeAccessor(object, key, member);
      else if (member.configurable) defineProperty(object, key, { configurable: false });
    }
    memory.remember(object, true);
  };

  const typed = (object) => {
    const was = bytes.slice.call(object);
    return () => {
      let isAsBefore = apply(lengthOf, object, []) === was.length;
      for (let at = 0; at < was.length; at += 1) {
        if (object[at] === was[at]) continue;
        isAsBefore = false;
        object[at] = was[at];
      }
      return isAsBefore;
    };
  };
  const table = (object, each, clear, put) => {
    const was = [];
    apply(each, object, [(value, key) => { was.push(key, value); }]);
    return () => {
      let at = 0;
      let isAsBefore = true;
      apply(each, object, [(value, key) => {
        if (was[at] !== key || was[at + 1] !== value) isAsBefore = false;
        at += 2;
      }]);
      if (isAsBefore && at === was.length) return true;
      apply(clear, object, []);
      for (let index = 0; index < was.length; index += 2) apply(put, object, [was[index], was[index + 1]]);
      return false;
    };
  };
  const rememberContent = (object) => {
    if (ArrayBuffer.isView(object) && !(object instanceof DataView)) memory.alsoReset(typed(object));
    else if (object instanceof Map) memory.alsoReset(table(object, eachInMap, clearMap, putInMap));
    else if (object instanceof Set) memory.alsoReset(table(object, eachInSet, clearSet, putInSet));
  };

  const roots = [load, factories];
  for (const id of ownKeys(factories)) {
    const shared = cache[id];
    if (shared !== undefined) roots.push(shared);
  }
  roots.forEach(find);
  freeze(factories);
  // Where an object cannot be looked into, or closed, no other run may meet it.
  const orSpoil = (visit) => (object) => {
    try {
      visit(object);
    } catch {
      memory.must(false);
    }
  };
  found.forEach(orSpoil(findParts));
  found.forEach(orSpoil((object) => {
    if (memory.knows(object)) return;
    rememberContent(object);
    if (ArrayBuffer.isView(object)) preventExtensions(object);
    else if (typeof object === 'function') freeze(object);
    else if (!prototypes.has(object)) memory.remember(object, true);
    else if (isOfPlainFunction(object)) freeze(object);
    else guard(object);
  }));
  // What ends with the context belongs to none of its runs.
  const { __temporal_globalSandboxDestructors: destructors } = globalThis;
  if (destructors !== undefined) memory.remember(destructors);

  memory.alsoReset(() => {
    const isAsBefore = assigned.length === 0;
    for (let at = 0; at < assigned.length; at += 1) assigned[at]();
    assigned.length = 0;
    return isAsBefore;
  });
  const exported = (...names) => roots.find(({ exports }) => exports && names.every((name) => typeof exports[name] === 'function'))?.exports;
  const { registerSleepImplementation } = exported('registerSleepImplementation') ?? {};
  const { sleep } = exported('sleep', 'scheduleActivity') ?? {};
  if (registerSleepImplementation === undefined || sleep === undefined) return;
  memory.alsoReset(() => {
    registerSleepImplementation(sleep);
    return true;
  });
})`);

/** For a context that the bundle was just loaded into. Built-ins are remembered already. */
export function rememberModules(context: vm.Context, memory: ContextMemory, modules: ModuleTable): void {
  REMEMBER.runInContext(context)(memory, modules);
}
