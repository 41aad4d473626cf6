/**
 * What objects of a context were when it began, and how they become that again.
 *
 * 1. What a run did to a remembered object (set, deleted, redefined, given another prototype) is found by descriptors, which no getter deceives.
 * 2. What cannot be taken back (a prototype that was frozen) spoils the context: it is to be used no more.
 */
import vm from 'node:vm';

/** Lives in the context, and is out of reach of code in it. */
export interface ContextMemory {
  /** @param spoils whether the context is spoiled when somebody changes this object, though it can be taken back */
  remember(object: object, spoils?: boolean): void;
  knows(object: object): boolean;
  /** @returns what is remembered, in the order in which that came: it grows while others are found by it */
  all(): readonly RememberedObject[];
  /** Nobody can change them any more, so nobody need look at them after each run. */
  forgetFrozen(): void;
  /** @param takeBack of what is no member of an object. @returns what makes it again, if it was changed */
  alsoTakeBack(takeBack: () => (() => void) | undefined): void;
  /** Every remembered object becomes what it was. @returns what was changed, for {@link makeAgain} */
  takeBack(): readonly unknown[];
  makeAgain(changes: readonly unknown[]): void;
  /** Says whether something was done that had to be: if not, the context is spoiled. */
  must(isDone: boolean): void;
  /** What fails is that of a run which is over, or whose turn is: it spoils the context, and nobody else hears of it. */
  orSpoil<Result>(doIt: () => Result): Result | undefined;
  isSpoiled(): boolean;
  /** Whether the keys are these, in this order. */
  hasSameKeys(now: readonly PropertyKey[], keys: readonly PropertyKey[]): boolean;
  isSame(one: PropertyDescriptor | undefined, other: PropertyDescriptor): boolean;
  /** Puts the keys of an object that has these, and no others, into this order. */
  order(object: object, was: RememberedObject['was'], keys: readonly PropertyKey[]): void;
}

export interface RememberedObject {
  readonly was: Readonly<Record<PropertyKey, PropertyDescriptor>>;
  readonly keys: readonly PropertyKey[];
}

/**
 * Takes what it uses of the context's own objects before anybody can change them, and calls no method of any other: those may be changed when it
 * works. For the same reason it puts nothing into an array that inherits, where a setter of code may wait for it.
 */
const MEMORY = new vm.Script(`(() => {
  const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, getOwnPropertyNames } = Object;
  const { getPrototypeOf, isExtensible, isFrozen, prototype: ofObjects } = Object;
  const { defineProperty, deleteProperty, ownKeys, apply, setPrototypeOf: inherit } = Reflect;
  const { has, add } = Set.prototype;
  const known = new Set();
  const watched = [];
  const others = [];
  let namesOfObjects = getOwnPropertyNames(ofObjects);
  let spoiled = false;

  const isSame = (one, other) => one !== undefined && one.value === other.value && one.get === other.get && one.set === other.set
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
  const must = (isDone) => {
    if (!isDone) spoiled = true;
  };
  const orSpoil = (doIt) => {
    try {
      return doIt();
    } catch {
      spoiled = true;
      return undefined;
    }
  };
  const knows = (object) => apply(has, known, [object]);

  const remember = (object, spoils = false) => {
    if (knows(object)) return;
    apply(add, known, [object]);
    const was = bare(getOwnPropertyDescriptors(object));
    const keys = ownKeys(object);
    const data = [];
    const accessors = [];
    for (let at = 0; at < keys.length; at += 1) {
      const { value, get, set, writable, enumerable, configurable } = bare(was[keys[at]]);
      // Nobody can change the others.
      if (!writable && !configurable) continue;
      if (writable === undefined) accessors[accessors.length] = { key: keys[at], get, set, enumerable };
      else data[data.length] = { key: keys[at], value, writable, enumerable, configurable };
    }
    if (object === ofObjects) namesOfObjects = getOwnPropertyNames(object);
    watched[watched.length] = {
      object, spoils, parent: getPrototypeOf(object), isOpen: isExtensible(object), was, keys,
      data, accessors,
    };
  };
  const forgetFrozen = () => {
    let kept = 0;
    for (let at = 0; at < watched.length; at += 1) {
      if (isFrozen(watched[at].object)) continue;
      watched[kept] = watched[at];
      kept += 1;
    }
    watched.length = kept;
  };

  const hasSameKeys = (now, keys) => {
    if (now.length !== keys.length) return false;
    for (let at = 0; at < now.length; at += 1) if (now[at] !== keys[at]) return false;
    return true;
  };
  // Done for every run, so it has to be fast. Keys tell what was taken away and put back, descriptors what nothing else does: an accessor that gives what
  // was there, and that nobody may write any more.
  const isAsBefore = ({ object, parent, isOpen, keys, data, accessors }) => {
    if (isExtensible(object) !== isOpen || getPrototypeOf(object) !== parent || !hasSameKeys(ownKeys(object), keys)) return false;
    for (let at = 0; at < data.length; at += 1) {
      const was = data[at];
      const now = getOwnPropertyDescriptor(object, was.key);
      if (now === undefined || now.value !== was.value || now.writable !== was.writable || now.enumerable !== was.enumerable
        || now.configurable !== was.configurable) return false;
    }
    for (let at = 0; at < accessors.length; at += 1) {
      const was = accessors[at];
      const now = getOwnPropertyDescriptor(object, was.key);
      if (now === undefined || now.get !== was.get || now.set !== was.set || now.enumerable !== was.enumerable || !now.configurable) return false;
    }
    return true;
  };
  const findChanged = () => {
    const changed = bare([]);
    // What is added to the prototype of all objects is found in descriptors, too: then none can be told to be the same.
    const isBlind = !hasSameKeys(getOwnPropertyNames(ofObjects), namesOfObjects);
    for (let at = 0; at < watched.length; at += 1) {
      if (!isBlind && isAsBefore(watched[at])) continue;
      changed[changed.length] = watched[at];
    }
    return changed;
  };
  // What was added goes first: it may stand in the way of defining the rest.
  const takeBackAdded = (changed, changes) => {
    for (let at = 0; at < changed.length; at += 1) {
      const { object, parent, was, isOpen } = changed[at];
      must(isExtensible(object) === isOpen);
      const heir = getPrototypeOf(object);
      if (heir !== parent) {
        changes[changes.length] = bare({ object, parent: heir, spoils: changed[at].spoils });
        must(inherit(object, parent));
      }
      const now = ownKeys(object);
      for (let index = 0; index < now.length; index += 1) {
        const key = now[index];
        if (key in was) continue;
        changes[changes.length] = bare({ object, key, now: describe(object, key), spoils: changed[at].spoils });
        must(deleteProperty(object, key));
      }
    }
  };
  const takeBackRest = (changed, changes) => {
    for (let at = 0; at < changed.length; at += 1) {
      const { object, was, keys, spoils } = changed[at];
      for (let index = 0; index < keys.length; index += 1) {
        const now = describe(object, keys[index]);
        if (isSame(now, was[keys[index]])) continue;
        changes[changes.length] = bare({ object, key: keys[index], now, spoils });
        must(defineProperty(object, keys[index], was[keys[index]]));
      }
    }
  };
  // What was taken away is put back at the end.
  const order = (object, was, keys) => {
    const now = ownKeys(object);
    let at = 0;
    while (at < keys.length && now[at] === keys[at]) at += 1;
    for (; at < keys.length; at += 1) {
      if (was[keys[at]].configurable) must(deleteProperty(object, keys[at]) && defineProperty(object, keys[at], was[keys[at]]));
    }
    must(hasSameKeys(ownKeys(object), keys));
  };
  const takeBackOrder = (changed) => {
    for (let at = 0; at < changed.length; at += 1) {
      const { object, was, keys, spoils } = changed[at];
      if (hasSameKeys(ownKeys(object), keys)) continue;
      must(!spoils);
      order(object, was, keys);
    }
  };
  const takeBack = () => {
    const changes = bare([]);
    const changed = findChanged();
    takeBackAdded(changed, changes);
    takeBackRest(changed, changes);
    takeBackOrder(changed);
    for (let at = 0; at < changes.length; at += 1) must(!changes[at].spoils);
    for (let at = 0; at < others.length; at += 1) {
      const redo = orSpoil(others[at]);
      if (redo !== undefined) changes[changes.length] = bare({ redo });
    }
    return changes;
  };
  const makeAgain = (changes) => {
    for (let at = 0; at < changes.length; at += 1) {
      const { object, parent, key, now, redo } = changes[at];
      if (redo !== undefined) orSpoil(redo);
      else if (parent !== undefined) inherit(object, parent);
      else if (now === undefined) deleteProperty(object, key);
      else defineProperty(object, key, now);
    }
  };
  return {
    remember,
    knows,
    all: () => watched,
    forgetFrozen,
    alsoTakeBack: (takeBackOther) => { others[others.length] = takeBackOther; },
    takeBack,
    makeAgain,
    must,
    orSpoil,
    isSpoiled: () => spoiled,
    hasSameKeys,
    isSame,
    order,
  };
})()`);

/** For a context in which nothing has run yet. */
export function defineMemory(context: vm.Context): ContextMemory {
  return MEMORY.runInContext(context) as ContextMemory;
}
