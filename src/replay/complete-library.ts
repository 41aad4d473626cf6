/**
 * Schemas complete themselves when they are used first, and keep what they found. Those that runs share do so before any run, in a context that nobody has
 * changed: otherwise the first run would decide what the others find.
 */
import vm from 'node:vm';
import { SHARED_MODULES } from '../artifact/shared-by-runs.ts';
import type { ModuleTable } from './module-handover.ts';

const COMPLETE = new vm.Script(`(({ factories, library: kept }) => {
  const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, prototype: ofObjects } = Object;
  const settled = new Set();
  const cache = globalThis.__webpack_module_cache__;
  const [zod, shared] = ${JSON.stringify(Object.values(SHARED_MODULES))}.map((id) => (id in factories ? cache[id]?.exports : undefined));
  if (typeof shared !== 'function') return { settled, roots: [] };

  // What cannot be completed fails in each run that uses it.
  const attempt = (doIt) => {
    try {
      return doIt();
    } catch {
      return undefined;
    }
  };
  const isObject = (value) => typeof value === 'object' && value !== null;
  const isPlain = (value) => isObject(value) && (Array.isArray(value) || getPrototypeOf(value) === ofObjects);
  const isSchema = (value) => isObject(value) && hasOwn(value, '_zod');
  const valuesOf = (object) => Reflect.ownKeys(object).map((key) => getOwnPropertyDescriptor(object, key).value);

  /** Members that are computed when they are read first. */
  const computedBy = (inside) => {
    const keys = new Set();
    for (let one = getPrototypeOf(inside); one !== null && one !== ofObjects; one = getPrototypeOf(one)) {
      for (const key of Reflect.ownKeys(one)) if (getOwnPropertyDescriptor(one, key).get !== undefined) keys.add(key);
    }
    return [...keys];
  };
  // These refuse what is none of theirs, before they come to schemas or functions of the author; twice, for the first may only have found out how.
  const CONTAINERS = ['object', 'array', 'tuple', 'record', 'map', 'set'];
  const tryOut = (inside, value) => attempt(() => inside.parse({ value, issues: [] }, { async: false }));
  const completeOne = (inside) => {
    const { def } = inside;
    const computed = computedBy(inside);
    for (let time = 0; time < 2; time += 1) {
      for (const key of computed) attempt(() => inside[key]);
      attempt(() => def.shape);
      if (CONTAINERS.includes(def.type)) tryOut(inside, undefined);
      if (def.discriminator !== undefined) tryOut(inside, {});
    }
    if (computed.every((key) => getOwnPropertyDescriptor(inside, key)?.get === undefined && hasOwn(inside, key))) settled.add(inside);
    for (const part of [inside.bag, ...valuesOf(inside)]) if (isPlain(part) && part !== def) settled.add(part);
    for (const part of valuesOf(def)) if (isPlain(part) && valuesOf(part).some(isSchema)) settled.add(part);
  };
  const schemas = new Set();
  const find = (value) => {
    if (isSchema(value)) schemas.add(value);
    else if (isPlain(value)) valuesOf(value).filter(isSchema).forEach((schema) => schemas.add(schema));
  };

  for (const name of ['ZodError', 'ZodRealError']) [() => new zod[name]([]), () => new zod.core['$' + name]([])].forEach(attempt);
  const table = attempt(() => shared()) ?? [];
  valuesOf(table).forEach(find);
  const asked = [...schemas];
  // The kit asks for these forms in model steps.
  for (const schema of asked) {
    for (const io of ['input', 'output']) attempt(() => zod.toJSONSchema(schema, { io, unrepresentable: 'any' }));
    for (const key of ['parse', 'safeParse']) attempt(() => schema[key]);
  }
  for (const schema of schemas) {
    completeOne(schema._zod);
    [...valuesOf(schema._zod.def), schema._zod.parent].forEach(find);
  }
  // Made for those forms: runs make their own.
  for (const schema of schemas) attempt(() => delete schema['~standard']);
  // What is kept in variables. Definitions stay open: schemas that are made of others copy them, with the attributes of their members.
  const definitions = new Set([...schemas].map((schema) => schema._zod.def));
  const settle = (value) => {
    if (!isPlain(value) || settled.has(value) || definitions.has(value)) return;
    settled.add(value);
    valuesOf(value).forEach(settle);
  };
  for (const value of kept.settling) {
    const isComputed = isObject(value) && hasOwn(value, '_getter') && attempt(() => [value.value]) !== undefined;
    if (isComputed) settled.add(value);
    settle(isComputed ? value._value : value);
  }
  return { settled, roots: [table, ...schemas, ...kept.settling] };
})`);

export interface CompletedLibrary {
  /** A `Set` of the context: objects that nothing changes any more, unless somebody means to. */
  readonly settled: object;
  /** What leads to all that there is of shared schemas. */
  readonly roots: readonly unknown[];
}

/** For a context that the bundle was just loaded into. */
export function completeLibrary(context: vm.Context, modules: ModuleTable): CompletedLibrary {
  return COMPLETE.runInContext(context)(modules) as CompletedLibrary;
}
