/**
 * The way into a context that runs share one after another, or by turns.
 *
 * Invariants
 * 1. While a function of a run is called, the context is that run's: with the globals and prototypes that it left, or those of the beginning. What a
 *    run did to either no other run sees.
 * 2. Microtasks that the call left are done when it returns; the context runs them after each script. What was left by other roads is done before
 *    another run has its turn.
 * 3. Code inside finds nothing here to call: what is to be called is set from outside, right before.
 * 4. What cannot be taken back (a global for good) spoils the context: it is to be used no more.
 */
import vm from 'node:vm';
import { type ContextMemory, defineMemory } from './context-memory.ts';
import type { ModuleTable } from './module-handover.ts';
import { rememberBuiltIns } from './remember-built-ins.ts';
import { rememberModules } from './shared-modules.ts';

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
  /**
   * Runs may begin.
   *
   * @param pristine the globals that every run begins with
   * @param modules what runs share. Where nobody knows it the context is good for one run
   */
  begin(pristine: PropertyDescriptorMap, modules: ModuleTable | undefined): void;
  /** Whose turn it is, if it is anybody's. */
  current(): RunGlobals | undefined;
  /** From here on it is this run's turn. */
  enter(run: RunGlobals): void;
  /** @param timeoutMs how long the call and its microtasks may compute */
  call(run: RunGlobals, inside: Inside, args: readonly unknown[], timeoutMs: number | undefined): unknown;
  /** The run is over: what it changed is taken back, and it is not called again. */
  leave(run: RunGlobals): void;
  /** Whether something could not be taken back. */
  readonly isSpoiled: boolean;
}

/** What the script below gives to the outside. */
interface Doors {
  begin(pristine: PropertyDescriptorMap): void;
  current(): RunGlobals | undefined;
  turnTo(run: RunGlobals): void;
  prepare(inside: Inside, args: readonly unknown[]): void;
  leave(): void;
}

/** Of the context's own objects it uses what it took before anybody could change them; see `context-memory.ts`. */
const DOORS = new vm.Script(`((memory) => {
  const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, getPrototypeOf, hasOwn, isExtensible } = Object;
  const { defineProperty, deleteProperty, ownKeys, apply, setPrototypeOf: inherit } = Reflect;
  const { must, orSpoil, hasSameKeys, isSame, order } = memory;
  let beginning, beginningKeys, beginningParent, current, prepared;

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
      if (!isSame(getOwnPropertyDescriptor(globalThis, key), bag[key])) must(defineProperty(globalThis, key, bag[key]));
    }
    if (!hasSameKeys(ownKeys(globalThis), keys)) order(globalThis, bag, keys);
  };
  // Otherwise they would find what code put where objects look for what they do not have.
  const bare = (bag) => {
    inherit(bag, null);
    const keys = ownKeys(bag);
    for (let at = 0; at < keys.length; at += 1) inherit(bag[keys[at]], null);
    return bag;
  };
  const cross = () => {
    const { inside, args } = prepared;
    prepared = undefined;
    return apply(inside, undefined, args);
  };
  defineProperty(globalThis, '__missionCross', { value: cross, writable: false, enumerable: false, configurable: false });
  return {
    begin: (pristine) => {
      beginning = bare({ ...pristine });
      beginningKeys = ownKeys(pristine);
      beginningParent = getPrototypeOf(globalThis);
    },
    current: () => current,
    // Without a current run all is as in the beginning.
    turnTo: (run) => {
      const last = current;
      current = run;
      orSpoil(() => {
        if (last !== undefined) {
          last.changes = memory.takeBack();
          last.bag = bare(getOwnPropertyDescriptors(globalThis));
        }
        if (last !== undefined || run.bag !== undefined) restore(run.bag ?? beginning);
        if (run.changes !== undefined) memory.makeAgain(run.changes);
      });
    },
    prepare: (inside, args) => { prepared = { inside, args }; },
    leave: () => {
      current = undefined;
      orSpoil(memory.takeBack);
      orSpoil(() => restore(beginning));
    },
  };
})`);

const CROSS = new vm.Script('__missionCross()');

/** Does what the context has still to do. */
const SETTLE = new vm.Script('');

/**
 * For a context in which nothing has run yet.
 *
 * @param takeBack of what a run does to it beside objects; gives back what makes it again
 */
export function defineCrossing(context: vm.Context, takeBack: () => () => void): Crossing {
  const memory: ContextMemory = defineMemory(context);
  memory.alsoTakeBack(takeBack);
  const doors = DOORS.runInContext(context)(memory) as Doors;
  const enter = (run: RunGlobals, timeoutMs?: number): void => {
    if (doors.current() === run) return;
    SETTLE.runInContext(context, { timeout: timeoutMs });
    doors.turnTo(run);
  };
  return {
    current: () => doors.current(),
    begin(pristine, modules) {
      doors.begin(pristine);
      rememberBuiltIns(context, memory, pristine);
      if (modules === undefined) memory.must(false);
      else rememberModules(context, memory, modules);
      memory.forgetFrozen();
    },
    enter,
    call(run, inside, args, timeoutMs) {
      enter(run, timeoutMs);
      doors.prepare(inside, args);
      return CROSS.runInContext(context, { timeout: timeoutMs, displayErrors: true });
    },
    leave(run) {
      if (doors.current() !== run) return;
      try {
        SETTLE.runInContext(context);
      } finally {
        doors.leave();
      }
    },
    get isSpoiled() {
      return memory.isSpoiled();
    },
  };
}
