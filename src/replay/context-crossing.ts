/**
 * The way into a context that runs share one after another, or by turns.
 *
 * Invariants
 * 1. While a function of a run is called, the context has the globals of that run: those that it left, or those of the beginning.
 *    Whatever a run did to globals or to built-in prototypes (set, deleted, redefined, given another prototype) no other run sees. Nothing can be
 *    hung on built-in methods: they are closed, as the SDK has closed classes and namespaces already.
 * 2. Microtasks that the call left are done when it returns; the context runs them after each script.
 * 3. Code inside finds nothing here to call: what is to be called is set from outside, right before.
 * 4. What cannot be taken back (a prototype that was frozen, a global for good) spoils the context: it is to be used no more.
 */
import vm from 'node:vm';

/** The globals of one run. */
export interface RunGlobals {
  /** As it left them for another; `undefined` before its first turn. */
  bag: PropertyDescriptorMap | undefined;
  /** What it changed of built-in prototypes, while another has its turn. */
  changes: readonly unknown[] | undefined;
}

/** For a run that begins. */
export function newGlobals(): RunGlobals {
  return { bag: undefined, changes: undefined };
}

type Inside = (...args: never[]) => unknown;

export interface Crossing {
  /** The globals that every run begins with. */
  keep(pristine: PropertyDescriptorMap): void;
  /** @param timeoutMs how long the call and its microtasks may compute */
  call(run: RunGlobals, inside: Inside, args: readonly unknown[], timeoutMs: number | undefined): unknown;
  /** The run is over: what it changed is taken back, and it is not called again. */
  leave(run: RunGlobals): void;
  /** Whether something could not be taken back. */
  readonly isSpoiled: boolean;
}

/** What the script below gives to the outside. */
interface Doors {
  keep(pristine: PropertyDescriptorMap): void;
  prepare(run: RunGlobals, inside: Inside, args: readonly unknown[]): void;
  leave(run: RunGlobals): void;
  isSpoiled(): boolean;
}

/**
 * Takes what it uses of the context's own objects before anybody can change them, and calls no method of any other: those may be changed when it
 * works. For the same reason it puts nothing into an array that inherits, where a setter of code may wait for it.
 */
const DOORS = new vm.Script(`(() => {
  const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, getOwnPropertyNames, getOwnPropertySymbols } = Object;
  const { getPrototypeOf, hasOwn, isExtensible, isFrozen, freeze } = Object;
  const { prototype: ofObjects } = Object;
  const functions = Function.prototype;
  const { exec } = RegExp.prototype;
  const nothing = /()()()()()()()()()/;
  const { defineProperty, deleteProperty, ownKeys, apply, setPrototypeOf: inherit } = Reflect;
  let beginning, beginningKeys, beginningParent, namesOfObjects, current, prepared;
  let spoiled = false;
  const builtIn = [];

  const same = (one, other) => one !== undefined && one.value === other.value && one.get === other.get && one.set === other.set
    && one.writable === other.writable && one.enumerable === other.enumerable && one.configurable === other.configurable;
  // Neither finds what code may have put where objects and arrays look for what they do not have.
  const bare = (object) => {
    inherit(object, null);
    return object;
  };
  const describe = (object, key) => {
    const found = getOwnPropertyDescriptor(object, key);
    return found && bare(found);
  };
  const must = (done) => {
    if (!done) spoiled = true;
  };

  const remember = (object) => {
    for (let at = 0; at < builtIn.length; at += 1) if (builtIn[at].object === object) return;
    const was = bare(getOwnPropertyDescriptors(object));
    const keys = ownKeys(object);
    const parts = { names: [], symbols: [], open: [], asOpen: [] };
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at];
      const { writable, configurable } = bare(was[key]);
      const alike = typeof key === 'symbol' ? parts.symbols : parts.names;
      alike[alike.length] = key;
      // Nobody can change the others.
      if (!writable && !configurable) continue;
      parts.open[parts.open.length] = key;
      parts.asOpen[parts.asOpen.length] = was[key];
    }
    builtIn[builtIn.length] = { object, parent: getPrototypeOf(object), was, keys, isOpen: isExtensible(object), ...parts };
  };
  const rememberChain = (object) => {
    for (let one = object; one !== null && one !== undefined; one = getPrototypeOf(one)) remember(one);
  };
  const isClass = (value) => typeof value === 'function' && typeof value.prototype === 'object';
  // Some are of the outside, such as URL.
  const isOwn = (value) => {
    let one = getPrototypeOf(value);
    while (one !== null && one !== functions) one = getPrototypeOf(one);
    return one === functions;
  };
  const rememberClass = (one) => {
    if (isOwn(one)) rememberChain(one);
    rememberChain(one.prototype);
  };
  // A class may be known by its prototype alone, or by the namespace that holds it.
  const rememberHidden = () => {
    for (let at = 0; at < builtIn.length; at += 1) {
      const { was, keys } = builtIn[at];
      for (let index = 0; index < keys.length; index += 1) {
        const { value } = was[keys[index]];
        if (isClass(value) && isOwn(value)) rememberClass(value);
      }
    }
  };
  const closeMethod = (method) => {
    if (typeof method !== 'function' || !isOwn(method)) return;
    for (let at = 0; at < builtIn.length; at += 1) if (builtIn[at].object === method) return;
    freeze(method);
  };
  const closeMethods = () => {
    for (let at = 0; at < builtIn.length; at += 1) {
      const { was, keys } = builtIn[at];
      for (let index = 0; index < keys.length; index += 1) {
        const { value, get, set } = was[keys[index]];
        closeMethod(value);
        closeMethod(get);
        closeMethod(set);
      }
    }
  };
  // Nobody can change them any more, so nobody need look at them after each run.
  const forgetFrozen = () => {
    let kept = 0;
    for (let at = 0; at < builtIn.length; at += 1) {
      if (isFrozen(builtIn[at].object)) continue;
      builtIn[kept] = builtIn[at];
      kept += 1;
    }
    builtIn.length = kept;
  };
  const rememberAll = () => {
    const keys = ownKeys(beginning);
    for (let at = 0; at < keys.length; at += 1) {
      const { value } = beginning[keys[at]];
      if (isClass(value)) rememberClass(value);
    }
    for (const space of [Math, JSON, Reflect, Atomics, Intl, Array.prototype[Symbol.unscopables]]) remember(space);
    if (typeof WebAssembly === 'object') remember(WebAssembly);
    for (const made of [() => 0, async () => 0, function* () {}, async function* () {}]) {
      rememberChain(getPrototypeOf(made));
      if (made.prototype !== undefined) rememberChain(getPrototypeOf(made.prototype));
    }
    const segments = new Intl.Segmenter().segment('a');
    rememberChain(getPrototypeOf(segments));
    for (const iterable of [[], '', new Map(), new Set(), 'a'.matchAll(/a/g), segments]) rememberChain(getPrototypeOf(iterable[Symbol.iterator]()));
    rememberHidden();
    closeMethods();
    forgetFrozen();
  };

  // Done for every run, so it has to be fast: names and symbols apart take half the time of all keys at once.
  const hasSameKeys = (now, keys) => {
    if (now.length !== keys.length) return false;
    for (let at = 0; at < now.length; at += 1) if (now[at] !== keys[at]) return false;
    return true;
  };
  // Descriptors tell what nothing else does: an accessor that gives what was there, and that nobody may write any more.
  const isAsBefore = ({ object, parent, isOpen, names, symbols, open, asOpen }) => {
    if (isExtensible(object) !== isOpen || getPrototypeOf(object) !== parent) return false;
    if (!hasSameKeys(getOwnPropertyNames(object), names) || !hasSameKeys(getOwnPropertySymbols(object), symbols)) return false;
    for (let at = 0; at < open.length; at += 1) if (!same(getOwnPropertyDescriptor(object, open[at]), asOpen[at])) return false;
    return true;
  };
  const findChanged = () => {
    const changed = bare([]);
    // What is added to the prototype of all objects is found in descriptors, too: then none can be told to be the same.
    const isBlind = !hasSameKeys(getOwnPropertyNames(ofObjects), namesOfObjects);
    for (let at = 0; at < builtIn.length; at += 1) if (isBlind || !isAsBefore(builtIn[at])) changed[changed.length] = builtIn[at];
    return changed;
  };
  const takeBack = () => {
    const changes = bare([]);
    const changed = findChanged();
    // What was added goes first: it may stand in the way of defining the rest.
    for (let at = 0; at < changed.length; at += 1) {
      const { object, parent, was, isOpen } = changed[at];
      must(isExtensible(object) === isOpen);
      const heir = getPrototypeOf(object);
      if (heir !== parent) {
        changes[changes.length] = { object, parent: heir };
        must(inherit(object, parent));
      }
      const now = ownKeys(object);
      for (let index = 0; index < now.length; index += 1) {
        const key = now[index];
        if (key in was) continue;
        changes[changes.length] = { object, key, now: describe(object, key) };
        must(deleteProperty(object, key));
      }
    }
    for (let at = 0; at < changed.length; at += 1) {
      const { object, was, keys } = changed[at];
      for (let index = 0; index < keys.length; index += 1) {
        const now = describe(object, keys[index]);
        if (same(now, was[keys[index]])) continue;
        changes[changes.length] = { object, key: keys[index], now };
        must(defineProperty(object, keys[index], was[keys[index]]));
      }
    }
    return changes;
  };
  const makeAgain = (changes) => {
    for (let at = 0; at < changes.length; at += 1) {
      const { object, parent, key, now } = changes[at];
      if (parent !== undefined) inherit(object, parent);
      else if (now === undefined) deleteProperty(object, key);
      else defineProperty(object, key, now);
    }
  };
  const restore = (bag) => {
    const keys = bag === beginning ? beginningKeys : ownKeys(bag);
    const here = ownKeys(globalThis);
    must(isExtensible(globalThis));
    if (getPrototypeOf(globalThis) !== beginningParent) must(inherit(globalThis, beginningParent));
    if (!hasSameKeys(here, keys)) {
      for (let at = 0; at < here.length; at += 1) if (!hasOwn(bag, here[at])) must(deleteProperty(globalThis, here[at]));
    }
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at];
      if (!same(getOwnPropertyDescriptor(globalThis, key), bag[key])) must(defineProperty(globalThis, key, bag[key]));
    }
  };
  // Without a current run all is as in the beginning.
  const turnTo = (run) => {
    if (current !== undefined) {
      current.changes = takeBack();
      current.bag = getOwnPropertyDescriptors(globalThis);
    }
    if (current !== undefined || run.bag !== undefined) restore(run.bag ?? beginning);
    current = run;
    if (run.changes !== undefined) makeAgain(run.changes);
  };
  const cross = () => {
    const { run, inside, args } = prepared;
    prepared = undefined;
    if (current !== run) turnTo(run);
    return apply(inside, undefined, args);
  };
  defineProperty(globalThis, '__missionCross', { value: cross, writable: false, enumerable: false, configurable: false });
  return {
    keep: (pristine) => {
      beginning = pristine;
      beginningKeys = ownKeys(pristine);
      beginningParent = getPrototypeOf(globalThis);
      namesOfObjects = getOwnPropertyNames(ofObjects);
      rememberAll();
    },
    prepare: (run, inside, args) => { prepared = { run, inside, args }; },
    leave: (run) => {
      if (current !== run) return;
      current = undefined;
      takeBack();
      restore(beginning);
      // What the last expression matched is told by all of them.
      apply(exec, nothing, ['']);
    },
    isSpoiled: () => spoiled,
  };
})()`);

const CROSS = new vm.Script('__missionCross()');

/** For a context in which nothing has run yet. */
export function defineCrossing(context: vm.Context): Crossing {
  const doors = DOORS.runInContext(context) as Doors;
  return {
    keep: (pristine) => doors.keep(pristine),
    call(run, inside, args, timeoutMs) {
      doors.prepare(run, inside, args);
      return CROSS.runInContext(context, { timeout: timeoutMs, displayErrors: true });
    },
    leave: (run) => doors.leave(run),
    get isSpoiled() {
      return doors.isSpoiled();
    },
  };
}
