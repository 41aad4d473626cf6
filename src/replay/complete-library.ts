/**
 * Schemas complete themselves when they are used first, and keep what they found. Those that runs share do so before any run, in a context that nobody has
 * changed: otherwise the first run would decide what the others find.
 */
import vm from 'node:vm';
import { SHARED_MODULES } from '../artifact/shared-by-runs.ts';

const COMPLETE = new vm.Script(`((factories, kept) => {
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
  // Whoever is refused a value is given those that are allowed.
  const isOfValues = (value) => Array.isArray(value) && value.length > 0 && !value.some(isObject);
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
  // These refuse what is none of theirs, before they come to what they are made of; twice, for the first may only have found out how.
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
    if (def.type !== 'union' && isPlain(inside.bag)) settled.add(inside.bag);
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
  // What is completed may make others.
  let count;
  do {
    count = schemas.size + kept.settling.length;
    kept.settling.forEach(find);
    for (const schema of schemas) {
      completeOne(schema._zod);
      [...valuesOf(schema._zod.def), schema._zod.parent].forEach(find);
    }
    for (const one of kept.settling) if (isObject(one) && hasOwn(one, '_getter')) attempt(() => one.value);
  } while (count < schemas.size + kept.settling.length);
  // Made for those forms: runs make their own.
  for (const schema of schemas) attempt(() => delete schema['~standard']);
  // What is kept in variables, and handed to nobody. Definitions stay open: schemas that are made of others copy them, with the attributes of their members.
  const definitions = new Set([...schemas].map((schema) => schema._zod.def));
  const settle = (value) => {
    if (isPlain(value) && !definitions.has(value)) settled.add(value);
  };
  for (const one of kept.settling) {
    if (isObject(one) && hasOwn(one, '_getter') && one._getter === undefined) {
      settled.add(one);
      settle(one._value);
      if (isPlain(one._value)) valuesOf(one._value).filter(Array.isArray).forEach(settle);
    } else if (!isOfValues(one)) settle(one);
  }
  return { settled, roots: [table, ...schemas, ...kept.settling] };
})`);

/** What zod hands over; more comes while schemas are made. */
export interface KeptByLibrary {
  /** Objects that it may change at any time. */
  readonly changing: readonly unknown[];
  /** Those that stay once they were completed. */
  readonly settling: readonly unknown[];
  /** Variables that it sets. */
  readonly assigned: readonly (readonly [read: () => unknown, set: (value: unknown) => void])[];
}

export interface CompletedLibrary {
  /** A `Set` of the context: objects that nothing changes any more, unless somebody means to. */
  readonly settled: object;
  /** What leads to all that there is of shared schemas. */
  readonly roots: readonly unknown[];
}

/** To be called when the bundle was loaded, while what it keeps is still handed over. */
export function libraryCompletion(context: vm.Context): (factories: object, kept: KeptByLibrary) => CompletedLibrary {
  return COMPLETE.runInContext(context) as (factories: object, kept: KeptByLibrary) => CompletedLibrary;
}
