/**
 * What the language itself brings to a context: prototypes and namespaces are remembered, methods are closed, so that nothing can be hung on them. Classes
 * and namespaces the SDK has closed already.
 */
import vm from 'node:vm';
import type { ContextMemory } from './context-memory.ts';

const REMEMBER = new vm.Script(`((memory, beginning) => {
  const { getPrototypeOf, getOwnPropertyDescriptors, freeze } = Object;
  const functions = Function.prototype;

  const rememberChain = (object) => {
    for (let one = object; one !== null && one !== undefined; one = getPrototypeOf(one)) memory.remember(one);
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
  const eachMember = (visit) => {
    const all = memory.all();
    for (let at = 0; at < all.length; at += 1) {
      const { was, keys } = all[at];
      for (let index = 0; index < keys.length; index += 1) visit(was[keys[index]]);
    }
  };
  const close = (method) => {
    if (typeof method === 'function' && isOwn(method) && !memory.knows(method)) freeze(method);
  };

  const keys = Reflect.ownKeys(beginning);
  for (let at = 0; at < keys.length; at += 1) {
    const { value } = beginning[keys[at]];
    if (isClass(value)) rememberClass(value);
  }
  for (const space of [Math, JSON, Reflect, Proxy, Atomics, Intl, Array.prototype[Symbol.unscopables]]) memory.remember(space);
  if (typeof WebAssembly === 'object') memory.remember(WebAssembly);
  for (const made of [() => 0, async () => 0, function* () {}, async function* () {}]) {
    rememberChain(getPrototypeOf(made));
    if (made.prototype !== undefined) rememberChain(getPrototypeOf(made.prototype));
  }
  rememberChain(getPrototypeOf(globalThis));
  // The SDK has closed its methods, which are functions of its own.
  for (const { value } of Object.values(getOwnPropertyDescriptors(beginning.console?.value ?? {}))) {
    if (typeof value === 'function') freeze(value.prototype);
  }
  // Not in every version of V8.
  for (const helper of [[].values().map?.(() => 0), globalThis.Iterator?.from({ next: () => ({}) })]) {
    if (helper !== undefined) rememberChain(getPrototypeOf(helper));
  }
  const segments = new Intl.Segmenter().segment('a');
  rememberChain(getPrototypeOf(segments));
  for (const iterable of [[], '', new Map(), new Set(), 'a'.matchAll(/a/g), segments]) rememberChain(getPrototypeOf(iterable[Symbol.iterator]()));
  // A class may be known by its prototype alone, or by the namespace that holds it.
  eachMember(({ value }) => {
    if (isClass(value) && isOwn(value)) rememberClass(value);
  });
  eachMember(({ value, get, set }) => {
    close(value);
    close(get);
    close(set);
  });

  // What the last expression matched is told by all of them.
  const { apply } = Reflect;
  const { exec } = RegExp.prototype;
  const nothing = /()()()()()()()()()/;
  memory.alsoTakeBack(() => {
    apply(exec, nothing, ['']);
  });
})`);

/** @param beginning all globals that runs begin with */
export function rememberBuiltIns(context: vm.Context, memory: ContextMemory, beginning: PropertyDescriptorMap): void {
  REMEMBER.runInContext(context)(memory, beginning);
}
