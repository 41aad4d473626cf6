/** What tables, bytes and regular expressions of a context hold, beside their members, and how they become that again. */
import vm from 'node:vm';
import type { ContextMemory } from './context-memory.ts';

/** @param spoils whether the context is spoiled when somebody changes it, though it can be taken back */
export type RememberContent = (object: object, spoils: boolean) => void;

/** It takes what it uses before anybody can change it, as `context-memory.ts` does. */
const CONTENT = new vm.Script(`((memory) => {
  const { getPrototypeOf, is } = Object;
  const { ownKeys, apply } = Reflect;
  const bytes = getPrototypeOf(Uint8Array.prototype);
  const lengthOf = Object.getOwnPropertyDescriptor(bytes, 'length').get;
  const { slice } = bytes;
  const ofMaps = { forEach: Map.prototype.forEach, clear: Map.prototype.clear, set: Map.prototype.set };
  const ofSets = { forEach: Set.prototype.forEach, clear: Set.prototype.clear, set: Set.prototype.add };

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
  let expected, at, isAsExpected;
  const visit = [(value, key) => {
    if (!is(expected[at], key) || !is(expected[at + 1], value)) isAsExpected = false;
    at += 2;
  }];
  const holds = (object, forEach, content) => {
    expected = content;
    at = 0;
    isAsExpected = true;
    apply(forEach, object, visit);
    return isAsExpected && at === content.length;
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
      if (holds(object, forEach, was)) return undefined;
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
  const known = new Set();
  return (object, spoils) => {
    if (known.has(object)) return;
    known.add(object);
    if (ArrayBuffer.isView(object) && !(object instanceof DataView)) memory.alsoTakeBack(typed(object, spoils));
    else if (object instanceof Map) memory.alsoTakeBack(table(object, ofMaps, spoils));
    else if (object instanceof Set) memory.alsoTakeBack(table(object, ofSets, spoils));
    else if (object instanceof RegExp) memory.alsoTakeBack(pattern(object, spoils));
  };
})`);

/** For a context in which nothing has run yet. */
export function defineContent(context: vm.Context, memory: ContextMemory): RememberContent {
  return CONTENT.runInContext(context)(memory) as RememberContent;
}
