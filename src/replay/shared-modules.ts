/**
 * The modules of a bundle that runs share: the SDK's own, and what is loaded before any run. The SDK has closed what they export; here follows what
 * lies behind that.
 *
 * 1. Of the SDK, functions are closed, and what they and classes hold, prototypes above all, is remembered. These may not be closed: instances are given
 *    members that their class has, and code may wrap a method of a class for itself.
 * 2. Of a mission's library and schemas all is completed first (`complete-library.ts`). What is settled then is closed, the rest remembered.
 * 3. Other modules may complete themselves when they are used first. Of these the prototypes are remembered that have members already.
 * 4. What tables, bytes and regular expressions hold is remembered, that of tables too which a module keeps to itself: the SDK has the timeouts of all
 *    runs in one.
 * 5. Who changes what is of others spoils the context, though it is taken back: such a module may have noted elsewhere that it was done. The SDK
 *    completes nothing later, and fills its tables for a run.
 * 6. What the SDK's modules and zod keep in variables is treated as what they export, for code may be handed it by built-ins that it replaced. How scopes sleep
 *    is in a variable that is set: it is told anew after each run. What other modules keep to themselves nobody sees.
 */
import vm from 'node:vm';
import { IDS_OF_SDK } from '../artifact/kept-by-sdk.ts';
import { SHARED_MODULES } from '../artifact/shared-by-runs.ts';
import type { ContextMemory } from './context-memory.ts';
import type { ModuleTable } from './module-handover.ts';
import { defineContent } from './shared-content.ts';

const REMEMBER =
  new vm.Script(`(({ memory, rememberContent }, { load, factories, tables, kept, constants, library, completed: { settled, roots, isWhole }, weak, told }) => {
  const { getOwnPropertyDescriptors, getPrototypeOf, freeze, preventExtensions, hasOwn, is, prototype: ofObjects } = Object;
  const { ownKeys } = Reflect;
  const cache = globalThis.__webpack_module_cache__;

  const ofSdk = new Set();
  const ofLibrary = new Set();
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
    if (isObject && value !== globalThis && !ofSdk.has(value) && !ofLibrary.has(value) && !isOutside(value)) found.add(value);
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
  // Modules give what they export by getters, which the SDK has asked, too. Others of zod's compute something for the object that is asked.
  const isExport = (value, { get, set, enumerable }) => {
    if (get === undefined || typeof value !== 'object' || prototypes.has(value) || hasOwn(value, 'constructor')) return false;
    return found !== ofLibrary || (enumerable && set === undefined);
  };
  const findParts = (value) => {
    findPrototype(getPrototypeOf(value));
    const members = getOwnPropertyDescriptors(value);
    for (const key of ownKeys(members)) {
      const member = members[key];
      if (key === 'prototype' && typeof value === 'function') findPrototype(member.value);
      for (const part of [member.value, member.get, member.set]) find(part);
      for (const accessor of [member.get, member.set]) accessors.add(accessor);
      if (isExport(value, member)) findGiven(value, key);
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
  const isOfLibrary = (id) => ${JSON.stringify(Object.values(SHARED_MODULES))}.includes(id);
  memory.must(isWhole);
  found = ofLibrary;
  const assigned = library.assigned.map(([read, set]) => ({ read, set, was: read() }));
  findAll([...sharedBy(isOfLibrary), ...library.changing, ...roots, ...assigned.map(({ was }) => was), ...weak.begin()]);
  memory.alsoTakeBack(() => weak.takeBack());
  memory.alsoTakeBack(() => {
    let makeAgain;
    for (let at = 0; at < assigned.length; at += 1) {
      const { read, set, was } = assigned[at];
      const now = read();
      if (is(now, was)) continue;
      set(was);
      const before = makeAgain;
      makeAgain = () => {
        before?.();
        set(now);
      };
    }
    return makeAgain;
  });
  // Classes of zod get their members when they make their first schema.
  const isOfZodClass = ({ constructor }) => typeof constructor === 'function' && hasOwn(constructor, 'init');
  const isClosed = (object) => {
    if (typeof object === 'function' || object instanceof Map || object instanceof Set) return true;
    // What a module exports is defined for good.
    const members = Object.values(getOwnPropertyDescriptors(object));
    if (members.length > 0 && members.every(({ get, configurable }) => get !== undefined && !configurable)) return true;
    return prototypes.has(object) && hasOwn(object, 'constructor') && ownKeys(object).length === 1 && !isOfZodClass(object);
  };
  found.forEach(orSpoil((object) => {
    if (memory.knows(object)) return;
    rememberContent(object, false);
    if (settled.has(object) || isClosed(object)) freeze(object);
    else memory.remember(object);
  }));
  found = ofOthers;
  findAll(sharedBy((id) => !isOfSdk(id) && !isOfLibrary(id)));
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
  const rememberContent = defineContent(context, memory);
  REMEMBER.runInContext(context)({ memory, rememberContent }, modules);
}
