/** How a bundle hands over its modules while it is loaded: the table of them, and what the SDK's and zod keep in variables. `shared-modules.ts` looks after what comes. */
import vm from 'node:vm';
import { type Addition, inOrder, KEPT_GLOBAL, keptIn, withAdditions } from '../artifact/kept-by-sdk.ts';
import { KEPT_BY_LIBRARY, SHARED_MODULES } from '../artifact/shared-by-runs.ts';
import { type CompletedLibrary, type KeptByLibrary, libraryCompletion } from './complete-library.ts';
import { defineWeakTables, type WeakTables } from './weak-tables.ts';

/** Called once by the bundle, when it begins to load. */
const TABLE = '__missionModules';

const HANDING_OVER = `${TABLE}(__webpack_require__, __webpack_modules__) ?? `;

/** Where a bundle gets the modules that are loaded already; the SDK's bundler writes it so. What it is set to stays the same. */
const MODULE_CACHE = /__webpack_module_cache__\s*=\s*(?=globalThis\.__webpack_module_cache__)/g;

/** Of the bundler's own. A bundle whose names were shortened has none. */
export interface ModuleTable {
  /** `require`, with what it uses. */
  readonly load: object;
  /** What makes each module, by its id. */
  readonly factories: Readonly<Record<string, unknown>>;
  /** What modules made of these classes while they were loaded. */
  readonly tables: readonly { readonly object: object; readonly isPreloaded: boolean }[];
  /** Those of a mission's library and schemas that are weak. */
  readonly weak: WeakTables;
  /** Modules of the SDK that told what they keep. */
  readonly told: readonly string[];
  /** What that is. */
  readonly kept: readonly unknown[];
  /** What a mission's library keeps; it was completed (`complete-library.ts`). */
  readonly library: KeptByLibrary;
  readonly completed: CompletedLibrary;
  /** What functions of the SDK look things up in, and never change. */
  readonly constants: readonly object[];
}

function additionsTo(code: string): readonly Addition[] {
  const tables = [...code.matchAll(MODULE_CACHE)].map((found) => ({
    at: found.index + found[0].length,
    text: HANDING_OVER,
  }));
  return [...tables, ...keptIn(code)];
}

/** The bundle's text, to be loaded where {@link awaitModules} waits for it. */
export function handingOverModules(code: string): string {
  return withAdditions(code, additionsTo(code));
}

/** @returns for places in the text that hands over, in characters, where they are in the bundle's own */
export function placesInBundle(code: string): (place: number) => number {
  let by = 0;
  const shifts = inOrder(additionsTo(code)).map(({ at, text }) => {
    const from = at + by;
    by += text.length;
    return { at, from, by };
  });
  return (place) => {
    const last = shifts.findLast(({ from }) => from < place);
    return last === undefined ? place : Math.max(last.at, place - last.by);
  };
}

const AWAIT = new vm.Script(`((weak, complete) => {
  let handed;
  const kept = [];
  const told = [];
  const constants = [];
  const library = { changing: [], settling: [], assigned: [] };
  const tables = [];
  // The SDK loads its own modules first, and says so.
  const isPreloaded = () => globalThis.__TEMPORAL__ !== undefined;
  const isOfMission = () => isPreloaded() && handed !== undefined && Object.hasOwn(handed.factories, '${SHARED_MODULES.library}');
  const real = { Map, Set, WeakMap, WeakSet };
  const noted = (object) => {
    // A mission's are found by what its library hands over.
    if (!isOfMission()) tables.push({ object, isPreloaded: isPreloaded() });
    return object;
  };
  const make = {
    Map: (...made) => noted(Reflect.construct(...made)),
    Set: (...made) => noted(Reflect.construct(...made)),
    WeakMap: (...made) => (isOfMission() ? weak.make('WeakMap', made[1]) : Reflect.construct(...made)),
    WeakSet: (...made) => (isOfMission() ? weak.make('WeakSet', made[1]) : Reflect.construct(...made)),
  };
  for (const name of Object.keys(real)) {
    const noting = new Proxy(real[name], {
      construct: (target, given, asked) => make[name](target, given, asked === noting ? target : asked),
    });
    globalThis[name] = noting;
  }
  const answer = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
  answer('${TABLE}', (load, factories) => {
    delete globalThis.${TABLE};
    handed = { load, factories };
  });
  answer('${KEPT_GLOBAL}', (values, id) => {
    if (id === '${KEPT_BY_LIBRARY.changing}') library.changing.push(...values);
    else if (id === '${KEPT_BY_LIBRARY.settling}') library.settling.push(...values);
    else if (id === '${KEPT_BY_LIBRARY.assigned}') library.assigned.push(...values);
    else {
      if (id !== undefined) told.push(id);
      (id === undefined ? constants : kept).push(...values);
    }
  });
  return (beginning) => {
    const completed = handed && complete(handed.factories, library);
    for (const name of ['${TABLE}', '${KEPT_GLOBAL}']) {
      delete globalThis[name];
      delete beginning[name];
    }
    for (const name of Object.keys(real)) {
      globalThis[name] = real[name];
      beginning[name].value = real[name];
    }
    return handed && { ...handed, told, kept, constants, library, completed, weak, tables: [...tables] };
  };
})`);

/** @returns to be called when the bundle is loaded, with all globals */
export function awaitModules(context: vm.Context): (beginning: PropertyDescriptorMap) => ModuleTable | undefined {
  return AWAIT.runInContext(context)(defineWeakTables(context), libraryCompletion(context)) as (
    beginning: PropertyDescriptorMap,
  ) => ModuleTable | undefined;
}
