/**
 * The way into a context that runs share one after another, or by turns.
 *
 * Invariants
 * 1. While a function of a run is called, the context has the globals of that run: those that it left, or those of the beginning.
 *    Whatever a run did to globals (set, deleted, redefined) no other run sees.
 * 2. Microtasks that the call left are done when it returns; the context runs them after each script.
 * 3. Code inside finds nothing here to call: what is to be called is set from outside, right before.
 */
import vm from 'node:vm';

/** The globals of one run. */
export interface RunGlobals {
  /** As it left them for another; `undefined` before its first turn. */
  bag: PropertyDescriptorMap | undefined;
  /** It will not be called again, so that its globals need not be kept. */
  over: boolean;
}

type Inside = (...args: never[]) => unknown;

export interface Crossing {
  /** The globals that every run begins with. */
  keep(pristine: PropertyDescriptorMap): void;
  /** @param timeoutMs how long the call and its microtasks may compute */
  call(run: RunGlobals, inside: Inside, args: readonly unknown[], timeoutMs: number | undefined): unknown;
}

/** What the script below gives to the outside. */
interface Doors {
  keep(pristine: PropertyDescriptorMap): void;
  prepare(run: RunGlobals, inside: Inside, args: readonly unknown[]): void;
}

/** Takes what it uses of the context's own objects before anybody can change them. */
const DOORS = new vm.Script(`(() => {
  const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, defineProperty, hasOwn } = Object;
  const { ownKeys, apply } = Reflect;
  let beginning, current, prepared;

  const isAs = (key, { value, writable, enumerable, configurable, get, set }) => {
    const now = getOwnPropertyDescriptor(globalThis, key);
    return now !== undefined && now.value === value && now.get === get && now.set === set
      && now.writable === writable && now.enumerable === enumerable && now.configurable === configurable;
  };
  const restore = (bag) => {
    const here = ownKeys(globalThis);
    for (let at = 0; at < here.length; at += 1) if (!hasOwn(bag, here[at])) delete globalThis[here[at]];
    const keys = ownKeys(bag);
    for (let at = 0; at < keys.length; at += 1) {
      if (!isAs(keys[at], bag[keys[at]])) defineProperty(globalThis, keys[at], bag[keys[at]]);
    }
  };
  const cross = () => {
    const { run, inside, args } = prepared;
    prepared = undefined;
    if (current !== run) {
      if (current !== undefined && !current.over) current.bag = getOwnPropertyDescriptors(globalThis);
      current = run;
      restore(run.bag ?? beginning);
    }
    return apply(inside, undefined, args);
  };
  defineProperty(globalThis, '__missionCross', { value: cross, writable: false, enumerable: false, configurable: false });
  return {
    keep: (pristine) => { beginning = pristine; },
    prepare: (run, inside, args) => { prepared = { run, inside, args }; },
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
  };
}
