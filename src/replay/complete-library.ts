/**
 * Schemas complete themselves when they are used first, and keep what they found. Those that runs share do so before any run, in a context that nobody has
 * changed: otherwise the first run would decide what the others find.
 */
import vm from 'node:vm';
import { SHARED_MODULES } from '../artifact/shared-by-runs.ts';

/** Of as many each may make another whenever it is looked into: that has no end. */
const SCHEMAS_MAX = 5_000;

/** A form that is larger is made by whoever asks for it: in it, what schemas have in common is repeated. */
const FORM_MAX = 5_000;

const COMPLETE = new vm.Script(`((factories, kept) => {
  const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, prototype: ofObjects } = Object;
  const settled = new Set();
  const cache = globalThis.__webpack_module_cache__;
  const [zod, shared] = ${JSON.stringify(Object.values(SHARED_MODULES))}.map((id) => (id in factories ? cache[id]?.exports : undefined));
  if (typeof shared !== 'function') return { settled, roots: [], isWhole: true };

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
  const isSchema = (value) => isObject(value) && hasOwn(value, '_zod') && isObject(value._zod) && isObject(value._zod.def);
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
  const schemasIn = (value) => {
    if (isSchema(value)) return [value];
    return isPlain(value) ? valuesOf(value).filter(isSchema) : [];
  };
  const partsOf = ({ _zod }) => [...valuesOf(_zod.def), _zod.parent, _zod.def._cachedInner].flatMap(schemasIn);
  const find = (schema) => schemas.add(schema);

  for (const name of ['ZodError', 'ZodRealError']) [() => new zod[name]([]), () => new zod.core['$' + name]([])].forEach(attempt);
  const table = attempt(() => shared()) ?? [];
  valuesOf(table).flatMap(schemasIn).forEach(find);
  const asked = [...schemas];
  // Zod says what fails once, and something else ever after; so it is tried without it, and what comes of that is forgotten.
  const canComplete = () => {
    const lists = Object.values(kept);
    const lengths = lists.map(({ length }) => length);
    const found = new Set(asked);
    for (const schema of found) {
      const { def } = schema._zod;
      const inner = def.type === 'lazy' ? attempt(def.getter) : schema;
      if (!isSchema(inner) || found.size > ${SCHEMAS_MAX}) return false;
      attempt(() => def.shape);
      [inner, ...partsOf(schema)].forEach((part) => found.add(part));
    }
    lists.forEach((list, index) => {
      list.length = lengths[index];
    });
    return true;
  };
  if (!canComplete()) return { settled, roots: [], isWhole: false };
  // What is completed may make others, and both lists grow.
  const completed = new Set();
  do {
    for (const one of kept.settling) {
      schemasIn(one).forEach(find);
      if (isObject(one) && hasOwn(one, '_getter')) attempt(() => one.value);
    }
    for (const schema of schemas) {
      if (completed.has(schema)) continue;
      completed.add(schema);
      attempt(() => completeOne(schema._zod));
      partsOf(schema).forEach(find);
    }
  } while (kept.settling.flatMap(schemasIn).some((schema) => !schemas.has(schema)));
  // The kit asks for these forms in model steps.
  const sizes = new Map();
  const sizeOf = (schema) => {
    if (!sizes.has(schema)) {
      sizes.set(schema, ${FORM_MAX});
      sizes.set(schema, partsOf(schema).reduce((size, part) => size + sizeOf(part), 1));
    }
    return sizes.get(schema);
  };
  for (const schema of asked) {
    for (const key of ['parse', 'safeParse']) attempt(() => schema[key]);
    if (sizeOf(schema) >= ${FORM_MAX}) continue;
    for (const io of ['input', 'output']) attempt(() => zod.toJSONSchema(schema, { io, unrepresentable: 'any' }));
  }
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
  return { settled, roots: [table, ...schemas, ...kept.settling], isWhole: true };
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
  /** Whether all could be completed. If not, runs would decide the rest for each other. */
  readonly isWhole: boolean;
}

/** To be called when the bundle was loaded, while what it keeps is still handed over. */
export function libraryCompletion(context: vm.Context): (factories: object, kept: KeptByLibrary) => CompletedLibrary {
  return COMPLETE.runInContext(context) as (factories: object, kept: KeptByLibrary) => CompletedLibrary;
}
