/**
 * The way into a context that runs share one after another, or by turns.
 *
 * Invariants
 * 1. While a function of a run is called, the context has the globals of that run: those that it left, or those of the beginning.
 *    Whatever a run did to globals or to built-in prototypes (set, deleted, redefined) no other run sees. Nothing can be hung on
 *    built-in methods: they are closed, as the SDK has closed classes and namespaces already.
 * 2. Microtasks that the call left are done when it returns; the context runs them after each script.
 * 3. Code inside finds nothing here to call: what is to be called is set from outside, right before.
 * 4. What cannot be taken back (a prototype that was frozen) spoils the context: it is to be used no more.
 */
import vm from 'node:vm';

/** The globals of one run. */
export interface RunGlobals {
  /** As it left them for another; `undefined` before its first turn. */
  bag: PropertyDescriptorMap | undefined;
  /** What it changed of built-in prototypes, while another has its turn. */
  changes: readonly unknown[] | undefined;
  /** It will not be called again, so that nothing of it need be kept. */
  over: boolean;
}

/** For a run that begins. */
export function newGlobals(): RunGlobals {
  return { bag: undefined, changes: undefined, over: false };
}

type Inside = (...args: never[]) => unknown;

export interface Crossing {
  /** The globals that every run begins with. */
  keep(pristine: PropertyDescriptorMap): void;
  /** @param timeoutMs how long the call and its microtasks may compute */
  call(run: RunGlobals, inside: Inside, args: readonly unknown[], timeoutMs: number | undefined): unknown;
  /** The run is over: what it changed is taken back. */
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
 * Takes what it uses of the context's own objects before anybody can change them, and calls no method of any other: those
 * may be changed when it works.
 */
const DOORS = new vm.Script(`(() => {
  const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, getOwnPropertyNames, getOwnPropertySymbols } = Object;
  const { getPrototypeOf, setPrototypeOf, defineProperty, hasOwn, isExtensible, isFrozen, freeze } = Object;
  const functions = Function.prototype;
  const { ownKeys, apply } = Reflect;
  let beginning, beginningKeys, current, prepared;
  let spoiled = false;
  const builtIn = [];

  const same = (one, other) => one !== undefined && one.value === other.value && one.get === other.get && one.set === other.set
    && one.writable === other.writable && one.enumerable === other.enumerable && one.configurable === other.configurable;

  const remember = (object) => {
    for (let at = 0; at < builtIn.length; at += 1) if (builtIn[at].object === object) return;
    const was = getOwnPropertyDescriptors(object);
    const keys = ownKeys(object);
    const parts = { names: [], symbols: [], values: [], computed: [] };
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at];
      const { get, set, value } = setPrototypeOf(was[key], null);
      const isComputed = get !== undefined || set !== undefined;
      if (isComputed) parts.computed[parts.computed.length] = { key, get, set };
      parts.values[at] = isComputed ? builtIn : value;
      const alike = typeof key === 'symbol' ? parts.symbols : parts.names;
      alike[alike.length] = key;
    }
    builtIn[builtIn.length] = { object, was: setPrototypeOf(was, null), keys, isOpen: isExtensible(object), ...parts };
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
      const { values } = builtIn[at];
      for (let index = 0; index < values.length; index += 1) if (isClass(values[index]) && isOwn(values[index])) rememberClass(values[index]);
    }
  };
  const closeMethod = (method) => {
    if (typeof method !== 'function' || !isOwn(method)) return;
    for (let at = 0; at < builtIn.length; at += 1) if (builtIn[at].object === method) return;
    freeze(method);
  };
  const closeMethods = () => {
    for (let at = 0; at < builtIn.length; at += 1) {
      const { values, computed } = builtIn[at];
      for (let index = 0; index < values.length; index += 1) closeMethod(values[index]);
      for (let index = 0; index < computed.length; index += 1) {
        closeMethod(computed[index].get);
        closeMethod(computed[index].set);
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
  // Nor at single values that are closed; the SDK's functions take long to tell their \`arguments\`.
  const forgetClosed = () => {
    for (let at = 0; at < builtIn.length; at += 1) {
      const { was, keys, values } = builtIn[at];
      for (let index = 0; index < keys.length; index += 1) {
        const { writable, configurable } = was[keys[index]];
        if (!writable && !configurable) values[index] = builtIn;
      }
    }
  };
  const rememberAll = () => {
    const keys = ownKeys(beginning);
    for (let at = 0; at < keys.length; at += 1) {
      const { value } = beginning[keys[at]];
      if (isClass(value)) rememberClass(value);
    }
    for (const space of [Math, JSON, Reflect, Atomics, Intl]) remember(space);
    for (const made of [() => 0, async () => 0, function* () {}, async function* () {}]) {
      rememberChain(getPrototypeOf(made));
      if (made.prototype !== undefined) rememberChain(getPrototypeOf(made.prototype));
    }
    for (const iterable of [[], '', new Map(), new Set(), 'a'.matchAll(/a/g)]) rememberChain(getPrototypeOf(iterable[Symbol.iterator]()));
    rememberHidden();
    closeMethods();
    forgetFrozen();
    forgetClosed();
  };

  // Done for every run, so it has to be fast: names and symbols apart take half the time of all keys at once.
  const hasSameKeys = (now, keys) => {
    if (now.length !== keys.length) return false;
    for (let at = 0; at < now.length; at += 1) if (now[at] !== keys[at]) return false;
    return true;
  };
  const hasSameValues = ({ object, keys, values }) => {
    // What is computed or closed stands as \`builtIn\` here: no getter is called.
    for (let at = 0; at < values.length; at += 1) if (values[at] !== builtIn && object[keys[at]] !== values[at]) return false;
    return true;
  };
  const isComputedAsBefore = ({ object, computed }) => {
    for (let at = 0; at < computed.length; at += 1) {
      const { key, get, set } = computed[at];
      const now = getOwnPropertyDescriptor(object, key);
      if (now.get !== get || now.set !== set) return false;
    }
    return true;
  };
  const isAsBefore = (one) => isExtensible(one.object) === one.isOpen
    && hasSameKeys(getOwnPropertyNames(one.object), one.names)
    && hasSameKeys(getOwnPropertySymbols(one.object), one.symbols)
    && isComputedAsBefore(one)
    && hasSameValues(one);
  const takeBack = () => {
    const changes = [];
    const changed = [];
    for (let at = 0; at < builtIn.length; at += 1) if (!isAsBefore(builtIn[at])) changed[changed.length] = builtIn[at];
    // What was added goes first: it may stand in the way of defining the rest.
    for (let at = 0; at < changed.length; at += 1) {
      const { object, was, isOpen } = changed[at];
      if (isExtensible(object) !== isOpen) spoiled = true;
      const now = ownKeys(object);
      for (let index = 0; index < now.length; index += 1) {
        const key = now[index];
        if (key in was) continue;
        changes[changes.length] = { object, key, now: getOwnPropertyDescriptor(object, key) };
        if (!delete object[key]) spoiled = true;
      }
    }
    for (let at = 0; at < changed.length; at += 1) {
      const { object, was, keys } = changed[at];
      for (let index = 0; index < keys.length; index += 1) {
        const now = getOwnPropertyDescriptor(object, keys[index]);
        if (same(now, was[keys[index]])) continue;
        changes[changes.length] = { object, key: keys[index], now };
        defineProperty(object, keys[index], was[keys[index]]);
      }
    }
    return changes;
  };
  const makeAgain = (changes) => {
    for (let at = 0; at < changes.length; at += 1) {
      const { object, key, now } = changes[at];
      if (now === undefined) delete object[key];
      else defineProperty(object, key, now);
    }
  };
  const restore = (bag) => {
    const keys = bag === beginning ? beginningKeys : ownKeys(bag);
    const here = ownKeys(globalThis);
    if (!hasSameKeys(here, keys)) {
      for (let at = 0; at < here.length; at += 1) if (!hasOwn(bag, here[at])) delete globalThis[here[at]];
    }
    for (let at = 0; at < keys.length; at += 1) {
      if (!same(getOwnPropertyDescriptor(globalThis, keys[at]), bag[keys[at]])) defineProperty(globalThis, keys[at], bag[keys[at]]);
    }
  };
  const turnTo = (run) => {
    if (current !== undefined && !current.over) {
      current.changes = takeBack();
      current.bag = getOwnPropertyDescriptors(globalThis);
    }
    current = run;
    restore(run.bag ?? beginning);
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
      rememberAll();
    },
    prepare: (run, inside, args) => { prepared = { run, inside, args }; },
    leave: (run) => {
      run.over = true;
      if (current !== run) return;
      try {
        takeBack();
      } catch {
        spoiled = true;
      }
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
