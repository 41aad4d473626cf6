/**
 * The modules of a bundle that runs share: the SDK's own, and what is loaded before any run. The SDK has closed what they export; here follows what
 * lies behind that.
 *
 * 1. Of the SDK, functions are closed, and what they and classes hold, prototypes above all, is remembered. These may not be closed: instances are given
 *    members that their class has, and code may wrap a method of a class for itself.
 * 2. Other modules may complete themselves when they are used first. Of these the prototypes are remembered that have members already.
 * 3. What tables, bytes and regular expressions hold is remembered, that of tables too which a module keeps to itself: the SDK has the timeouts of all
 *    runs in one.
 * 4. Who changes what is not the SDK's spoils the context, though it is taken back: such a module may have noted elsewhere that it was done. The SDK
 *    completes nothing later, and fills its tables for a run.
 * 5. What the SDK's modules keep in variables is treated as what they export, for code may be handed it by built-ins that it replaced. How scopes sleep
 *    is in a variable that is set: it is told anew after each run. What other modules keep to themselves nobody sees.
 */
import vm from 'node:vm';
import { IDS_OF_SDK } from '../artifact/kept-by-sdk.ts';
import type { ContextMemory } from './context-memory.ts';
import type { ModuleTable } from './module-handover.ts';

const REMEMBER = new vm.Script(`((memory, { load, factories, tables, kept, constants, told }) => {
  const { getOwnPropertyDescriptors, getPrototypeOf, freeze, preventExtensions, hasOwn, is, prototype: ofObjects } = Object;
  const { ownKeys, apply } = Reflect;
  const bytes = getPrototypeOf(Uint8Array.prototype);
  const lengthOf = Object.getOwnPropertyDescriptor(bytes, 'length').get;
  const { slice } = bytes;
  const ofMaps = { forEach: Map.prototype.forEach, clear: Map.prototype.clear, set: Map.prototype.set };
  const ofSets = { forEach: Set.prototype.forEach, clear: Set.prototype.clear, set: Set.prototype.add };
  const cache = globalThis.__webpack_module_cache__;

  const ofSdk = new Set();
  const ofOthers = new Set();
  const prototypes = new Set();
  const accessors = new Set();
  let found = ofSdk;
  // What is of the outside is closed there.
  const isOutside = (value) => {
    let last = value;
    for (let one = value; one !== null; one = getPrototypeOf(one)) last = one;
    return last !== ofObjects && hasOwn(last, '__lookupGetter__');
  };
  const find = (value) => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (isObject && value !== globalThis && !ofSdk.has(value) && !isOutside(value)) found.add(value);
  };
  const findPrototype = (value) => {
    find(value);
    prototypes.add(value);
  };
  const findGiven = (value, key) => {
    try {
      find(value[key]);
    } catch {
      // It gives nothing.
    }
  };
  const findParts = (value) => {
    findPrototype(getPrototypeOf(value));
    const members = getOwnPropertyDescriptors(value);
    for (const key of ownKeys(members)) {
      const member = members[key];
      if (key === 'prototype' && typeof value === 'function') findPrototype(member.value);
      for (const part of [member.value, member.get, member.set]) find(part);
      for (const accessor of [member.get, member.set]) accessors.add(accessor);
      // Modules give what they export by getters, which the SDK has asked, too.
      if (member.get !== undefined && typeof value === 'object' && !prototypes.has(value) && !hasOwn(value, 'constructor')) findGiven(value, key);
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

  const typed = (object, spoils) => {
    const was = bytes.slice.call(object);
    const count = was.length;
    const fill = (from) => {
      for (let at = 0; at < count; at += 1) object[at] = from[at];
    };
    return () => {
      // Without its buffer it has none.
      memory.must(apply(lengthOf, object, []) === count);
      let isAsBefore = true;
      for (let at = 0; at < count; at += 1) if (!is(object[at], was[at])) isAsBefore = false;
      if (isAsBefore) return undefined;
      memory.must(!spoils);
      const now = apply(slice, object, []);
      fill(was);
      return () => fill(now);
    };
  };
  const table = (object, { forEach, clear, set }, spoils) => {
    const contentOf = () => {
      const content = Object.setPrototypeOf([], null);
      apply(forEach, object, [(value, key) => {
        content[content.length] = key;
        content[content.length] = value;
      }]);
      return content;
    };
    const fill = (from) => {
      apply(clear, object, []);
      for (let at = 0; at < from.length; at += 2) apply(set, object, [from[at], from[at + 1]]);
    };
    const was = contentOf();
    return () => {
      let at = 0;
      let isAsBefore = true;
      apply(forEach, object, [(value, key) => {
        if (!is(was[at], key) || !is(was[at + 1], value)) isAsBefore = false;
        at += 2;
      }]);
      if (isAsBefore && at === was.length) return undefined;
      memory.must(!spoils);
      const now = contentOf();
      fill(was);
      return () => fill(now);
    };
  };
  // A pattern that is compiled anew is another one in the same object.
  const { compile } = RegExp.prototype;
  // Each asks the expression itself; \`flags\` would ask its members.
  const FLAGS = { hasIndices: 'd', global: 'g', ignoreCase: 'i', multiline: 'm', dotAll: 's', unicode: 'u', unicodeSets: 'v', sticky: 'y' };
  const getterOf = (key) => Object.getOwnPropertyDescriptor(RegExp.prototype, key)?.get;
  const sourceOf = getterOf('source');
  const flagGetters = ownKeys(FLAGS).map((key) => ({ ask: getterOf(key), flag: FLAGS[key] })).filter(({ ask }) => ask !== undefined);
  const flagsOf = (object) => {
    let flags = '';
    for (let at = 0; at < flagGetters.length; at += 1) if (apply(flagGetters[at].ask, object, [])) flags += flagGetters[at].flag;
    return flags;
  };
  const pattern = (object, spoils) => {
    const was = { source: object.source, flags: object.flags };
    return () => {
      const source = apply(sourceOf, object, []);
      const flags = flagsOf(object);
      if (source === was.source && flags === was.flags) return undefined;
      memory.must(!spoils);
      apply(compile, object, [was.source, was.flags]);
      return () => apply(compile, object, [source, flags]);
    };
  };
  const withContent = new Set();
  const rememberContent = (object, spoils) => {
    if (withContent.has(object)) return;
    withContent.add(object);
    if (ArrayBuffer.isView(object) && !(object instanceof DataView)) memory.alsoTakeBack(typed(object, spoils));
    else if (object instanceof Map) memory.alsoTakeBack(table(object, ofMaps, spoils));
    else if (object instanceof Set) memory.alsoTakeBack(table(object, ofSets, spoils));
    else if (object instanceof RegExp) memory.alsoTakeBack(pattern(object, spoils));
  };

  // Where an object cannot be looked into, or closed, no other run may meet it.
  const orSpoil = (visit) => (object) => {
    try {
      visit(object);
    } catch {
      memory.must(false);
    }
  };
  const findAll = (roots) => {
    roots.forEach(find);
    found.forEach(orSpoil(findParts));
  };

  const ids = ownKeys(factories);
  const sharedBy = (ofWhom) => ids.filter(ofWhom).map((id) => cache[id]).filter((module) => module !== undefined);
  const isOfSdk = (id) => ${IDS_OF_SDK}.test(id);
  const sdk = sharedBy(isOfSdk);
  for (const { object, isPreloaded } of tables) {
    rememberContent(object, isPreloaded);
    if (!isPreloaded) memory.remember(object);
  }
  freeze(factories);
  // The bundle's text was written anew, and does not tell.
  for (const id of ids) if (isOfSdk(id) && cache[id] !== undefined) memory.must(told.includes(id));
  const constant = new Set(constants.filter((one) => typeof one === 'object' && !(one instanceof RegExp)));
  findAll([load, factories, globalThis.__TEMPORAL__, ...sdk, ...kept, ...constants]);
  found.forEach(orSpoil((object) => {
    if (memory.knows(object) || constant.has(object)) return;
    rememberContent(object, false);
    if (ArrayBuffer.isView(object)) preventExtensions(object);
    else if (typeof object === 'function') freeze(object);
    else if (prototypes.has(object) && isOfPlainFunction(object)) freeze(object);
    else memory.remember(object);
  }));
  found = ofOthers;
  findAll(sharedBy((id) => !isOfSdk(id)));
  found.forEach(orSpoil((object) => {
    // Even a closed one can be compiled anew. Bytes may be many, and scratch.
    if (object instanceof RegExp) rememberContent(object, true);
    if (accessors.has(object)) freeze(object);
    else if (prototypes.has(object) && !isOfPlainFunction(object)) memory.remember(object, true);
  }));
  // What ends with the context belongs to none of its runs. Code may only use the class that the SDK keeps a run's place in.
  const { __temporal_globalSandboxDestructors: destructors } = globalThis;
  if (destructors !== undefined) {
    memory.remember(destructors);
    for (const destructor of destructors) freeze(destructor);
  }
  freeze(AsyncLocalStorage.prototype);

  const allWith = (...names) =>
    sdk.map(({ exports }) => exports).filter((exports) => exports && names.every((name) => typeof exports[name] === 'function'));
  const exported = (...names) => allWith(...names)[0];
  // They are kept for all runs once they are asked for.
  for (const { fromInt } of allWith('fromInt', 'fromBits')) {
    for (let small = -128; small < 256; small += 1) [fromInt(small), fromInt(small, true)].forEach(freeze);
  }

  constant.forEach(orSpoil(freeze));

  const { registerSleepImplementation } = exported('registerSleepImplementation') ?? {};
  const { sleep } = exported('sleep', 'scheduleActivity') ?? {};
  if (registerSleepImplementation === undefined || sleep === undefined) return;
  memory.alsoTakeBack(() => {
    registerSleepImplementation(sleep);
  });
})`);

/** For a context that the bundle was just loaded into. Built-ins are remembered already. */
export function rememberModules(context: vm.Context, memory: ContextMemory, modules: ModuleTable): void {
  REMEMBER.runInContext(context)(memory, modules);
}
